//! The record that the thermostat writes: the same for the daemon and for the bare engine.

use std::collections::HashMap;

use dynoxide::AttributeValue;
use dynoxide::actions::put_item::PutItemRequest;
use serde_json::{Value, json};

/// The table, named after the thing.
pub(crate) const TABLE: &str = "MyHomeThermostat";
const SERIAL_NUMBER: &str = "123456789";

/// CreateTable's input.
pub(crate) fn table() -> Value {
    json!({
        "TableName": TABLE,
        "AttributeDefinitions": [
            {"AttributeName": "serial_number", "AttributeType": "S"},
            {"AttributeName": "timestamp", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "serial_number", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

/// PutItem's input for the record with this number, as text.
pub(crate) fn body(number: u64) -> String {
    let timestamp = timestamp(number);
    format!(
        r#"{{"TableName":"{TABLE}","Item":{{"serial_number":{{"S":"{SERIAL_NUMBER}"}},"timestamp":{{"S":"{timestamp}"}},"current_temp":{{"N":"65"}},"target_temp":{{"N":"70"}},"humidity":{{"N":"45"}}}}}}"#
    )
}

/// The same, as the engine takes it.
pub(crate) fn request(number: u64) -> PutItemRequest {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let digits = |digits: &str| AttributeValue::N(digits.to_owned());
    let item = HashMap::from([
        ("serial_number".to_owned(), text(SERIAL_NUMBER)),
        ("timestamp".to_owned(), text(&timestamp(number))),
        ("current_temp".to_owned(), digits("65")),
        ("target_temp".to_owned(), digits("70")),
        ("humidity".to_owned(), digits("45")),
    ]);
    PutItemRequest {
        table_name: TABLE.to_owned(),
        item,
        ..PutItemRequest::default()
    }
}

fn timestamp(number: u64) -> String {
    format!("2017-11-20T06:00:00.{number:09}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let read: PutItemRequest = serde_json::from_str(&body(7)).unwrap();
        assert_eq!(read.item, request(7).item);
        assert_eq!(read.table_name, request(7).table_name);
    }

    #[test]
    fn records_do_not_replace_each_other() {
        assert_ne!(body(1), body(2));
    }
}
