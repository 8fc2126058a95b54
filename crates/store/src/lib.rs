//! The store on SQL. Nouns are files here as they are in the domain; every write goes through
//! `transact`, every read that stands in the path of a request through `lookup`.
//!
//! The SQL is one text for every engine: `$1` parameters, `ON CONFLICT`, `RETURNING`, integers of
//! 64 bits, times as milliseconds since 1970. What an engine has to itself stands in `dialect`
//! and in its folder under `migrations/`.

mod access_key;
mod account;
mod ca_certificate;
mod certificate;
mod change_feed;
mod dialect;
mod entity;
mod inline_policy;
mod iot_policy;
mod key_ring;
mod lookup;
mod managed_policy;
mod migrate;
mod open;
mod paging;
mod policy_attachment;
mod policy_version;
mod pool;
mod role;
mod role_alias;
mod seed;
mod statement;
#[cfg(test)]
mod suite;
mod thing;
mod thing_principal;
mod thing_type;
mod transact;
mod user;
mod value;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use thingpass_domain::clock::{Clock, SystemClock};
use thingpass_domain::entropy::{Entropy, SystemEntropy};
use thingpass_domain::error::Error;
use thingpass_domain::store::Store;

pub use crate::open::OpenError;

use crate::change_feed::Revision;
use crate::lookup::readers::Readers;
use crate::pool::Pools;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Tells when a change was made, for the change feed.
    pub clock: Arc<dyn Clock>,
    /// Makes the ids of the policies that come with Thingpass.
    pub entropy: Arc<dyn Entropy>,
    /// Connections for reads that may wait.
    pub reader_count: u32,
    /// Connections for the inline reads of [`thingpass_domain::lookup::Lookup`]; as many as
    /// threads ask at once.
    pub lookup_count: usize,
    /// How much of the file each inline connection maps into memory, bytes.
    pub mmap_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            reader_count: 4,
            lookup_count: std::thread::available_parallelism().map_or(4, std::num::NonZero::get),
            mmap_bytes: 1 << 30,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("reader_count", &self.reader_count)
            .field("lookup_count", &self.lookup_count)
            .field("mmap_bytes", &self.mmap_bytes)
            .finish_non_exhaustive()
    }
}

/// The store in a SQLite file. Other processes may have the same file open: writers take turns,
/// and each process sees the others' changes after [`Store::follow_changes`].
pub struct SqliteStore {
    pools: Pools,
    readers: Readers,
    revision: Revision,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the store in the file `path`, which is made, for its owner's eyes only, where it is
    /// not there; its directory must be. Brings the schema up to date.
    ///
    /// # Errors
    /// [`OpenError`], one line that says what is wrong, where, and how to mend it.
    pub async fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        open::open(path, options).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn follow_changes(&self) -> Result<(), Error> {
        let newest = change_feed::newest(&mut self.read().await?).await?;
        self.revision.follow(newest);
        Ok(())
    }

    async fn close(&self) {
        // The writer last: whoever closes last empties the log into the file.
        self.readers.close();
        self.pools.reader.close().await;
        self.pools.writer.close().await;
    }
}
