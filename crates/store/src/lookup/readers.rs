//! The connections of the inline reads: one for each thread that asks at the same time.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;
use thingpass_domain::error::Error;

use crate::dialect::{lookup_connection, lookup_error};

/// The connections; `None` once the store is closed.
#[derive(Debug)]
pub(crate) struct Readers {
    connections: Vec<Mutex<Option<Connection>>>,
    next: AtomicUsize,
}

impl Readers {
    /// Opens `count` connections, at least one.
    pub(crate) fn open(path: &Path, count: usize, mmap_bytes: u64) -> rusqlite::Result<Self> {
        let connections = (0..count.max(1))
            .map(|_| Ok(Mutex::new(Some(lookup_connection(path, mmap_bytes)?))))
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self {
            connections,
            next: AtomicUsize::new(0),
        })
    }

    /// Reads with one statement, which sees one state of the store.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let connection = self.free()?;
        let connection = connection.as_ref().ok_or_else(closed)?;
        // A snapshot that something left open would hide every later change.
        if !connection.is_autocommit() {
            execute(connection, "ROLLBACK")?;
        }
        read(connection)
    }

    /// Reads with several statements that see the same state of the store.
    pub(crate) fn snapshot<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.with(|connection| {
            execute(connection, "BEGIN")?;
            let answer = read(connection);
            execute(connection, "ROLLBACK")?;
            answer
        })
    }

    /// Closes the connections.
    pub(crate) fn close(&self) {
        for connection in &self.connections {
            connection
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
        }
    }

    /// A connection that nobody uses, or else the next one in turn.
    fn free(&self) -> Result<MutexGuard<'_, Option<Connection>>, Error> {
        let start = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len().max(1);
        let (before, from) = self.connections.split_at(start);
        for connection in from.iter().chain(before) {
            match connection.try_lock() {
                Ok(free) => return Ok(free),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let connection = from.first().ok_or_else(closed)?;
        Ok(connection.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Error> {
    let mut statement = connection
        .prepare_cached(sql)
        .map_err(|e| lookup_error(&e))?;
    statement.execute([]).map_err(|e| lookup_error(&e))?;
    Ok(())
}

fn closed() -> Error {
    Error::unavailable("the store is closed")
}
