//! What the classifier must know about a table: which attribute is its partition key.

use std::collections::HashMap;
use std::sync::Arc;

/// The keys of tables, by name; none where there is no such table.
pub type Found = HashMap<String, Option<Arc<TableKeys>>>;

/// The keys of a table and of its indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableKeys {
    /// The table.
    pub name: String,
    /// The attribute that is its partition key.
    pub partition_key: String,
    /// Each index and its partition key; an index whose partition key is made of several attributes
    /// has none here.
    pub indexes: Vec<(String, Option<String>)>,
    /// The label of its stream, while it has one.
    pub stream_label: Option<String>,
}

impl TableKeys {
    /// The partition key of the table or of the named index.
    pub fn partition_key(&self, index: Option<&str>) -> Option<&str> {
        match index {
            None => Some(&self.partition_key),
            Some(index) => self
                .indexes
                .iter()
                .find(|(name, _)| name == index)?
                .1
                .as_deref(),
        }
    }
}
