//! The tables of operations, and how a request finds its own.

use http::Method;
use serde_json::Value;
use thingpass_wire::rest_json::{Binding, Kind, Location, PathTemplate};

use crate::api::members;
use crate::api::operation::{Operation, Prepare, prepare};

/// An operation of a restJson1 service, with its HTTP binding.
pub trait RestOperation: Operation {
    /// The method.
    const METHOD: Method;
    /// The path, labels in braces.
    const PATH: &'static str;
    /// Where members stand outside the body.
    const BINDINGS: &'static [Binding];
}

/// A member in the path, under its own name.
pub const fn label(member: &'static str) -> Binding {
    Binding {
        member,
        location: Location::Label,
        name: member,
        kind: Kind::Text,
    }
}

/// A member in the query.
pub const fn query_parameter(member: &'static str, name: &'static str, kind: Kind) -> Binding {
    Binding {
        member,
        location: Location::Query,
        name,
        kind,
    }
}

/// A member in a header.
pub const fn header(member: &'static str, name: &'static str) -> Binding {
    Binding {
        member,
        location: Location::Header,
        name,
        kind: Kind::Text,
    }
}

/// A row of a restJson1 table.
#[derive(Debug)]
pub struct RestRow {
    /// As AWS names it.
    pub name: &'static str,
    /// As IAM names it.
    pub action: &'static str,
    /// The method.
    pub method: Method,
    /// The path.
    pub path: PathTemplate,
    /// Where members stand outside the body.
    pub bindings: &'static [Binding],
    /// The input's members.
    pub members: &'static [&'static str],
    /// Reads the input.
    pub prepare: Prepare,
}

/// The row of an operation.
pub fn rest<O: RestOperation>() -> RestRow {
    RestRow {
        name: O::NAME,
        action: O::ACTION,
        method: O::METHOD,
        path: PathTemplate::new(O::PATH),
        bindings: O::BINDINGS,
        members: members::of::<O::Input>(),
        prepare: prepare::<O>,
    }
}

/// The row that a method and raw path belong to, with the labels of the path.
pub fn find_rest<'t>(
    table: &'t [RestRow],
    method: &Method,
    raw_path: &str,
) -> Option<(&'t RestRow, Vec<(&'static str, String)>)> {
    table
        .iter()
        .filter(|row| row.method == *method)
        .find_map(|row| Some((row, row.path.matches(raw_path)?)))
}

/// A row of an awsQuery table.
#[derive(Debug)]
pub struct QueryRow {
    /// As AWS names it.
    pub name: &'static str,
    /// As IAM names it.
    pub action: &'static str,
    /// The input's members.
    pub members: &'static [&'static str],
    /// Reads the input.
    pub prepare: Prepare,
}

/// The row of an operation.
pub fn query<O: Operation>() -> QueryRow {
    QueryRow {
        name: O::NAME,
        action: O::ACTION,
        members: members::of::<O::Input>(),
        prepare: prepare::<O>,
    }
}

/// The row of this name.
pub fn find_query<'t>(table: &'t [QueryRow], name: &str) -> Option<&'t QueryRow> {
    table.iter().find(|row| row.name == name)
}

/// Whether an answer has nothing in it.
pub fn is_empty(output: &Value) -> bool {
    match output {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}
