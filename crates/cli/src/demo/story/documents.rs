//! The documents of the story, as the seed has them.

use serde_json::{Value, json};

use super::{ROLE, THING};
use crate::Failure;

/// Who may assume the role: the credentials provider.
pub(super) const TRUST_POLICY_FILE: &str = "trustpolicyforiot.json";
/// What the role may do: work on the table that is called as the thing is.
pub(super) const ACCESS_POLICY_FILE: &str = "accesspolicyfordynamodb.json";
/// What Alice may do: work with AWS IoT.
pub(super) const IOT_PERMISSION_FILE: &str = "iotpermission.json";
/// What Alice may hand out: the role.
pub(super) const PASS_ROLE_FILE: &str = "passrolepermission.json";
/// Which alias the device may use: the one of its kind, while it is Alice's.
pub(super) const IOT_POLICY_FILE: &str = "alicethermostatpolicy.json";
/// A record of temperature and humidity.
pub(super) const ITEM_FILE: &str = "item.json";
/// The key of that record.
pub(super) const KEY_FILE: &str = "key.json";

/// All of them, by the names of their files.
pub(super) fn all(account: &str, region: &str) -> Vec<(&'static str, Value)> {
    vec![
        (TRUST_POLICY_FILE, trust_policy()),
        (ACCESS_POLICY_FILE, access_policy(account, region)),
        (IOT_PERMISSION_FILE, iot_permission()),
        (PASS_ROLE_FILE, pass_role_permission(account)),
        (IOT_POLICY_FILE, iot_policy(account, region)),
        (ITEM_FILE, item()),
        (KEY_FILE, key()),
    ]
}

/// As a file for people.
pub(super) fn pretty(document: &Value) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(document).map_err(Failure::failed)?;
    Ok(format!("{text}\n"))
}

pub(super) fn item() -> Value {
    json!({
        "serial_number": {"S": "123456789"},
        "timestamp": {"S": "2017-11-20T06:00:00.000Z"},
        "current_temp": {"N": "65"},
        "target_temp": {"N": "70"},
        "humidity": {"N": "45"}
    })
}

pub(super) fn key() -> Value {
    json!({
        "serial_number": {"S": "123456789"},
        "timestamp": {"S": "2017-11-20T06:00:00.000Z"}
    })
}

fn trust_policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "credentials.iot.amazonaws.com"},
            "Action": "sts:AssumeRole"
        }
    })
}

fn access_policy(account: &str, region: &str) -> Value {
    let tables = format!("arn:aws:dynamodb:{region}:{account}:table");
    json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": [
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem"
            ],
            "Resource": format!("{tables}/${{credentials-iot:ThingName}}")
        }
    })
}

fn iot_permission() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}
    })
}

fn pass_role_permission(account: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": ["iam:GetRole", "iam:PassRole"],
            "Resource": format!("arn:aws:iam::{account}:role/{ROLE}")
        }
    })
}

fn iot_policy(account: &str, region: &str) -> Value {
    let aliases = format!("arn:aws:iot:{region}:{account}:rolealias");
    json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "iot:AssumeRoleWithCertificate",
            "Resource":
                format!("{aliases}/${{iot:Connection.Thing.ThingTypeName}}-dynamodb-access-role-alias"),
            "Condition": {
                "StringEquals": {
                    "iot:Connection.Thing.Attributes[Owner]": "Alice",
                    "iot:Connection.Thing.ThingTypeName": "Thermostat"
                },
                "Bool": {"iot:Connection.Thing.IsAttached": "true"}
            }
        }
    })
}

/// A request that writes the record into this table.
pub(super) fn put_item(table: &str) -> Value {
    json!({"TableName": table, "Item": item(), "ReturnConsumedCapacity": "TOTAL"})
}

/// A request that reads it back.
pub(super) fn get_item() -> Value {
    json!({"TableName": THING, "Key": key()})
}

/// A request that makes a table for records.
pub(super) fn create_table(table: &str) -> Value {
    json!({
        "TableName": table,
        "AttributeDefinitions": [
            {"AttributeName": "serial_number", "AttributeType": "S"},
            {"AttributeName": "timestamp", "AttributeType": "S"}
        ],
        "KeySchema": [
            {"AttributeName": "serial_number", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"}
        ],
        "BillingMode": "PAY_PER_REQUEST"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_policies_are_left_for_the_policies() {
        let all = all("123456789012", "eu-west-1");
        let resource = |file: &str| {
            let (_, document) = all.iter().find(|(name, _)| *name == file).unwrap();
            document["Statement"]["Resource"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            resource(ACCESS_POLICY_FILE),
            "arn:aws:dynamodb:eu-west-1:123456789012:table/${credentials-iot:ThingName}"
        );
        assert!(resource(IOT_POLICY_FILE).ends_with(
            ":rolealias/${iot:Connection.Thing.ThingTypeName}-dynamodb-access-role-alias"
        ));
    }
}
