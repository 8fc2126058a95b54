//! Query, Scan and SearchVectors.

use thingpass_domain::authorize::Demand;
use thingpass_wire::error::Fault;

use super::Reading;
use super::body::{Object, object, required_text, text};
use super::context::Keyed;
use super::expression::{self, Kind};
use super::item::{add_expression, add_projection};
use super::touched::Touched;

/// Query: its leading key is the one that its key condition pins, of the table or of the index.
pub(super) async fn query(
    reading: &mut Reading<'_>,
    action: &'static str,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let table = reading.table(body)?;
    let keys = reading.keys(&table).await?;
    let index = text(body, "IndexName")?;
    let partition_key = keys.as_deref().and_then(|keys| keys.partition_key(index));
    let names = object(body, "ExpressionAttributeNames")?;
    let values = object(body, "ExpressionAttributeValues")?;
    let expression = expression::given(body, "KeyConditionExpression")?;
    let conditions = object(body, "KeyConditions")?;
    let pinned = match (partition_key, expression, conditions) {
        (Some(key), Some(text), None) => expression::leading_key(text, key, names, values),
        (Some(key), None, Some(conditions)) => expression::legacy_leading_key(conditions, key),
        _ => None,
    };
    let mut leading_keys = Touched::default();
    leading_keys.add(pinned.as_deref());
    let mut attributes = selected(body)?;
    add_expression(
        &mut attributes,
        body,
        "KeyConditionExpression",
        Kind::Condition,
    )?;
    for legacy in ["KeyConditions", "QueryFilter"] {
        if let Some(conditions) = object(body, legacy)? {
            attributes.add_names(conditions);
        }
    }
    let arn = reading.arn(&table, index)?;
    let keyed = Keyed::new(action, arn)
        .touching(leading_keys, attributes)
        .asking(body)?;
    Ok(vec![keyed.done()])
}

/// Scan: all keys there are.
pub(super) fn scan(
    reading: &Reading<'_>,
    action: &'static str,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let table = reading.table(body)?;
    let mut attributes = selected(body)?;
    if let Some(conditions) = object(body, "ScanFilter")? {
        attributes.add_names(conditions);
    }
    let arn = reading.arn(&table, text(body, "IndexName")?)?;
    let keyed = Keyed::new(action, arn)
        .touching(Touched::undetermined(), attributes)
        .asking(body)?
        .scanning(Some(true));
    Ok(vec![keyed.done()])
}

/// SearchVectors: the nearest of an index, whatever their keys.
pub(super) fn search_vectors(
    reading: &Reading<'_>,
    action: &'static str,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let table = reading.table(body)?;
    let arn = reading.arn(&table, Some(required_text(body, "IndexName")?))?;
    let keyed = Keyed::new(action, arn)
        .touching(Touched::undetermined(), Touched::undetermined())
        .asking(body)?;
    Ok(vec![keyed.done()])
}

/// The attributes that the filter and the selection name.
fn selected(body: &Object) -> Result<Touched, Fault> {
    let mut touched = Touched::default();
    add_expression(&mut touched, body, "FilterExpression", Kind::Condition)?;
    let is_projected = add_projection(&mut touched, body)?;
    let is_named = match text(body, "Select")? {
        Some("COUNT") => true,
        None | Some("SPECIFIC_ATTRIBUTES") => is_projected,
        Some(_) => false,
    };
    Ok(if is_named {
        touched
    } else {
        Touched::undetermined()
    })
}
