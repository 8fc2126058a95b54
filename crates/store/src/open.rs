//! Opens the store: the file, its schema, the connections.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use thingpass_domain::error::Error;

use crate::change_feed::{self, Revision};
use crate::dialect::{self, Trouble};
use crate::lookup::readers::Readers;
use crate::migrate::{self, Outcome};
use crate::pool::Pools;
use crate::seed::seed;
use crate::statement::{Failure, Statements};
use crate::{Options, SqliteStore};

/// Why the store cannot be opened: what, where, and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory is not there.
    #[error("the directory of `{0}` does not exist: make it, or name another file")]
    NoDirectory(PathBuf),
    /// The path is a directory, or something else that holds no bytes.
    #[error("`{0}` is not a file: name the store's file, not its directory")]
    NotAFile(PathBuf),
    /// The bytes are not a SQLite database.
    #[error(
        "`{0}` is not a database, or a damaged one: name another file, or restore it from a backup"
    )]
    NotADatabase(PathBuf),
    /// A SQLite database, but not ours.
    #[error("`{0}` is the database of another program: name another file")]
    Foreign(PathBuf),
    /// A later release wrote it.
    #[error(
        "`{path}` was written by a newer release (it has the schema step `{step}`): start that \
         release, or restore a backup from before the upgrade"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The step that this program does not know.
        step: String,
    },
    /// Another process does not let go of it.
    #[error("`{0}` is locked by another process: stop that process, or wait until it is done")]
    Locked(PathBuf),
    /// Not allowed to write.
    #[error(
        "`{0}` cannot be written: give this user the right to write it and its directory, and \
         see that the disk is not mounted read-only"
    )]
    NotWritable(PathBuf),
    /// Anything else that the system says.
    #[error("`{path}` cannot be opened: {reason}")]
    Other {
        /// The file.
        path: PathBuf,
        /// In the system's words.
        reason: String,
    },
}

/// See [`SqliteStore::open`].
pub(crate) async fn open(path: &Path, options: Options) -> Result<SqliteStore, OpenError> {
    let file = path.to_owned();
    blocking(path, move || create(&file)).await?;
    let pools = Pools::open(path, options.reader_count)
        .await
        .map_err(|error| explain(path, &Failure::Engine(error)))?;
    let newest = prepare(path, &pools, &options).await?;
    let (file, lookup_count, mmap_bytes) =
        (path.to_owned(), options.lookup_count, options.mmap_bytes);
    let readers = blocking(path, move || {
        Readers::open(&file, lookup_count, mmap_bytes).map_err(|error| other(&file, &error))
    })
    .await?;
    Ok(SqliteStore {
        pools,
        readers,
        revision: Revision::new(newest),
        clock: options.clock,
    })
}

/// Brings schema and seeds up to date in one transaction; gives the newest entry of the feed.
async fn prepare(path: &Path, pools: &Pools, options: &Options) -> Result<i64, OpenError> {
    let work = async {
        let mut transaction = pools.writer.begin_with(dialect::BEGIN_WRITE).await?;
        if !dialect::claim(&mut transaction).await? {
            return Ok(Err(OpenError::Foreign(path.to_owned())));
        }
        let now = options.clock.now();
        let (transaction, outcome) = migrate::migrate(transaction, now).await?;
        if let Outcome::Newer(step) = outcome {
            return Ok(Err(OpenError::Newer {
                path: path.to_owned(),
                step,
            }));
        }
        let mut statements = Statements::of(transaction);
        let seeded = seed(&mut statements, options.entropy.as_ref(), now).await?;
        let entries: Vec<_> = seeded
            .into_iter()
            .map(|arn| ("managed_policy", arn))
            .collect();
        change_feed::append(&mut statements, now, &entries).await?;
        let newest = change_feed::newest(&mut statements).await?;
        statements.transaction.commit().await?;
        Ok(Ok(newest))
    };
    work.await
        .map_err(|failure: Failure| explain(path, &failure))?
}

/// Makes the file for its owner's eyes only; SQLite gives its companions the same mode.
fn create(path: &Path) -> Result<(), OpenError> {
    if path.is_dir() {
        return Err(OpenError::NotAFile(path.to_owned()));
    }
    let directory = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty());
    if directory.is_some_and(|directory| !directory.is_dir()) {
        return Err(OpenError::NoDirectory(path.to_owned()));
    }
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let Err(error) = options.open(path) else {
        return Ok(());
    };
    let kind = error.kind();
    if kind == ErrorKind::AlreadyExists {
        Ok(())
    } else if matches!(
        kind,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
    ) {
        Err(OpenError::NotWritable(path.to_owned()))
    } else {
        Err(other(path, &error))
    }
}

fn explain(path: &Path, failure: &Failure) -> OpenError {
    let path = path.to_owned();
    match failure {
        Failure::Engine(error) => match dialect::trouble(error) {
            Trouble::Busy => OpenError::Locked(path),
            Trouble::ReadOnly => OpenError::NotWritable(path),
            Trouble::NotADatabase => OpenError::NotADatabase(path),
            Trouble::Disk | Trouble::Fault => other(&path, error),
        },
        Failure::Refusal(error) => other(&path, &error.inside().unwrap_or(&error.to_string())),
    }
}

fn other(path: &Path, reason: &dyn std::fmt::Display) -> OpenError {
    OpenError::Other {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(other(path, &Error::internal(error))),
    }
}
