//! Tables themselves, and their tags.

use std::borrow::Cow;
use std::collections::HashSet;

use thingpass_domain::authorize::Demand;
use thingpass_policy::ContextValue;
use thingpass_wire::error::Fault;

use super::body::{Object, list, required_text};
use super::refusal::{invalid, unreadable};
use super::touched::Touched;
use super::{Reading, name};

const TAG_KEYS: &str = "aws:tagkeys";
/// The most tags of a table (DynamoDB Developer Guide, "Tagging restrictions").
const MAX_TAGS: usize = 50;
/// The most characters of a tag's key and value (API reference, Tag).
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;

/// CreateTable. With tags it demands `dynamodb:TagResource` too.
pub(super) fn create(reading: &Reading<'_>, body: &mut Object) -> Result<Vec<Demand>, Fault> {
    let table = reading.table(body)?;
    let context = given_tags(body)?;
    let arn = reading.arn(&table, None)?;
    let mut demands = vec![Demand::new("dynamodb:CreateTable", arn.as_str())];
    if !context.is_empty() {
        demands.push(Demand::new("dynamodb:TagResource", arn));
    }
    for demand in &mut demands {
        demand.context.clone_from(&context);
    }
    Ok(demands)
}

/// An action on the table that `TableName` names.
pub(super) fn on_table(
    reading: &Reading<'_>,
    action: &'static str,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let table = reading.table(body)?;
    Ok(vec![Demand::new(action, reading.arn(&table, None)?)])
}

/// TagResource.
pub(super) fn tag(
    reading: &Reading<'_>,
    action: &'static str,
    body: &Object,
) -> Result<Vec<Demand>, Fault> {
    let mut demand = on_resource(reading, action, body)?;
    demand.context = given_tags(body)?;
    Ok(vec![demand])
}

/// UntagResource.
pub(super) fn untag(
    reading: &Reading<'_>,
    action: &'static str,
    body: &Object,
) -> Result<Vec<Demand>, Fault> {
    let mut demand = on_resource(reading, action, body)?;
    let mut keys = Touched::default();
    for key in list(body, "TagKeys")?.unwrap_or_default() {
        keys.add(Some(key.as_str().ok_or_else(unreadable)?));
    }
    demand
        .context
        .push((Cow::Borrowed(TAG_KEYS), keys.into_context()));
    Ok(vec![demand])
}

/// ListTagsOfResource.
pub(super) fn list_tags(
    reading: &Reading<'_>,
    action: &'static str,
    body: &Object,
) -> Result<Vec<Demand>, Fault> {
    Ok(vec![on_resource(reading, action, body)?])
}

fn on_resource(
    reading: &Reading<'_>,
    action: &'static str,
    body: &Object,
) -> Result<Demand, Fault> {
    let table = name::table_arn(required_text(body, "ResourceArn")?, reading.home)?;
    Ok(Demand::new(action, reading.arn(table, None)?))
}

/// `aws:TagKeys` and `aws:RequestTag/…` of `Tags`; nothing if there are none.
fn given_tags(body: &Object) -> Result<Vec<(Cow<'static, str>, ContextValue)>, Fault> {
    let tags = list(body, "Tags")?.unwrap_or_default();
    if tags.is_empty() {
        return Ok(Vec::new());
    }
    super::body::within("Tags", tags.len(), MAX_TAGS)?;
    let mut keys = Vec::new();
    let mut known = HashSet::new();
    let mut context = Vec::new();
    for tag in tags {
        let tag = tag.as_object().ok_or_else(unreadable)?;
        let (key, value) = (required_text(tag, "Key")?, required_text(tag, "Value")?);
        short("key", key, 1, MAX_TAG_KEY)?;
        short("value", value, 0, MAX_TAG_VALUE)?;
        // Condition keys know no case, tags do: two that differ in case alone are one key.
        let is_new = known.insert(key.to_ascii_lowercase());
        let value = if is_new {
            ContextValue::Single(value.to_owned())
        } else {
            ContextValue::Undetermined
        };
        context.push((Cow::Owned(format!("aws:RequestTag/{key}")), value));
        keys.push(key.to_owned());
    }
    context.push((Cow::Borrowed(TAG_KEYS), ContextValue::List(keys)));
    Ok(context)
}

/// Refuses what is longer than a tag's key or value can be.
fn short(member: &str, text: &str, least: usize, most: usize) -> Result<(), Fault> {
    if text.chars().nth(most).is_none() {
        return Ok(());
    }
    Err(invalid(format!(
        "One or more parameter values were invalid: Tag {member} must be between {least} and {most} \
         characters"
    )))
}
