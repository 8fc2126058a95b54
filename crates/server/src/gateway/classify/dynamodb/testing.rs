//! Tables to classify against.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::audit::Record;
use thingpass_domain::authorize::Demand;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, Region};
use thingpass_policy::ContextValue;
use thingpass_wire::error::Fault;

use crate::gateway::table_keys::TableKeys;
use crate::gateway::{Classified, Operation, Tables, classify};

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

    /// Classifies.
    pub(crate) async fn classify(
        &self,
        operation: Operation,
        body: &Value,
    ) -> Result<Classified, Fault> {
        classify(operation, &body.to_string().into(), &self.tables).await
    }

    /// The keys of a table.
    pub(crate) async fn keys(&self, table: &str) -> Option<Arc<TableKeys>> {
        let found = self.tables.keys(BTreeSet::from([table.to_owned()])).await;
        found.unwrap().remove(table).unwrap()
    }

    /// Classifies and executes; the error is its code and text.
    pub(crate) async fn run(&self, operation: Operation, body: Value) -> Result<Value, String> {
        let classified = self
            .classify(operation, &body)
            .await
            .map_err(|fault| format!("{}: {}", fault.code, fault.message))?;
        match self.tables.execute(classified.request, recorded()).await {
            Ok(body) => Ok(serde_json::from_slice(&body).unwrap()),
            Err(fault) => Err(format!("{}: {}", fault.bare_code(), fault.message)),
        }
    }
}

/// What a request demands.
pub(crate) async fn demands(rig: &Rig, operation: Operation, body: Value) -> Vec<Demand> {
    rig.classify(operation, &body).await.unwrap().demands
}

/// The code with which a request is refused.
pub(crate) async fn refusal(rig: &Rig, operation: Operation, body: Value) -> String {
    let fault = rig.classify(operation, &body).await.unwrap_err();
    fault.code.into_owned()
}

/// A demand with its context: `?` is undetermined, a list is a list, else a single value.
pub(crate) fn demand(action: &str, resource: &str, context: &[(&str, Value)]) -> Demand {
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

/// A demand that touches keys and attributes.
pub(crate) fn touching(action: &str, resource: &str, leading: Value, attributes: Value) -> Demand {
    demand(
        action,
        resource,
        &[("leadingkeys", leading), ("attributes", attributes)],
    )
}

/// A demand with a key more.
pub(crate) fn and(mut demand: Demand, key: &'static str, value: &str) -> Demand {
    demand
        .context
        .push((key.into(), ContextValue::Single(value.to_owned())));
    demand
}

/// The record of a decision that is written.
pub(crate) fn recorded() -> Box<dyn Record> {
    Box::new(Recorded { is_written: true })
}

/// The record of a decision.
pub(crate) struct Recorded {
    /// Whether it could be written.
    pub(crate) is_written: bool,
}

impl Record for Recorded {
    fn settle(&self) -> Result<(), Error> {
        let is_written = self.is_written.then_some(());
        is_written.ok_or_else(|| Error::unavailable("the disk is full"))
    }
}
