//! TransactWriteItems and TransactGetItems: one demand for each item.

use std::collections::BTreeSet;

use serde_json::Value;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::authorize::Demand;
use thingpass_wire::error::Fault;

use super::body::{Object, list, missing, within};
use super::item::{Deed, on_item};
use super::refusal::{invalid, unreadable};
use super::{Reading, name};

/// The most items of a transaction (API reference, TransactWriteItems).
const MAX_ITEMS: usize = 100;

/// TransactWriteItems.
pub(super) async fn write(
    reading: &mut Reading<'_>,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let deeds = [
        ("Put", Deed::Put),
        ("Update", Deed::Update),
        ("Delete", Deed::Delete),
        ("ConditionCheck", Deed::Check),
    ];
    each(reading, body, &deeds, "TransactWriteItems").await
}

/// TransactGetItems.
pub(super) async fn get(
    reading: &mut Reading<'_>,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    each(reading, body, &[("Get", Deed::Get)], "TransactGetItems").await
}

async fn each(
    reading: &mut Reading<'_>,
    body: &mut Object,
    deeds: &[(&str, Deed)],
    operation: &str,
) -> Result<Vec<Demand>, Fault> {
    let count = list(body, "TransactItems")?
        .ok_or_else(|| missing("TransactItems"))?
        .len();
    within("TransactItems", count, MAX_ITEMS)?;
    // The items are changed where they are: their table names become bare.
    let mut items = match body.get_mut("TransactItems") {
        Some(Value::Array(items)) => std::mem::take(items),
        _ => return Err(unreadable()),
    };
    reading.learn(tables(&items, deeds, reading.home)).await?;
    let mut demands = Vec::with_capacity(count);
    for item in &mut items {
        let item = item.as_object_mut().ok_or_else(unreadable)?;
        let mut given = deeds
            .iter()
            .filter(|(name, _)| item.get(*name).is_some_and(|v| !v.is_null()));
        let (Some((name, deed)), None) = (given.next(), given.next()) else {
            return Err(invalid(
                "TransactItems can only contain one of Check, Put, Update or Delete",
            ));
        };
        let member = item
            .get_mut(*name)
            .and_then(Value::as_object_mut)
            .ok_or_else(unreadable)?;
        let keyed = on_item(reading, *deed, member).await?;
        demands.push(keyed.asking(body)?.within(Some(operation)).done());
    }
    body.insert("TransactItems".to_owned(), Value::Array(items));
    Ok(demands)
}

/// The tables that the items name, as far as they can be read: the rest is refused later.
fn tables(items: &[Value], deeds: &[(&str, Deed)], home: &AccountRegion) -> BTreeSet<String> {
    let given = items.iter().flat_map(|item| {
        deeds
            .iter()
            .filter_map(|(name, _)| item.get(*name)?.get("TableName")?.as_str())
    });
    given
        .filter_map(|given| name::table(given, home).ok())
        .map(str::to_owned)
        .collect()
}
