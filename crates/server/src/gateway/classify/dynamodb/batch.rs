//! BatchGetItem and BatchWriteItem: one demand for each table.

use std::collections::BTreeSet;

use serde_json::Value;
use thingpass_domain::authorize::Demand;
use thingpass_wire::error::Fault;

use super::body::{self, Object, missing, object, required_objects, within};
use super::context::Keyed;
use super::item::add_projection;
use super::refusal::{invalid, unreadable};
use super::touched::{Touched, key_text};
use super::{Reading, name};

/// The most keys that a BatchGetItem may have, and the most tables (API reference, BatchGetItem).
const MAX_GETS: usize = 100;
/// The most writes that a BatchWriteItem may have (API reference, BatchWriteItem).
const MAX_WRITES: usize = 25;

/// BatchGetItem.
pub(super) async fn get(
    reading: &mut Reading<'_>,
    action: &'static str,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let mut demands = Vec::new();
    let tables = name_tables(reading, body, MAX_GETS)?;
    reading.learn(tables).await?;
    for (table, request) in body::required_object(body, "RequestItems")? {
        let request = request.as_object().ok_or_else(unreadable)?;
        let keys = required_objects(request, "Keys", MAX_GETS)?;
        let mut touched = Batch::new(reading, table).await?;
        for key in keys {
            touched.add(key);
        }
        if !add_projection(&mut touched.attributes, request)? {
            touched.attributes = Touched::undetermined();
        }
        demands.push(touched.demand(reading, action, table, body)?);
    }
    Ok(demands)
}

/// BatchWriteItem.
pub(super) async fn write(
    reading: &mut Reading<'_>,
    action: &'static str,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let mut demands = Vec::new();
    let tables = name_tables(reading, body, MAX_WRITES)?;
    reading.learn(tables).await?;
    for (table, requests) in body::required_object(body, "RequestItems")? {
        let requests = requests.as_array().ok_or_else(unreadable)?;
        within("RequestItems", requests.len(), MAX_WRITES)?;
        let mut touched = Batch::new(reading, table).await?;
        for request in requests {
            let request = request.as_object().ok_or_else(unreadable)?;
            let put = object(request, "PutRequest")?;
            let delete = object(request, "DeleteRequest")?;
            match (put, delete) {
                (Some(put), None) => touched.add(body::required_object(put, "Item")?),
                (None, Some(delete)) => touched.add(body::required_object(delete, "Key")?),
                _ => {
                    return Err(invalid(
                        "a write request must contain either a `PutRequest` or a `DeleteRequest`",
                    ));
                }
            }
        }
        demands.push(touched.demand(reading, action, table, body)?);
    }
    Ok(demands)
}

/// Checks the tables of `RequestItems`, which stand there bare from now on.
fn name_tables(
    reading: &Reading<'_>,
    body: &mut Object,
    most: usize,
) -> Result<BTreeSet<String>, Fault> {
    let items = match body.get_mut("RequestItems") {
        None | Some(Value::Null) => return Err(missing("RequestItems")),
        Some(items) => items.as_object_mut().ok_or_else(unreadable)?,
    };
    within("RequestItems", items.len(), most)?;
    let mut bare = Object::new();
    for (given, request) in std::mem::take(items) {
        let table = name::table(&given, reading.home)?.to_owned();
        if bare.insert(table, request).is_some() {
            return Err(invalid(
                "a table must not be named twice, by name and by ARN",
            ));
        }
    }
    let tables = bare.keys().cloned().collect();
    *items = bare;
    Ok(tables)
}

/// What is touched of one table.
struct Batch {
    partition_key: Option<String>,
    leading_keys: Touched,
    attributes: Touched,
}

impl Batch {
    async fn new(reading: &mut Reading<'_>, table: &str) -> Result<Self, Fault> {
        let keys = reading.keys(table).await?;
        let partition_key = keys.map(|keys| keys.partition_key.clone());
        let (leading_keys, attributes) = (Touched::default(), Touched::default());
        Ok(Self {
            partition_key,
            leading_keys,
            attributes,
        })
    }

    fn add(&mut self, item: &Object) {
        let key = self
            .partition_key
            .as_ref()
            .and_then(|key| key_text(item.get(key)?));
        self.leading_keys.add(key.as_deref());
        self.attributes.add_names(item);
    }

    fn demand(
        self,
        reading: &Reading<'_>,
        action: &'static str,
        table: &str,
        body: &Object,
    ) -> Result<Demand, Fault> {
        let Self {
            leading_keys,
            attributes,
            ..
        } = self;
        let keyed = Keyed::new(action, reading.arn(table, None)?)
            .touching(leading_keys, attributes)
            .asking(body)?;
        Ok(keyed.done())
    }
}
