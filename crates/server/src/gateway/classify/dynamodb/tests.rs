//! What each operation demands.

use serde_json::{Value, json};
use thingpass_domain::authorize::Demand;
use thingpass_policy::ContextValue;

use super::testing::{Rig, home};
use super::{Operation, classify};

async fn classified(rig: &Rig, operation: Operation, body: &Value) -> Result<Vec<Demand>, String> {
    match classify(operation, body.to_string().as_bytes(), &rig.tables).await {
        Ok(classified) => Ok(classified.demands),
        Err(fault) => Err(fault.code.into_owned()),
    }
}

async fn demands(rig: &Rig, operation: Operation, body: Value) -> Vec<Demand> {
    classified(rig, operation, &body).await.unwrap()
}

async fn refusal(rig: &Rig, operation: Operation, body: Value) -> String {
    classified(rig, operation, &body).await.unwrap_err()
}

/// A demand with its context: `?` is undetermined, a list is a list, else a single value.
fn demand(action: &str, resource: &str, context: &[(&str, Value)]) -> Demand {
    let tables = home().table("");
    let resource = if resource == "*" {
        "*".to_owned()
    } else {
        format!("{tables}{resource}")
    };
    let mut demand = Demand::new(format!("dynamodb:{action}"), resource);
    for (key, value) in context {
        let value = match value {
            Value::Array(values) => ContextValue::List(
                values
                    .iter()
                    .map(|value| value.as_str().unwrap().to_owned())
                    .collect(),
            ),
            Value::String(text) if text == "?" => ContextValue::Undetermined,
            Value::String(text) => ContextValue::Single(text.clone()),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
                panic!("{other}")
            }
        };
        let key = if key.contains(':') {
            (*key).to_owned()
        } else {
            format!("dynamodb:{key}")
        };
        demand.context.push((key.into(), value));
    }
    demand
}

fn touching(action: &str, resource: &str, leading: Value, attributes: Value) -> Demand {
    demand(
        action,
        resource,
        &[("leadingkeys", leading), ("attributes", attributes)],
    )
}

fn and(mut demand: Demand, key: &'static str, value: &str) -> Demand {
    demand
        .context
        .push((key.into(), ContextValue::Single(value.to_owned())));
    demand
}

#[tokio::test]
async fn writing_an_item_demands_its_table_key_and_attributes() {
    let rig = Rig::new().await;
    let item = json!({"pk": {"S": "a"}, "sk": {"S": "b"}, "x": {"M": {"y": {"N": "1"}}}});
    let put = json!({
        "TableName": home().table("Tab"), "Item": item, "ReturnValues": "NONE",
        "ReturnConsumedCapacity": "TOTAL", "ConditionExpression": "attribute_not_exists(#o)",
        "ExpressionAttributeNames": {"#o": "owner"},
    });
    let expected = touching(
        "PutItem",
        "Tab",
        json!(["a"]),
        json!(["pk", "sk", "x", "owner"]),
    );
    let expected = and(expected, "dynamodb:returnvalues", "NONE");
    let expected = and(expected, "dynamodb:returnconsumedcapacity", "TOTAL");
    assert_eq!(demands(&rig, Operation::PutItem, put).await, [expected]);

    let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
    let update = json!({
        "TableName": "Tab", "Key": key, "UpdateExpression": "SET x.y = :v REMOVE #z",
        "ExpressionAttributeNames": {"#z": "z"}, "ExpressionAttributeValues": {":v": {"N": "1"}},
    });
    let expected = touching(
        "UpdateItem",
        "Tab",
        json!(["a"]),
        json!(["pk", "sk", "x", "z"]),
    );
    assert_eq!(
        demands(&rig, Operation::UpdateItem, update).await,
        [expected]
    );

    let delete = json!({"TableName": "Tab", "Key": key, "Expected": {"x": {"Exists": false}}});
    let expected = touching("DeleteItem", "Tab", json!(["a"]), json!(["pk", "sk", "x"]));
    assert_eq!(
        demands(&rig, Operation::DeleteItem, delete).await,
        [expected]
    );
}

#[tokio::test]
async fn a_whole_item_handed_out_has_attributes_that_cannot_be_told() {
    let rig = Rig::new().await;
    let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
    let get = json!({"TableName": "Tab", "Key": key});
    let expected = touching("GetItem", "Tab", json!(["a"]), json!("?"));
    assert_eq!(demands(&rig, Operation::GetItem, get).await, [expected]);

    let get = json!({"TableName": "Tab", "Key": key, "ProjectionExpression": "x.y, z[0]"});
    let expected = touching(
        "GetItem",
        "Tab",
        json!(["a"]),
        json!(["pk", "sk", "x", "z"]),
    );
    assert_eq!(demands(&rig, Operation::GetItem, get).await, [expected]);

    for (member, value) in [
        ("ReturnValues", "ALL_OLD"),
        ("ReturnValuesOnConditionCheckFailure", "ALL_OLD"),
    ] {
        let delete = json!({"TableName": "Tab", "Key": key, member: value});
        let demand = demands(&rig, Operation::DeleteItem, delete).await.remove(0);
        assert_eq!(demand.context[1].1, ContextValue::Undetermined, "{member}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_told_is_undetermined() {
    let rig = Rig::new().await;
    for (table, key) in [
        ("Tab", json!({"sk": {"S": "b"}})),
        ("Tab", json!({"pk": {"S": "a", "N": "1"}})),
        ("Tab", json!({"pk": {"BOOL": true}})),
        ("Absent", json!({"pk": {"S": "a"}})),
    ] {
        let body = json!({"TableName": table, "Item": key});
        let demand = demands(&rig, Operation::PutItem, body).await.remove(0);
        assert_eq!(
            demand.context[0].1,
            ContextValue::Undetermined,
            "{table} {key}"
        );
    }
    let body = json!({"TableName": "Num", "Item": {"id": {"N": "10.0"}}});
    let expected = touching("PutItem", "Num", json!(["10"]), json!(["id"]));
    assert_eq!(demands(&rig, Operation::PutItem, body).await, [expected]);
}

#[tokio::test]
async fn queries_demand_the_table_or_the_index_and_what_they_pin() {
    let rig = Rig::new().await;
    let query = json!({
        "TableName": "Tab", "KeyConditionExpression": "#k = :a AND sk > :b",
        "ExpressionAttributeNames": {"#k": "pk"}, "FilterExpression": "f = :b", "Select": "COUNT",
        "ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"S": "b"}},
    });
    let expected = touching("Query", "Tab", json!(["a"]), json!(["f", "pk", "sk"]));
    let expected = and(expected, "dynamodb:select", "COUNT");
    assert_eq!(demands(&rig, Operation::Query, query).await, [expected]);

    let query = json!({
        "TableName": "Tab", "IndexName": "ByOwner",
        "KeyConditions": {"owner":
            {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "me"}]}},
        "AttributesToGet": ["x"],
    });
    let expected = touching(
        "Query",
        "Tab/index/ByOwner",
        json!(["me"]),
        json!(["x", "owner"]),
    );
    assert_eq!(demands(&rig, Operation::Query, query).await, [expected]);

    for (index, condition) in [(None, "owner = :a"), (Some("Other"), "owner = :a")] {
        let query = json!({
            "TableName": "Tab", "IndexName": index, "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {":a": {"S": "a"}},
        });
        let demand = demands(&rig, Operation::Query, query).await.remove(0);
        assert_eq!(
            demand.context[0].1,
            ContextValue::Undetermined,
            "{condition}"
        );
        assert_eq!(
            demand.context[1].1,
            ContextValue::Undetermined,
            "no projection"
        );
    }

    let scan = json!({"TableName": "Tab", "ProjectionExpression": "x"});
    let expected = touching("Scan", "Tab", json!("?"), json!(["x"]));
    let expected = and(expected, "dynamodb:fulltablescan", "true");
    assert_eq!(demands(&rig, Operation::Scan, scan).await, [expected]);

    let search = json!({"TableName": "Tab", "IndexName": "Vec", "TopK": 1, "SearchVector": []});
    let expected = touching("SearchVectors", "Tab/index/Vec", json!("?"), json!("?"));
    assert_eq!(
        demands(&rig, Operation::SearchVectors, search).await,
        [expected]
    );
}

#[tokio::test]
async fn batches_demand_each_table_with_all_its_keys() {
    let rig = Rig::new().await;
    let get = json!({"ReturnConsumedCapacity": "NONE", "RequestItems": {
        "Tab": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "b"}}, {"pk": {"S": "c"}, "sk": {"S": "d"}}],
            "ProjectionExpression": "x"},
        (home().table("Num")): {"Keys": [{"id": {"N": "1"}}]},
    }});
    let expected = [
        touching(
            "BatchGetItem",
            "Tab",
            json!(["a", "c"]),
            json!(["pk", "sk", "x"]),
        ),
        touching("BatchGetItem", "Num", json!(["1"]), json!("?")),
    ]
    .map(|demand| and(demand, "dynamodb:returnconsumedcapacity", "NONE"));
    assert_eq!(demands(&rig, Operation::BatchGetItem, get).await, expected);

    let write = json!({"RequestItems": {
        "Tab": [{"PutRequest": {"Item": {"pk": {"S": "a"}, "x": {"S": "y"}}}},
            {"DeleteRequest": {"Key": {"pk": {"S": "b"}}}}],
        "Num": [{"DeleteRequest": {"Key": {"id": {"S": "odd"}}}, "PutRequest": null}],
    }});
    let expected = [
        touching(
            "BatchWriteItem",
            "Tab",
            json!(["a", "b"]),
            json!(["pk", "x"]),
        ),
        touching("BatchWriteItem", "Num", json!(["odd"]), json!(["id"])),
    ];
    assert_eq!(
        demands(&rig, Operation::BatchWriteItem, write).await,
        expected
    );
}

#[tokio::test]
async fn transactions_demand_each_item() {
    let rig = Rig::new().await;
    let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
    let write = json!({"TransactItems": [
        {"Put": {"TableName": "Num", "Item": {"id": {"N": "7"}}}},
        {"Update": {"TableName": home().table("Tab"), "Key": key, "UpdateExpression": "REMOVE x"}},
        {"Delete": {"TableName": "Tab", "Key": key}, "Put": null},
        {"ConditionCheck":
            {"TableName": "Tab", "Key": key, "ConditionExpression": "attribute_exists(y)"}},
    ]});
    let within = |demand| and(demand, "dynamodb:enclosingoperation", "TransactWriteItems");
    let expected = [
        touching("PutItem", "Num", json!(["7"]), json!(["id"])),
        touching("UpdateItem", "Tab", json!(["a"]), json!(["pk", "sk", "x"])),
        touching("DeleteItem", "Tab", json!(["a"]), json!(["pk", "sk"])),
        touching(
            "ConditionCheckItem",
            "Tab",
            json!(["a"]),
            json!(["pk", "sk", "y"]),
        ),
    ]
    .map(within);
    assert_eq!(
        demands(&rig, Operation::TransactWriteItems, write).await,
        expected
    );

    let get = json!({"TransactItems": [
        {"Get": {"TableName": "Tab", "Key": key, "ProjectionExpression": "x"}},
        {"Get": {"TableName": "Num", "Key": {"id": {"N": "1"}}}},
    ]});
    let within = |demand| and(demand, "dynamodb:enclosingoperation", "TransactGetItems");
    let expected = [
        touching("GetItem", "Tab", json!(["a"]), json!(["pk", "sk", "x"])),
        touching("GetItem", "Num", json!(["1"]), json!("?")),
    ]
    .map(within);
    assert_eq!(
        demands(&rig, Operation::TransactGetItems, get).await,
        expected
    );
}

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
    let label = rig
        .tables
        .keys("Tab")
        .await
        .unwrap()
        .unwrap()
        .stream_label
        .clone()
        .unwrap();
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
