//! Every operation once through the engine, and what happens when things go wrong.

use std::sync::mpsc::channel;

use serde_json::{Value, json};
use thingpass_domain::clock::{Clock, SystemClock};
use tokio::sync::oneshot;

use super::engine::Work;
use super::worker::Job;
use super::{QUEUE_LENGTH, Tables};
use crate::gateway::Operation;
use crate::gateway::classify::dynamodb::testing::{Rig, home, recorded};

pub(super) fn job(
    run: impl FnOnce() + Send + 'static,
) -> (
    Job,
    oneshot::Receiver<Result<super::engine::Answer, super::TableFault>>,
) {
    let (reply, answer) = oneshot::channel();
    let run = move |_: &dynoxide::Database| {
        run();
        let answer: super::engine::Answer = Box::new(|| Ok(bytes::Bytes::new()));
        Ok(answer)
    };
    let work = Work {
        run: Box::new(run),
        changes: None,
        is_read: false,
    };
    (
        Job::Execute {
            work,
            allowed: recorded(),
            relies_on: Vec::new(),
            stream: None,
            reply,
        },
        answer,
    )
}

#[tokio::test]
async fn items_are_written_and_read() {
    let rig = Rig::new().await;
    let item = json!({"pk": {"S": "a"}, "sk": {"S": "b"}, "owner": {"S": "me"}, "n": {"N": "1"}});
    let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
    let put = json!({"TableName": "Tab", "Item": item, "ReturnConsumedCapacity": "TOTAL"});
    let answer = rig.run(Operation::PutItem, put).await.unwrap();
    // Two units: the item and its entry in the index.
    assert_eq!(
        answer,
        json!({"ConsumedCapacity": {"TableName": "Tab", "CapacityUnits": 2.0}})
    );
    let update = json!({"TableName": "Tab", "Key": key, "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "UPDATED_NEW"});
    let answer = rig.run(Operation::UpdateItem, update).await.unwrap();
    assert_eq!(answer, json!({"Attributes": {"n": {"N": "2"}}}));
    let get = json!({"TableName": home().table("Tab"), "Key": key, "ProjectionExpression": "n"});
    assert_eq!(
        rig.run(Operation::GetItem, get).await.unwrap(),
        json!({"Item": {"n": {"N": "2"}}})
    );
    let query = json!({"TableName": "Tab", "IndexName": "ByOwner",
        "KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"S": "me"}}});
    assert_eq!(rig.run(Operation::Query, query).await.unwrap()["Count"], 1);
    let scan = json!({"TableName": "Tab", "Select": "COUNT"});
    assert_eq!(rig.run(Operation::Scan, scan).await.unwrap()["Count"], 1);
    let delete = json!({"TableName": "Tab", "Key": key, "ReturnValues": "ALL_OLD"});
    let answer = rig.run(Operation::DeleteItem, delete).await.unwrap();
    assert_eq!(answer["Attributes"]["owner"]["S"], "me");
}

#[tokio::test]
async fn the_capacity_of_a_small_write_is_one_unit() {
    let rig = Rig::new().await;
    let put = json!({"TableName": "Num", "Item": {"id": {"N": "1"}, "humidity": {"N": "45"}},
        "ReturnConsumedCapacity": "TOTAL"});
    assert_eq!(
        rig.run(Operation::PutItem, put).await.unwrap(),
        json!({"ConsumedCapacity": {"CapacityUnits": 1.0, "TableName": "Num"}})
    );
}

#[tokio::test]
async fn batches_and_transactions_run_over_several_tables() {
    let rig = Rig::new().await;
    let row = |key: &str| json!({"pk": {"S": key}, "sk": {"S": "s"}});
    let write = json!({"RequestItems": {"Tab": [{"PutRequest": {"Item": row("a")}}],
        (home().table("Num")): [{"PutRequest": {"Item": {"id": {"N": "1"}}}}]}});
    let answer = rig.run(Operation::BatchWriteItem, write).await.unwrap();
    assert_eq!(answer["UnprocessedItems"], json!({}));
    let write = json!({"TransactItems": [
        {"Put": {"TableName": home().table("Tab"), "Item": row("b")}},
        {"Delete": {"TableName": "Num", "Key": {"id": {"N": "1"}}}}]});
    rig.run(Operation::TransactWriteItems, write.clone())
        .await
        .unwrap();
    let get = json!({"RequestItems": {"Tab": {"Keys": [row("a"), row("b")]},
        "Num": {"Keys": [{"id": {"N": "1"}}]}}});
    let answer = rig.run(Operation::BatchGetItem, get).await.unwrap();
    assert_eq!(answer["Responses"]["Tab"].as_array().unwrap().len(), 2);
    assert_eq!(answer["Responses"]["Num"], json!([]));
    let get = json!({"TransactItems": [{"Get": {"TableName": "Tab", "Key": row("b")}}]});
    let answer = rig.run(Operation::TransactGetItems, get).await.unwrap();
    assert_eq!(answer["Responses"][0]["Item"], row("b"));
}

#[tokio::test]
async fn a_failed_condition_hands_out_item_and_reasons() {
    let rig = Rig::new().await;
    let item = json!({"id": {"N": "1"}, "x": {"S": "y"}});
    let put = json!({"TableName": "Num", "Item": item});
    rig.run(Operation::PutItem, put).await.unwrap();
    let again = json!({"TableName": "Num", "Item": item,
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"});
    let fault = fault_of(&rig, Operation::PutItem, again.clone()).await;
    assert_eq!(
        fault["__type"],
        "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
    );
    assert_eq!(fault["Item"], item);
    let write = json!({"TransactItems": [{"Put": again}]});
    let fault = fault_of(&rig, Operation::TransactWriteItems, write).await;
    assert!(
        fault["__type"]
            .as_str()
            .unwrap()
            .ends_with("#TransactionCanceledException")
    );
    assert_eq!(
        fault["CancellationReasons"][0]["Code"],
        "ConditionalCheckFailed"
    );
    let update = json!({"Statement": "UPDATE Num SET x = 'z' WHERE id = 1 AND x = 'no'",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"});
    let fault = fault_of(&rig, Operation::ExecuteStatement, update).await;
    assert_eq!(fault["Item"], item);
}

async fn fault_of(rig: &Rig, operation: Operation, body: Value) -> Value {
    let classified = rig.classify(operation, &body).await.unwrap();
    let fault = rig
        .tables
        .execute(classified.request, recorded())
        .await
        .unwrap_err();
    assert_eq!(fault.status, 400);
    serde_json::from_slice(&fault.body).unwrap()
}

#[tokio::test]
async fn statements_run() {
    let rig = Rig::new().await;
    let one = |text: &str| json!({"Statement": text});
    rig.run(
        Operation::ExecuteStatement,
        one("INSERT INTO \"Num\" VALUE {'id': 1}"),
    )
    .await
    .unwrap();
    let several = json!({"TransactStatements": [one("INSERT INTO \"Num\" VALUE {'id': 2}")]});
    rig.run(Operation::ExecuteTransaction, several)
        .await
        .unwrap();
    let several = json!({"Statements": [one("SELECT * FROM Num WHERE id = 2")]});
    let answer = rig
        .run(Operation::BatchExecuteStatement, several)
        .await
        .unwrap();
    assert_eq!(answer["Responses"][0]["Item"], json!({"id": {"N": "2"}}));
    let answer = rig
        .run(Operation::ExecuteStatement, one("SELECT * FROM Num"))
        .await
        .unwrap();
    assert_eq!(answer["Items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn tables_are_described_with_arns_of_this_account() {
    let rig = Rig::new().await;
    let arn = home().table("Tab");
    let table = json!({"TableName": "Tab"});
    let described = rig
        .run(Operation::DescribeTable, table.clone())
        .await
        .unwrap();
    assert_eq!(described["Table"]["TableArn"], arn);
    let index = &described["Table"]["GlobalSecondaryIndexes"][0]["IndexArn"];
    assert_eq!(*index, format!("{arn}/index/ByOwner"));
    assert!(!described.to_string().contains("000000000000"));
    let listed = rig.run(Operation::ListTables, json!({})).await.unwrap();
    assert_eq!(listed, json!({"TableNames": ["Num", "Tab"]}));
    let tags = json!([{"Key": "env", "Value": "test"}]);
    rig.run(
        Operation::TagResource,
        json!({"ResourceArn": arn, "Tags": tags}),
    )
    .await
    .unwrap();
    let tagged = rig
        .run(Operation::ListTagsOfResource, json!({"ResourceArn": arn}))
        .await
        .unwrap();
    assert_eq!(tagged, json!({"Tags": tags}));
    let untag = json!({"ResourceArn": arn, "TagKeys": ["env"]});
    rig.run(Operation::UntagResource, untag).await.unwrap();
    let absent = json!({"ResourceArn": home().table("Absent")});
    let refused = rig
        .run(Operation::ListTagsOfResource, absent)
        .await
        .unwrap_err();
    assert!(
        refused.starts_with("ResourceNotFoundException"),
        "{refused}"
    );
    let update = json!({"TableName": "Tab", "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": false});
    let updated = rig.run(Operation::UpdateTable, update).await.unwrap();
    assert_eq!(updated["TableDescription"]["TableArn"], arn);
    rig.run(Operation::DeleteTable, table.clone())
        .await
        .unwrap();
    let refused = rig.run(Operation::DescribeTable, table).await.unwrap_err();
    assert!(
        refused.starts_with("ResourceNotFoundException"),
        "{refused}"
    );
    let odd = json!({"TableName": "New", "KeySchema": "x", "AttributeDefinitions": []});
    let refused = rig.run(Operation::CreateTable, odd).await.unwrap_err();
    assert!(refused.starts_with("SerializationException"), "{refused}");
}

#[tokio::test]
async fn vectors_are_searched() {
    let rig = Rig::new().await;
    let search = json!({"TableName": "Tab", "IndexName": "None", "TopK": 1,
        "SearchVector": [{"N": "1"}]});
    let refused = rig.run(Operation::SearchVectors, search).await.unwrap_err();
    assert!(refused.starts_with("ValidationException"), "{refused}");
}

#[tokio::test]
async fn streams_are_read_by_their_own_label_alone() {
    let rig = Rig::new().await;
    let item = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
    rig.run(
        Operation::PutItem,
        json!({"TableName": "Tab", "Item": item}),
    )
    .await
    .unwrap();
    let listed = rig
        .run(Operation::ListStreams, json!({"TableName": "Tab"}))
        .await
        .unwrap();
    let arn = listed["Streams"][0]["StreamArn"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(arn.starts_with(&home().table("Tab/stream/")), "{arn}");
    let rest = rig
        .run(
            Operation::ListStreams,
            json!({"ExclusiveStartStreamArn": arn}),
        )
        .await;
    assert_eq!(rest.unwrap(), json!({"Streams": []}));
    let described = rig
        .run(Operation::DescribeStream, json!({"StreamArn": arn}))
        .await
        .unwrap();
    let shard = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
    let ask = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = rig.run(Operation::GetShardIterator, ask).await.unwrap();
    let records = rig.run(Operation::GetRecords, iterator).await.unwrap();
    assert_eq!(records["Records"][0]["dynamodb"]["Keys"], item);
    assert_eq!(records["Records"][0]["awsRegion"], "us-east-1");
    let other = json!({"StreamArn": home().table("Tab/stream/other")});
    let refused = rig.run(Operation::DescribeStream, other).await.unwrap_err();
    assert!(
        refused.starts_with("ResourceNotFoundException"),
        "{refused}"
    );
    let forged = dynoxide::actions::get_shard_iterator::encode_shard_iterator("Num", "x", 0);
    let refused = rig
        .run(Operation::GetRecords, json!({"ShardIterator": forged}))
        .await;
    assert!(
        refused
            .unwrap_err()
            .starts_with("ResourceNotFoundException")
    );
}

#[tokio::test]
async fn items_whose_time_is_over_are_swept() {
    let rig = Rig::new().await;
    let ttl = json!({"TableName": "Num",
        "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true}});
    rig.run(Operation::UpdateTimeToLive, ttl).await.unwrap();
    let described = rig
        .run(Operation::DescribeTimeToLive, json!({"TableName": "Num"}))
        .await;
    assert_eq!(
        described.unwrap()["TimeToLiveDescription"]["AttributeName"],
        "until"
    );
    let past = SystemClock.now().unix_timestamp() - 60;
    let past = past.to_string();
    let item = json!({"id": {"N": "1"}, "until": {"N": past}});
    rig.run(
        Operation::PutItem,
        json!({"TableName": "Num", "Item": item}),
    )
    .await
    .unwrap();
    let database = dynoxide::Database::new(rig.folder.path().join("tables.db").to_str().unwrap());
    assert_eq!(database.unwrap().sweep_ttl().unwrap(), 1);
    let get = json!({"TableName": "Num", "Key": {"id": {"N": "1"}}});
    assert_eq!(rig.run(Operation::GetItem, get).await.unwrap(), json!({}));
}

#[tokio::test]
async fn a_request_that_relied_on_another_table_definition_is_not_executed() {
    let rig = Rig::new().await;
    let put = json!({"TableName": "Num", "Item": {"id": {"N": "1"}, "pk": {"S": "other"}}});
    let classified = rig.classify(Operation::PutItem, &put).await;
    rig.run(Operation::DeleteTable, json!({"TableName": "Num"}))
        .await
        .unwrap();
    let create = json!({"TableName": "Num", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]});
    rig.run(Operation::CreateTable, create).await.unwrap();
    let fault = rig
        .tables
        .execute(classified.unwrap().request, recorded())
        .await
        .unwrap_err();
    assert_eq!(fault.bare_code(), "ThrottlingException");
    assert_eq!(rig.keys("Num").await.unwrap().partition_key, "pk");
    rig.run(Operation::PutItem, put).await.unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_closing_and_the_file_is_private() {
    let rig = Rig::new().await;
    let put = json!({"TableName": "Num", "Item": {"id": {"N": "1"}}});
    rig.run(Operation::PutItem, put.clone()).await.unwrap();
    rig.tables.close().await;
    assert!(!rig.tables.is_healthy());
    let refused = rig.run(Operation::PutItem, put).await.unwrap_err();
    assert!(refused.starts_with("InternalServerError"), "{refused}");
    rig.tables.close().await;
    let path = rig.folder.path().join("tables.db");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let tables = Tables::open(&path, home()).unwrap();
    let rig = Rig {
        tables,
        folder: rig.folder,
    };
    let get = json!({"TableName": "Num", "Key": {"id": {"N": "1"}}});
    let answer = rig.run(Operation::GetItem, get).await.unwrap();
    assert_eq!(answer, json!({"Item": {"id": {"N": "1"}}}));
}

#[tokio::test]
async fn what_is_no_database_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tables.db");
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    assert!(Tables::open(&path, home()).is_err());
    assert!(Tables::open(folder.path(), home()).is_err());
}

#[tokio::test]
async fn a_panic_fails_one_call_and_is_seen_until_the_next_succeeds() {
    let rig = Rig::new().await;
    let (job, answer) = job(|| panic!("for the test"));
    rig.tables.submit(job).unwrap();
    let fault = answer.await.unwrap().err().unwrap();
    assert_eq!(
        (fault.status.as_u16(), fault.bare_code()),
        (500, "InternalServerError")
    );
    assert!(!rig.tables.is_healthy());
    rig.run(Operation::ListTables, json!({})).await.unwrap();
    assert!(rig.tables.is_healthy());
}

#[tokio::test]
async fn more_requests_than_may_wait_are_throttled() {
    let rig = Rig::new().await;
    let (release, released) = channel::<()>();
    let (started, running) = oneshot::channel();
    let (blocking, _blocked) = job(move || {
        started.send(()).unwrap();
        assert!(released.recv().is_err());
    });
    rig.tables.submit(blocking).unwrap();
    running.await.unwrap();
    for _ in 0..QUEUE_LENGTH {
        rig.tables.submit(job(|| ()).0).unwrap();
    }
    let fault = rig.tables.submit(job(|| ()).0).unwrap_err();
    assert_eq!(fault.bare_code(), "ThrottlingException");
    drop(release);
    rig.tables.close().await;
}
