//! Bodies that are refused, and that none does harm.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::testing::{Rig, home, recorded, refusal};
use super::{Operation, classify};

async fn assert_refused<const N: usize>(rig: &Rig, code: &str, bodies: [(Operation, Value); N]) {
    for (operation, body) in bodies {
        assert_eq!(
            refusal(rig, operation, body.clone()).await,
            code,
            "{operation} {body}"
        );
    }
}

#[tokio::test]
async fn what_is_of_another_account_is_denied() {
    let rig = Rig::new().await;
    let foreign = "arn:aws:dynamodb:us-east-1:210987654321:table/Tab";
    let key = json!({"pk": {"S": "a"}});
    let bodies = [
        (
            Operation::GetItem,
            json!({"TableName": foreign, "Key": key}),
        ),
        (Operation::TagResource, json!({"ResourceArn": foreign})),
        (
            Operation::DescribeStream,
            json!({"StreamArn": format!("{foreign}/stream/x")}),
        ),
        (
            Operation::BatchGetItem,
            json!({"RequestItems": {foreign: {"Keys": [key]}}}),
        ),
    ];
    assert_refused(&rig, "AccessDeniedException", bodies).await;
}

#[tokio::test]
async fn what_is_missing_or_names_nothing_is_invalid() {
    let rig = Rig::new().await;
    let key = json!({"pk": {"S": "a"}});
    let get = json!({"Get": {"TableName": "Tab", "Key": key}});
    let both = json!({"Put": {"TableName": "Tab", "Item": key},
        "Delete": {"TableName": "Num", "Key": key}});
    let (bare, arn) = ("Tab", home().table("Tab"));
    let twice = json!({bare: {"Keys": [key]}, arn: {"Keys": [key]}});
    let bodies = [
        (Operation::GetItem, json!({"tableName": "Tab", "Key": key})),
        (
            Operation::GetItem,
            json!({"TableName": "Tab/index/I", "Key": key}),
        ),
        (Operation::GetItem, json!({"TableName": "Tab"})),
        (
            Operation::Query,
            json!({"TableName": "Tab", "IndexName": "a*b"}),
        ),
        (Operation::TransactGetItems, json!({"TransactItems": []})),
        (
            Operation::TransactGetItems,
            json!({"TransactItems": vec![get; 101]}),
        ),
        (
            Operation::TransactWriteItems,
            json!({"TransactItems": [both]}),
        ),
        (Operation::BatchGetItem, json!({"RequestItems": {}})),
        (Operation::BatchGetItem, json!({"RequestItems": twice})),
        (Operation::ExecuteStatement, json!({"Statement": null})),
    ];
    assert_refused(&rig, "ValidationException", bodies).await;
}

#[tokio::test]
async fn what_is_of_the_wrong_kind_cannot_be_read() {
    let rig = Rig::new().await;
    let key = json!({"pk": {"S": "a"}});
    // Lists stand for structures here: serde would read them as the members in their order.
    let bodies = [
        (
            Operation::GetItem,
            json!({"TableName": ["Tab"], "Key": key}),
        ),
        (Operation::GetItem, json!({"TableName": "Tab", "Key": [1]})),
        (
            Operation::Query,
            json!({"TableName": "Tab", "IndexName": 7}),
        ),
        (
            Operation::TransactGetItems,
            json!({"TransactItems": [[{"TableName": "Tab"}]]}),
        ),
        (
            Operation::TransactGetItems,
            json!({"TransactItems": [{"Get": ["Tab", key]}]}),
        ),
        (
            Operation::BatchWriteItem,
            json!({"RequestItems": {"Tab": [[{"Item": key}]]}}),
        ),
        (
            Operation::BatchExecuteStatement,
            json!({"Statements": [["x"]]}),
        ),
        (
            Operation::TagResource,
            json!({"ResourceArn": home().table("Tab"), "Tags": [["k", "v"]]}),
        ),
    ];
    assert_refused(&rig, "SerializationException", bodies).await;
    for body in [
        r#"{"TableName":"Tab","Key":{"pk":{"S":"a"}},"Key":{"pk":{"S":"b"}}}"#,
        r#"{"TableName":"Tab","Key":{"pk":{"S":"a"},"pk":{"S":"b"}}}"#,
        r#"{"TableName":"Tab","Key":{"pk":{"S":"a","S":"b"}}}"#,
        r#"["Tab",{"pk":{"S":"a"}}]"#,
        "",
    ] {
        let fault = classify(Operation::GetItem, &body.into(), &rig.tables)
            .await
            .unwrap_err();
        assert_eq!(fault.code, "SerializationException", "{body}");
    }
}

fn bodies() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(
        &[
            "TableName",
            "Key",
            "Item",
            "RequestItems",
            "TransactItems",
            "Get",
            "Put",
            "Keys",
            "S",
            "N",
            "Tab",
            "pk",
            "id",
            "Statement",
            "Statements",
            "IndexName",
            "KeyConditionExpression",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ResourceArn",
            "Tags",
            "StreamArn",
            "ShardIterator",
            "Select",
            "ProjectionExpression",
            "AttributesToGet",
            "PutRequest",
            "KeyConditions",
            "#p",
            ":v",
        ][..],
    );
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(
            &[
                "Tab",
                "pk",
                "1",
                "pk = :v",
                "#p",
                "SELECT * FROM Tab",
                "ALL_OLD",
                "arn:aws:dynamodb:us-east-1:123456789012:table/Tab",
                "\"",
                "é."
            ][..]
        )
        .prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

#[test]
fn no_body_panics_the_classifier_or_the_engine() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let rig = runtime.block_on(Rig::new());
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..Default::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let operations = prop::sample::select(Operation::ALL);
    let ran = runner.run(
        &(operations, bodies(), any::<bool>()),
        |(operation, mut body, named)| {
            if let (true, Some(members)) = (named, body.as_object_mut()) {
                members.insert("TableName".to_owned(), "Tab".into());
            }
            runtime.block_on(async {
                let text = body.to_string();
                if let Ok(classified) = rig.classify(operation, &body).await {
                    prop_assert!(!classified.demands.is_empty());
                    if let Err(fault) = rig.tables.execute(classified.request, recorded()).await {
                        prop_assert!(
                            fault.status.is_client_error(),
                            "{operation} {text} {fault:?}"
                        );
                        prop_assert!(!fault.message.contains("VALIDATION:"), "{fault:?}");
                    }
                }
                prop_assert!(rig.tables.is_healthy());
                Ok(())
            })
        },
    );
    ran.unwrap();
}
