//! What statements, and operations on tables, tags and streams demand.

use serde_json::json;
use thingpass_policy::ContextValue;

use super::Operation;
use super::testing::{Rig, and, demand, demands, home, refusal, touching};

#[tokio::test]
async fn partiql_demands_the_verb_on_the_target() {
    let rig = Rig::new().await;
    let scanned = |demand, whole| and(demand, "dynamodb:fulltablescan", whole);
    let body = json!({"Statement": "SELECT * FROM \"Tab\"", "ReturnConsumedCapacity": "TOTAL"});
    let select = scanned(
        touching("PartiQLSelect", "Tab", json!("?"), json!("?")),
        "true",
    );
    let select = and(select, "dynamodb:returnconsumedcapacity", "TOTAL");
    assert_eq!(
        demands(&rig, Operation::ExecuteStatement, body).await,
        [select]
    );

    let several = json!([
        {"Statement": "INSERT INTO Tab VALUE {'pk': 'a', 'sk': 'b'}"},
        {"Statement": "FROM Tab WHERE pk = 'a' AND sk = 'b' SET x = 1"},
        {"Statement": "DELETE FROM \"Num\" WHERE id = 1"},
        {"Statement": "SELECT x FROM Tab.ByOwner WHERE owner = 'me'"},
    ]);
    for (operation, member) in [
        (Operation::ExecuteTransaction, "TransactStatements"),
        (Operation::BatchExecuteStatement, "Statements"),
    ] {
        let mut select = touching("PartiQLSelect", "Tab/index/ByOwner", json!("?"), json!("?"));
        select
            .context
            .push(("dynamodb:fulltablescan".into(), ContextValue::Undetermined));
        let expected = [
            touching("PartiQLInsert", "Tab", json!("?"), json!("?")),
            touching("PartiQLUpdate", "Tab", json!("?"), json!("?")),
            touching("PartiQLDelete", "Num", json!("?"), json!("?")),
            select,
        ]
        .map(|demand| and(demand, "dynamodb:enclosingoperation", operation.name()));
        let body = json!({member: several});
        assert_eq!(demands(&rig, operation, body).await, expected);
    }
    let body = json!({"Statement": "SELECT * FROM Tab -- x"});
    assert_eq!(
        refusal(&rig, Operation::ExecuteStatement, body).await,
        "ValidationException"
    );
}

#[tokio::test]
async fn tables_tags_and_streams_demand_their_arns() {
    let rig = Rig::new().await;
    for operation in [
        Operation::DeleteTable,
        Operation::DescribeTable,
        Operation::UpdateTable,
        Operation::UpdateTimeToLive,
        Operation::DescribeTimeToLive,
    ] {
        let found = demands(&rig, operation, json!({"TableName": home().table("Tab")})).await;
        assert_eq!(found, [demand(operation.name(), "Tab", &[])]);
    }
    assert_eq!(
        demands(&rig, Operation::ListTables, json!({})).await,
        [demand("ListTables", "*", &[])]
    );
    let tags = json!([{"Key": "env", "Value": "x"}]);
    let context = [
        ("aws:RequestTag/env", json!("x")),
        ("aws:tagkeys", json!(["env"])),
    ];
    let body = json!({"TableName": "New", "Tags": tags});
    assert_eq!(
        demands(&rig, Operation::CreateTable, body).await,
        [
            demand("CreateTable", "New", &context),
            demand("TagResource", "New", &context)
        ]
    );
    let arn = home().table("Tab");
    let body = json!({"ResourceArn": arn, "Tags": tags});
    assert_eq!(
        demands(&rig, Operation::TagResource, body).await,
        [demand("TagResource", "Tab", &context)]
    );
    let body = json!({"ResourceArn": arn, "TagKeys": ["env"]});
    assert_eq!(
        demands(&rig, Operation::UntagResource, body).await,
        [demand(
            "UntagResource",
            "Tab",
            &[("aws:tagkeys", json!(["env"]))]
        )]
    );
    assert_eq!(
        demands(
            &rig,
            Operation::ListTagsOfResource,
            json!({"ResourceArn": arn})
        )
        .await,
        [demand("ListTagsOfResource", "Tab", &[])]
    );
    for (body, resource) in [
        (json!({}), "*/stream/*"),
        (json!({"TableName": arn}), "Tab/stream/*"),
    ] {
        let found = demands(&rig, Operation::ListStreams, body).await;
        assert_eq!(found, [demand("ListStreams", resource, &[])]);
    }
    let body = json!({"StreamArn": format!("{arn}/stream/L1")});
    assert_eq!(
        demands(&rig, Operation::DescribeStream, body).await,
        [demand("DescribeStream", "Tab/stream/L1", &[])]
    );
}

#[tokio::test]
async fn a_forged_shard_iterator_is_authorised_on_the_stream_it_names() {
    use dynoxide::actions::get_shard_iterator::encode_shard_iterator;
    let rig = Rig::new().await;
    let label = rig.keys("Tab").await.unwrap().stream_label.clone().unwrap();
    for (table, resource) in [
        ("Tab", format!("Tab/stream/{label}")),
        ("Num", "Num/stream/*".to_owned()),
    ] {
        let iterator = encode_shard_iterator(table, "any", 0);
        let found = demands(
            &rig,
            Operation::GetRecords,
            json!({"ShardIterator": iterator}),
        )
        .await;
        assert_eq!(found, [demand("GetRecords", &resource, &[])]);
    }
    for bad in ["", "AAAA", &encode_shard_iterator("Tab/../*", "any", 0)] {
        let body = json!({"ShardIterator": bad});
        assert_eq!(
            refusal(&rig, Operation::GetRecords, body).await,
            "ValidationException"
        );
    }
}
