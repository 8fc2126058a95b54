//! A request that has been classified: what the tables execute.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::operation::Operation;
use super::room::Room;
use super::table_keys::TableKeys;

/// A request as the classifier read it. Only the classifier makes one.
#[derive(Debug)]
pub struct Request {
    /// What to do.
    pub(super) operation: Operation,
    /// The body, with bare table names in place of ARNs.
    pub(super) body: Map<String, Value>,
    /// The definitions of the tables that the demands were computed from: the request is refused
    /// when one of them is another by the time it runs.
    pub(super) relies_on: Vec<Arc<TableKeys>>,
    /// The stream that it must be about. The engine looks at the table's name alone.
    pub(super) stream: Option<StreamName>,
    /// Its place, if it is large.
    pub(super) room: Option<Room>,
}

/// A table's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StreamName {
    /// The table.
    pub(super) table: String,
    /// The label; absent when the table had no stream when it was asked for.
    pub(super) label: Option<String>,
}

impl Request {
    /// What it asks for.
    pub fn operation(&self) -> Operation {
        self.operation
    }
}
