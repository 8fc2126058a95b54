//! What a request costs before it is authorised is bounded, whatever its body has room for.

use dynoxide::actions::get_shard_iterator::encode_shard_iterator;
use serde_json::{Value, json};
use thingpass_domain::authorize::Demand;
use thingpass_policy::ContextValue;

use super::Operation;
use super::testing::{Rig, and, demands, recorded, refusal, touching};

fn named(count: usize) -> Value {
    let mut item = json!({"id": {"N": "1"}});
    for number in 1..count {
        item[format!("a{number}")] = json!({"BOOL": true});
    }
    item
}

/// The bytes of all values of a demand's context.
fn bytes(demand: &Demand) -> usize {
    let of = |value: &ContextValue| match value {
        ContextValue::Single(value) => value.len(),
        ContextValue::List(values) => values.iter().map(String::len).sum(),
        ContextValue::Undetermined => 0,
    };
    demand.context.iter().map(|(_, value)| of(value)).sum()
}

#[tokio::test]
async fn more_attributes_than_can_be_told_apart_are_undetermined() {
    let rig = Rig::new().await;
    for (count, is_told) in [(1_000, true), (1_001, false), (40_000, false)] {
        let body = json!({"TableName": "Num", "Item": named(count)});
        let demand = demands(&rig, Operation::PutItem, body).await.remove(0);
        assert_eq!(demand.context[0].1, ContextValue::List(vec!["1".into()]));
        let told = matches!(&demand.context[1].1, ContextValue::List(all) if all.len() == count);
        assert_eq!(told, is_told, "{count}");
        assert!(is_told || demand.context[1].1 == ContextValue::Undetermined);
    }
    let write = json!({"RequestItems": {"Num": [{"PutRequest": {"Item": named(40_000)}}]}});
    let expected = touching("BatchWriteItem", "Num", json!(["1"]), json!("?"));
    assert_eq!(
        demands(&rig, Operation::BatchWriteItem, write).await,
        [expected]
    );
    let names: Vec<String> = (0..40_000).map(|number| format!("a{number}")).collect();
    let get = json!({"TableName": "Num", "Key": {"id": {"N": "1"}}, "AttributesToGet": names});
    let expected = touching("GetItem", "Num", json!(["1"]), json!("?"));
    assert_eq!(demands(&rig, Operation::GetItem, get).await, [expected]);
}

#[tokio::test]
async fn a_large_request_has_its_room_until_it_is_refused_dropped_or_executed() {
    let rig = Rig::new().await;
    let all = rig.tables.rooms().left();
    let item = json!({"id": {"N": "1"}, "x": {"S": "x".repeat(100_000)}});
    let put = json!({"TableName": "Num", "Item": item});
    let first = rig.classify(Operation::PutItem, &put).await.unwrap();
    let second = rig.classify(Operation::PutItem, &put).await.unwrap();
    assert_eq!(rig.tables.rooms().left(), all - 2);
    drop(first);
    assert_eq!(rig.tables.rooms().left(), all - 1);
    rig.tables
        .execute(second.request, recorded())
        .await
        .unwrap();
    assert_eq!(rig.tables.rooms().left(), all);
    let bad = json!({"TableName": "a/b", "Item": item});
    rig.classify(Operation::PutItem, &bad).await.unwrap_err();
    assert_eq!(rig.tables.rooms().left(), all);
    let small = json!({"TableName": "Num", "Item": {"id": {"N": "1"}}});
    let small = rig.classify(Operation::PutItem, &small).await.unwrap();
    assert_eq!(rig.tables.rooms().left(), all);
    drop(small);
}

#[tokio::test]
async fn a_long_expression_is_refused_wherever_it_stands() {
    let rig = Rig::new().await;
    let key = json!({"id": {"N": "1"}});
    for (length, is_refused) in [(4_096, false), (4_097, true)] {
        let long = "a".repeat(length);
        let one = |member: &str| json!({"TableName": "Num", "Key": key, member: long});
        let whole = |member: &str| json!({"TableName": "Num", member: long});
        for (operation, body) in [
            (Operation::GetItem, one("ProjectionExpression")),
            (Operation::DeleteItem, one("ConditionExpression")),
            (Operation::UpdateItem, one("UpdateExpression")),
            (Operation::Query, whole("KeyConditionExpression")),
            (Operation::Query, whole("FilterExpression")),
            (Operation::Scan, whole("ProjectionExpression")),
            (
                Operation::BatchGetItem,
                json!({"RequestItems": {"Num": {"Keys": [key], "ProjectionExpression": long}}}),
            ),
            (
                Operation::TransactGetItems,
                json!({"TransactItems": [{"Get": one("ProjectionExpression")}]}),
            ),
            (
                Operation::TransactWriteItems,
                json!({"TransactItems": [{"ConditionCheck": one("ConditionExpression")}]}),
            ),
        ] {
            let refused = rig.classify(operation, &body).await.err();
            let text = "Expression size has exceeded the maximum allowed size";
            let is_size = refused.as_ref().is_some_and(|fault| {
                fault.code == "ValidationException" && fault.message.contains(text)
            });
            assert_eq!(is_size, is_refused, "{operation} {refused:?}");
        }
    }
}

#[tokio::test]
async fn what_each_item_of_a_transaction_refers_to_is_not_multiplied() {
    let rig = Rig::new().await;
    let long = "x".repeat(100_000);
    let get = json!({"TableName": "Num", "Key": {"id": {"N": "1"}},
        "ProjectionExpression": vec!["#a"; 1_300].join(","),
        "ExpressionAttributeNames": {"#a": long}});
    let body = json!({"TransactItems": vec![json!({"Get": get}); 20],
        "ReturnConsumedCapacity": "y".repeat(1_000_000)});
    let length = body.to_string().len();
    let found = demands(&rig, Operation::TransactGetItems, body).await;
    assert!(found.iter().map(bytes).sum::<usize>() < length);
    for demand in found {
        let capacity = demand
            .context
            .iter()
            .find(|(key, _)| key == "dynamodb:returnconsumedcapacity");
        assert_eq!(capacity.unwrap().1, ContextValue::Undetermined);
    }
    let body = json!({"TableName": "Num", "ReturnConsumedCapacity": "INDEXES"});
    let expected = touching("Scan", "Num", json!("?"), json!("?"));
    let expected = and(expected, "dynamodb:returnconsumedcapacity", "INDEXES");
    let expected = and(expected, "dynamodb:fulltablescan", "true");
    assert_eq!(demands(&rig, Operation::Scan, body).await, [expected]);
}

#[tokio::test]
async fn longer_texts_than_the_reference_allows_are_refused() {
    let rig = Rig::new().await;
    let statement = |length: usize| {
        let rest = length - "SELECT * FROM Tab WHERE a=''".len();
        format!("SELECT * FROM Tab WHERE a='{}'", "é".repeat(rest))
    };
    let tags = |key: usize, value: usize| json!({"TableName": "New", "Tags": [{"Key": "k".repeat(key), "Value": "é".repeat(value)}]});
    for (operation, longest, longer) in [
        (
            Operation::ExecuteStatement,
            json!({"Statement": statement(8_192)}),
            json!({"Statement": statement(8_193)}),
        ),
        (
            Operation::BatchExecuteStatement,
            json!({"Statements": [{"Statement": statement(8_192)}]}),
            json!({"Statements": [{"Statement": statement(8_193)}]}),
        ),
        (Operation::CreateTable, tags(128, 256), tags(129, 1)),
        (Operation::CreateTable, tags(1, 0), tags(1, 257)),
    ] {
        assert!(!demands(&rig, operation, longest).await.is_empty());
        assert_eq!(
            refusal(&rig, operation, longer).await,
            "ValidationException"
        );
    }
    let iterator = encode_shard_iterator("Tab", &"x".repeat(2_048), 0);
    let body = json!({"ShardIterator": iterator});
    assert_eq!(
        refusal(&rig, Operation::GetRecords, body).await,
        "ValidationException"
    );
}

#[tokio::test]
async fn a_refusal_does_not_repeat_all_of_a_long_name() {
    let rig = Rig::new().await;
    let long = "x".repeat(1_000_000);
    for (operation, body) in [
        (Operation::DescribeTable, json!({"TableName": long})),
        (
            Operation::DescribeTable,
            json!({"TableName": format!("arn:{long}")}),
        ),
        (
            Operation::SearchVectors,
            json!({"TableName": "Tab", "IndexName": long}),
        ),
        (
            Operation::DescribeStream,
            json!({"StreamArn": super::testing::home().table(&long)}),
        ),
        (Operation::ExecuteStatement, json!({"Statement": long})),
    ] {
        let fault = rig.classify(operation, &body).await.unwrap_err();
        assert!(fault.message.len() < 11_000, "{operation}");
    }
}
