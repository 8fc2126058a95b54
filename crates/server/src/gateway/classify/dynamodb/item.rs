//! Requests about one item, which are also the members of transactions.

use thingpass_domain::authorize::Demand;
use thingpass_wire::error::Fault;

use super::Reading;
use super::body::{Object, list, object, required_object, text};
use super::context::Keyed;
use super::expression::{self, Kind};
use super::refusal::unreadable;
use super::touched::{Touched, key_text};

/// What is done to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// It is written whole.
    Put,
    /// It is read.
    Get,
    /// It is changed in parts.
    Update,
    /// It is deleted.
    Delete,
    /// A condition on it is checked.
    Check,
}

impl Deed {
    /// The member that has the key.
    pub(super) fn key_member(self) -> &'static str {
        match self {
            Self::Put => "Item",
            Self::Get | Self::Update | Self::Delete | Self::Check => "Key",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Put => "dynamodb:PutItem",
            Self::Get => "dynamodb:GetItem",
            Self::Update => "dynamodb:UpdateItem",
            Self::Delete => "dynamodb:DeleteItem",
            Self::Check => "dynamodb:ConditionCheckItem",
        }
    }
}

/// PutItem, GetItem, UpdateItem, DeleteItem.
pub(super) async fn single(
    reading: &mut Reading<'_>,
    deed: Deed,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let keyed = on_item(reading, deed, body).await?;
    Ok(vec![keyed.asking(body)?.done()])
}

/// The demand of one item's request: its own members alone.
pub(super) async fn on_item(
    reading: &mut Reading<'_>,
    deed: Deed,
    body: &mut Object,
) -> Result<Keyed, Fault> {
    let table = reading.table(body)?;
    let keys = reading.keys(&table).await?;
    let key = required_object(body, deed.key_member())?;
    let mut leading_keys = Touched::default();
    let leading_key = keys.and_then(|keys| key_text(key.get(&keys.partition_key)?));
    leading_keys.add(leading_key.as_deref());
    let attributes = attributes(deed, key, body)?;
    let arn = reading.arn(&table, None)?;
    Ok(Keyed::new(deed.action(), arn).touching(leading_keys, attributes))
}

/// The attributes that are read or written.
fn attributes(deed: Deed, key: &Object, body: &Object) -> Result<Touched, Fault> {
    let mut touched = Touched::default();
    touched.add_names(key);
    add_expression(&mut touched, body, "ConditionExpression", Kind::Condition)?;
    add_expression(&mut touched, body, "UpdateExpression", Kind::Update)?;
    for legacy in ["Expected", "AttributeUpdates"] {
        if let Some(conditions) = object(body, legacy)? {
            touched.add_names(conditions);
        }
    }
    // What hands out the whole item touches attributes that nobody has named.
    let whole = |member: &str, values: &[&str]| -> Result<bool, Fault> {
        Ok(text(body, member)?.is_some_and(|value| values.contains(&value)))
    };
    let hands_out_all = whole("ReturnValues", &["ALL_OLD", "ALL_NEW"])?
        || whole("ReturnValuesOnConditionCheckFailure", &["ALL_OLD"])?;
    if hands_out_all || (deed == Deed::Get && !add_projection(&mut touched, body)?) {
        return Ok(Touched::undetermined());
    }
    Ok(touched)
}

/// Adds what a projection names; false when there is none, so that everything is read.
pub(super) fn add_projection(touched: &mut Touched, body: &Object) -> Result<bool, Fault> {
    let mut is_there = add_expression(touched, body, "ProjectionExpression", Kind::Projection)?;
    if let Some(names) = list(body, "AttributesToGet")? {
        for name in names {
            touched.add(Some(name.as_str().ok_or_else(unreadable)?));
        }
        is_there |= !names.is_empty();
    }
    Ok(is_there)
}

/// Adds what an expression names; false when there is none.
pub(super) fn add_expression(
    touched: &mut Touched,
    body: &Object,
    member: &str,
    kind: Kind,
) -> Result<bool, Fault> {
    let Some(text) = expression::given(body, member)? else {
        return Ok(false);
    };
    let names = object(body, "ExpressionAttributeNames")?;
    touched.extend(expression::attributes(text, kind, names));
    Ok(true)
}
