//! The condition keys of DynamoDB, in lower case, which costs a context no allocation.

use std::borrow::Cow;

use thingpass_domain::authorize::Demand;
use thingpass_policy::ContextValue;
use thingpass_wire::error::Fault;

use super::body::{Object, text};
use super::touched::Touched;

const ATTRIBUTES: &str = "dynamodb:attributes";
const ENCLOSING_OPERATION: &str = "dynamodb:enclosingoperation";
const FULL_TABLE_SCAN: &str = "dynamodb:fulltablescan";
const LEADING_KEYS: &str = "dynamodb:leadingkeys";
const RETURN_CONSUMED_CAPACITY: &str = "dynamodb:returnconsumedcapacity";
const RETURN_VALUES: &str = "dynamodb:returnvalues";
const SELECT: &str = "dynamodb:select";
/// The longest value that is told of these; all of DynamoDB's are shorter. Each demand of a batch or
/// transaction has it, so it must not be what a body has room for.
const MAX_ASKED: usize = 64;

/// A demand that gets its condition keys.
pub(super) struct Keyed(Demand);

impl Keyed {
    /// A demand on a table or index, without keys yet.
    pub(super) fn new(action: &'static str, arn: String) -> Self {
        Self(Demand::new(action, arn))
    }

    /// The partition keys and attributes that are touched.
    pub(super) fn touching(mut self, leading_keys: Touched, attributes: Touched) -> Self {
        self.set(LEADING_KEYS, leading_keys.into_context());
        self.set(ATTRIBUTES, attributes.into_context());
        self
    }

    /// `ReturnValues`, `ReturnConsumedCapacity` and `Select` of the request, where it has them. AWS's
    /// own policies test them with `IfExists`: a request without has no key.
    pub(super) fn asking(mut self, request: &Object) -> Result<Self, Fault> {
        for (key, member) in [
            (RETURN_VALUES, "ReturnValues"),
            (RETURN_CONSUMED_CAPACITY, "ReturnConsumedCapacity"),
            (SELECT, "Select"),
        ] {
            if let Some(value) = text(request, member)? {
                let value = if value.len() <= MAX_ASKED {
                    ContextValue::Single(value.to_owned())
                } else {
                    ContextValue::Undetermined
                };
                self.set(key, value);
            }
        }
        Ok(self)
    }

    /// The transaction or batch that it is part of.
    pub(super) fn within(mut self, operation: Option<&str>) -> Self {
        if let Some(operation) = operation {
            self.set(
                ENCLOSING_OPERATION,
                ContextValue::Single(operation.to_owned()),
            );
        }
        self
    }

    /// Whether the whole table is read; none: cannot be told.
    pub(super) fn scanning(mut self, whole: Option<bool>) -> Self {
        let value = match whole {
            Some(whole) => ContextValue::Single(whole.to_string()),
            None => ContextValue::Undetermined,
        };
        self.set(FULL_TABLE_SCAN, value);
        self
    }

    /// The demand.
    pub(super) fn done(self) -> Demand {
        self.0
    }

    fn set(&mut self, key: &'static str, value: ContextValue) {
        self.0.context.push((Cow::Borrowed(key), value));
    }
}
