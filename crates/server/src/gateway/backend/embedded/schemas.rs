//! The keys of tables, kept until a table changes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use dynoxide::types::{GlobalSecondaryIndex, KeySchemaElement, KeyType, LocalSecondaryIndex};
use dynoxide::{Database, DynoxideError, TableMetadata};
use serde::de::DeserializeOwned;

use super::super::super::table_keys::{Found, TableKeys};

/// How many names of no table are kept: names are for free, and asking for one is not.
const MAX_ABSENT: usize = 1024;

/// What is known. Only the engine's thread adds and forgets, between requests, so nothing old comes
/// in after a change. It may be known before it is synced: a request that relies on it goes through
/// the engine, which does not answer before that.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    tables: HashMap<String, Arc<TableKeys>>,
    /// Names that are of no table.
    absent: HashSet<String>,
}

impl Schemas {
    /// What is known of tables, and those of which nothing is known.
    pub(super) fn recall(&self, tables: BTreeSet<String>) -> (Found, Vec<String>) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (mut found, mut unknown) = (HashMap::new(), Vec::new());
        for table in tables {
            if let Some(keys) = known.tables.get(&table) {
                found.insert(table, Some(Arc::clone(keys)));
            } else if known.absent.contains(&table) {
                found.insert(table, None);
            } else {
                unknown.push(table);
            }
        }
        (found, unknown)
    }

    /// The keys of each table, asking the engine where they are not known.
    pub(super) fn find_all(
        &self,
        database: &Database,
        tables: Vec<String>,
    ) -> Result<Found, DynoxideError> {
        let found = tables.into_iter().map(|table| {
            let keys = self.find(database, &table)?;
            Ok((table, keys))
        });
        found.collect()
    }

    /// The keys of a table, asking the engine where they are not known.
    pub(super) fn find(
        &self,
        database: &Database,
        table: &str,
    ) -> Result<Option<Arc<TableKeys>>, DynoxideError> {
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(keys) = known.tables.get(table) {
                return Ok(Some(Arc::clone(keys)));
            }
            if known.absent.contains(table) {
                return Ok(None);
            }
        }
        let Some(metadata) = database.get_table_metadata(table)? else {
            self.change(|known| known.add_absent(table));
            return Ok(None);
        };
        let keys = Arc::new(read(&metadata)?);
        self.change(|known| known.tables.insert(table.to_owned(), Arc::clone(&keys)));
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

    /// Forgets a table, or that there is none.
    pub(super) fn forget(&self, table: &str) {
        self.change(|known| {
            known.tables.remove(table);
            known.absent.remove(table);
        });
    }

    /// Forgets everything: the database is opened anew.
    pub(super) fn forget_all(&self) {
        self.change(|known| *known = Known::default());
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    /// When there are too many, what was known of absent tables is asked for again.
    fn add_absent(&mut self, table: &str) {
        if self.absent.len() >= MAX_ABSENT {
            self.absent.clear();
        }
        self.absent.insert(table.to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_no_table_are_kept_up_to_a_bound_and_until_something_changes() {
        let database = Database::memory().unwrap();
        let schemas = Schemas::default();
        let is_known = |table: &str| {
            schemas
                .recall(BTreeSet::from([table.to_owned()]))
                .1
                .is_empty()
        };
        for number in 0..=MAX_ABSENT * 3 {
            let table = format!("Absent{number}");
            assert!(!is_known(&table));
            assert!(schemas.find(&database, &table).unwrap().is_none());
            assert!(is_known(&table));
            assert!(schemas.known.read().unwrap().absent.len() <= MAX_ABSENT);
        }
        let last = format!("Absent{}", MAX_ABSENT * 3);
        schemas.forget("Other");
        assert!(is_known(&last));
        schemas.forget(&last);
        assert!(!is_known(&last));
        schemas.find(&database, &last).unwrap();
        schemas.forget_all();
        assert!(!is_known(&last));
    }
}
