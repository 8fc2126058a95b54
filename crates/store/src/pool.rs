//! Connections that may wait: one that writes, a few that read.

use std::path::Path;
use std::time::Duration;

use crate::dialect::{self, Pool, PoolOptions};

/// How long a request waits for a connection before the store counts as busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections.
#[derive(Debug)]
pub(crate) struct Pools {
    /// One connection: writers queue for it in order, instead of racing for the file.
    pub(crate) writer: Pool,
    /// Reads of committed state.
    pub(crate) reader: Pool,
}

impl Pools {
    /// Opens the first connection of each.
    pub(crate) async fn open(path: &Path, reader_count: u32) -> Result<Self, sqlx::Error> {
        let writer = PoolOptions::new()
            .min_connections(1)
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(dialect::writer_options(path))
            .await?;
        let reader = PoolOptions::new()
            .min_connections(1)
            .max_connections(reader_count.max(1))
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(dialect::reader_options(path))
            .await?;
        Ok(Self { writer, reader })
    }
}
