//! The keys of tables, kept until a table changes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use dynoxide::types::{GlobalSecondaryIndex, KeySchemaElement, KeyType, LocalSecondaryIndex};
use dynoxide::{Database, DynoxideError, TableMetadata};
use serde::de::DeserializeOwned;

use super::super::super::table_keys::TableKeys;

/// What is known. Only the engine's thread adds and forgets, between requests, so nothing old comes
/// in after a change. Tables that do not exist are not kept: names are for free.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    known: RwLock<HashMap<String, Arc<TableKeys>>>,
}

impl Schemas {
    /// The keys of a table, if they are known.
    pub(super) fn known(&self, table: &str) -> Option<Arc<TableKeys>> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(table)
            .cloned()
    }

    /// The keys of a table, asking the engine where they are not known.
    pub(super) fn find(
        &self,
        database: &Database,
        table: &str,
    ) -> Result<Option<Arc<TableKeys>>, DynoxideError> {
        if let Some(keys) = self.known(table) {
            return Ok(Some(keys));
        }
        let Some(metadata) = database.get_table_metadata(table)? else {
            return Ok(None);
        };
        let keys = Arc::new(read(&metadata)?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(table.to_owned(), Arc::clone(&keys));
        Ok(Some(keys))
    }

    /// Whether a table still has these keys.
    pub(super) fn still_has(
        &self,
        database: &Database,
        keys: &Arc<TableKeys>,
    ) -> Result<bool, DynoxideError> {
        let now = self.find(database, &keys.name)?;
        Ok(now.is_some_and(|now| Arc::ptr_eq(&now, keys) || now == *keys))
    }

    /// Forgets a table.
    pub(super) fn forget(&self, table: &str) {
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(table);
    }
}

fn read(metadata: &TableMetadata) -> Result<TableKeys, DynoxideError> {
    let schema: Vec<KeySchemaElement> = parse(&metadata.key_schema)?;
    let partition_key = sole_hash(&schema).ok_or_else(|| {
        DynoxideError::InternalServerError("a table has no single partition key".to_owned())
    })?;
    let mut indexes = Vec::new();
    if let Some(text) = &metadata.gsi_definitions {
        let global: Vec<GlobalSecondaryIndex> = parse(text)?;
        indexes.extend(global.into_iter().map(|index| {
            let key = sole_hash(&index.key_schema);
            (index.index_name, key)
        }));
    }
    if let Some(text) = &metadata.lsi_definitions {
        let local: Vec<LocalSecondaryIndex> = parse(text)?;
        indexes.extend(local.into_iter().map(|index| {
            let key = sole_hash(&index.key_schema);
            (index.index_name, key)
        }));
    }
    Ok(TableKeys {
        name: metadata.table_name.clone(),
        partition_key,
        indexes,
        stream_label: metadata
            .stream_label
            .clone()
            .filter(|_| metadata.stream_enabled),
    })
}

fn sole_hash(schema: &[KeySchemaElement]) -> Option<String> {
    let mut hashes = schema
        .iter()
        .filter(|element| element.key_type == KeyType::HASH);
    let first = hashes.next()?.attribute_name.clone();
    hashes.next().is_none().then_some(first)
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, DynoxideError> {
    serde_json::from_str(text).map_err(|error| {
        DynoxideError::InternalServerError(format!("a table's definition is unreadable: {error}"))
    })
}
