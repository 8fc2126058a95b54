//! Tables to classify against.

use serde_json::{Value, json};
use tempfile::TempDir;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::id::{AccountId, Region};

use crate::gateway::{Operation, Tables, classify};

/// The account and region of the tests.
pub(crate) fn home() -> AccountRegion {
    AccountRegion {
        account: AccountId::new("123456789012").unwrap(),
        region: Region::new("us-east-1").unwrap(),
    }
}

/// Tables in a folder of their own.
pub(crate) struct Rig {
    pub(crate) tables: Tables,
    pub(crate) folder: TempDir,
}

impl Rig {
    /// No tables yet.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tables = Tables::open(&folder.path().join("tables.db"), home()).unwrap();
        Self { tables, folder }
    }

    /// `Tab` (pk S, sk S, index `ByOwner` on owner S, a stream) and `Num` (id N).
    pub(crate) async fn new() -> Self {
        let rig = Self::empty();
        let attribute =
            |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        rig.run(
            Operation::CreateTable,
            json!({
                "TableName": "Tab", "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
                "AttributeDefinitions":
                    [attribute("pk", "S"), attribute("sk", "S"), attribute("owner", "S")],
                "GlobalSecondaryIndexes": [{
                    "IndexName": "ByOwner", "KeySchema": [key("owner", "HASH")],
                    "Projection": {"ProjectionType": "ALL"},
                }],
                "StreamSpecification":
                    {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            }),
        )
        .await
        .unwrap();
        rig.run(
            Operation::CreateTable,
            json!({
                "TableName": "Num", "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [key("id", "HASH")], "AttributeDefinitions": [attribute("id", "N")],
            }),
        )
        .await
        .unwrap();
        rig
    }

    /// Classifies and executes; the error is its code and text.
    pub(crate) async fn run(&self, operation: Operation, body: Value) -> Result<Value, String> {
        let classified = classify(operation, body.to_string().as_bytes(), &self.tables)
            .await
            .map_err(|fault| format!("{}: {}", fault.code, fault.message))?;
        match self.tables.execute(classified.request).await {
            Ok(body) => Ok(serde_json::from_slice(&body).unwrap()),
            Err(fault) => Err(format!("{}: {}", fault.bare_code(), fault.message)),
        }
    }
}
