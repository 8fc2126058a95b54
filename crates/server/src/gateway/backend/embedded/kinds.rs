//! Members that must be of a kind and that the engine itself would read past.

use serde_json::{Map, Value};

use super::error::TableFault;

#[derive(Clone, Copy)]
enum Kind {
    /// A list.
    List,
    /// A list of structures.
    Structures,
    /// A structure.
    Structure,
    /// A map whose values are structures.
    MapOfStructures,
    Text,
}

/// Sorted by name.
const MEMBERS: &[(&str, Kind)] = &[
    ("AttributeDefinitions", Kind::Structures),
    ("AttributeUpdates", Kind::MapOfStructures),
    ("AttributesToGet", Kind::List),
    ("BillingMode", Kind::Text),
    ("ConditionExpression", Kind::Text),
    ("ConditionalOperator", Kind::Text),
    ("ExclusiveStartKey", Kind::MapOfStructures),
    ("Expected", Kind::MapOfStructures),
    ("ExpressionAttributeNames", Kind::Structure),
    ("ExpressionAttributeValues", Kind::MapOfStructures),
    ("FilterExpression", Kind::Text),
    ("GlobalSecondaryIndexUpdates", Kind::Structures),
    ("GlobalSecondaryIndexes", Kind::Structures),
    ("IndexName", Kind::Text),
    ("Item", Kind::MapOfStructures),
    ("Key", Kind::MapOfStructures),
    ("KeyConditionExpression", Kind::Text),
    ("KeyConditions", Kind::MapOfStructures),
    ("KeySchema", Kind::Structures),
    ("LocalSecondaryIndexes", Kind::Structures),
    ("OnDemandThroughput", Kind::Structure),
    ("ProjectionExpression", Kind::Text),
    ("ProvisionedThroughput", Kind::Structure),
    ("QueryFilter", Kind::MapOfStructures),
    ("RequestItems", Kind::Structure),
    ("ReturnConsumedCapacity", Kind::Text),
    ("ReturnItemCollectionMetrics", Kind::Text),
    ("ReturnValues", Kind::Text),
    ("SSESpecification", Kind::Structure),
    ("ScanFilter", Kind::MapOfStructures),
    ("Select", Kind::Text),
    ("StreamSpecification", Kind::Structure),
    ("Tags", Kind::Structures),
    ("TimeToLiveSpecification", Kind::Structure),
    ("UpdateExpression", Kind::Text),
    ("VectorIndexUpdates", Kind::Structures),
    ("VectorIndexes", Kind::Structures),
];

/// Refuses a body with a member of the wrong kind.
pub(super) fn check(body: &Map<String, Value>) -> Result<(), TableFault> {
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        let known = MEMBERS.binary_search_by_key(&name.as_str(), |(known, _)| known);
        let Some((_, kind)) = known.ok().and_then(|place| MEMBERS.get(place)) else {
            continue;
        };
        let is_right = match kind {
            Kind::List => value.is_array(),
            Kind::Structures => value
                .as_array()
                .is_some_and(|all| all.iter().all(Value::is_object)),
            Kind::Structure => value.is_object(),
            Kind::MapOfStructures => value
                .as_object()
                .is_some_and(|all| all.values().all(Value::is_object)),
            Kind::Text => value.is_string(),
        };
        if !is_right {
            return Err(TableFault::unreadable("Unexpected value type in payload"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_is_found_by_its_name() {
        assert!(MEMBERS.is_sorted_by_key(|(name, _)| *name));
        for (name, _) in MEMBERS {
            let body = Map::from_iter([((*name).to_owned(), Value::from(1))]);
            assert!(check(&body).is_err(), "{name}");
            let body = Map::from_iter([((*name).to_owned(), Value::Null)]);
            assert!(check(&body).is_ok(), "{name}");
        }
    }
}
