//! What operations on items demand.

use serde_json::json;
use thingpass_policy::ContextValue;

use super::Operation;
use super::testing::{Rig, and, demands, home, touching};

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
