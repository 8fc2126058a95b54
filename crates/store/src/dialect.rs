//! What SQLite has to itself: drivers' types, how connections are set up, what its errors mean.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Row as _, ValueRef as _};
use thingpass_domain::error::Error;

use crate::value::{Columns, Value};

/// A row as the pools read it.
pub(crate) type Row = sqlx::sqlite::SqliteRow;
/// A transaction.
pub(crate) type Transaction = sqlx::Transaction<'static, sqlx::Sqlite>;
/// Connections.
pub(crate) type Pool = sqlx::sqlite::SqlitePool;
/// How connections are bundled.
pub(crate) type PoolOptions = sqlx::sqlite::SqlitePoolOptions;
/// A statement with its parameters.
pub(crate) type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// Begins a write: takes the writer's turn at once, so that nothing has to be given up midway.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// How long a connection waits for its turn.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The inline reads never wait for a writer; this is for the instant of a log's recovery.
const LOOKUP_BUSY_TIMEOUT: Duration = Duration::from_millis(50);
/// Marks a file as Thingpass's: "thng".
const APPLICATION_ID: i64 = 1_953_001_063;
/// Statements that a lookup connection keeps prepared.
const PREPARED_STATEMENTS: usize = 32;

/// The writer's connection.
pub(crate) fn writer_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(256)
}

/// A reader's connection.
pub(crate) fn reader_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("query_only", "ON")
        .statement_cache_capacity(256)
}

/// A connection for inline reads: read-only, not shared, the file mapped into memory.
pub(crate) fn lookup_connection(
    path: &Path,
    mmap_bytes: u64,
) -> rusqlite::Result<rusqlite::Connection> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOOKUP_BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(
        None,
        "mmap_size",
        i64::try_from(mmap_bytes).unwrap_or(i64::MAX),
    )?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    Ok(connection)
}

/// Whether the file that the transaction is on may be used: it is Thingpass's, or empty, and then
/// is marked as Thingpass's.
pub(crate) async fn claim(transaction: &mut Transaction) -> Result<bool, sqlx::Error> {
    let id: i64 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut **transaction)
        .await?;
    if id == APPLICATION_ID {
        return Ok(true);
    }
    let tables: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_schema")
        .fetch_one(&mut **transaction)
        .await?;
    if id != 0 || tables != 0 {
        return Ok(false);
    }
    sqlx::query("PRAGMA application_id = 1953001063")
        .execute(&mut **transaction)
        .await?;
    Ok(true)
}

/// What an error of the engine means for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Another writer's turn has not ended, or the transaction lost to another: try again.
    Busy,
    /// The file cannot be written.
    ReadOnly,
    /// The file is not a database, or a damaged one.
    NotADatabase,
    /// The disk is full, away or broken.
    Disk,
    /// A fault of ours.
    Fault,
}

/// See [`Trouble`].
pub(crate) fn trouble(error: &sqlx::Error) -> Trouble {
    if let Some(code) = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
    {
        return code.parse().map_or(Trouble::Fault, trouble_of_code);
    }
    if matches!(error, sqlx::Error::PoolTimedOut) {
        Trouble::Busy
    } else if matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolClosed) {
        Trouble::Disk
    } else {
        Trouble::Fault
    }
}

/// The same for the inline reads.
pub(crate) fn lookup_error(error: &rusqlite::Error) -> Error {
    let trouble = error
        .sqlite_error()
        .map_or(Trouble::Fault, |e| trouble_of_code(e.extended_code));
    to_error(trouble, error)
}

/// The refusal that the trouble makes.
pub(crate) fn to_error(trouble: Trouble, error: &dyn std::error::Error) -> Error {
    match trouble {
        Trouble::Busy | Trouble::ReadOnly | Trouble::Disk => Error::unavailable(error),
        Trouble::NotADatabase | Trouble::Fault => Error::internal(error),
    }
}

// https://www.sqlite.org/rescode.html: the low byte is the primary code.
fn trouble_of_code(code: i32) -> Trouble {
    match code & 0xff {
        // BUSY, LOCKED
        5 | 6 => Trouble::Busy,
        // PERM, READONLY
        3 | 8 => Trouble::ReadOnly,
        // CORRUPT, NOTADB
        11 | 26 => Trouble::NotADatabase,
        // IOERR, FULL, CANTOPEN, PROTOCOL
        10 | 13 | 14 | 15 => Trouble::Disk,
        _ => Trouble::Fault,
    }
}

/// Binds the parameters.
pub(crate) fn bind<'q>(mut query: Query<'q>, args: &[Value<'_>]) -> Query<'q> {
    for value in args {
        query = match value {
            Value::Text(text) => query.bind(text.as_deref().map(str::to_owned)),
            Value::Integer(number) => query.bind(*number),
            Value::Bytes(bytes) => query.bind(bytes.to_vec()),
        };
    }
    query
}

impl Columns for Row {
    fn optional_text(&self, column: &str) -> Result<Option<String>, Error> {
        self.try_get(column).map_err(Error::internal)
    }

    fn integer(&self, column: &str) -> Result<i64, Error> {
        let value = self.try_get_raw(column).map_err(Error::internal)?;
        if value.is_null() {
            return Err(Error::internal(format!("column {column} is NULL")));
        }
        self.try_get(column).map_err(Error::internal)
    }

    fn bytes(&self, column: &str) -> Result<Vec<u8>, Error> {
        self.try_get(column).map_err(Error::internal)
    }
}

impl Columns for rusqlite::Row<'_> {
    fn optional_text(&self, column: &str) -> Result<Option<String>, Error> {
        self.get(column).map_err(Error::internal)
    }

    fn integer(&self, column: &str) -> Result<i64, Error> {
        self.get(column).map_err(Error::internal)
    }

    fn bytes(&self, column: &str) -> Result<Vec<u8>, Error> {
        self.get(column).map_err(Error::internal)
    }
}
