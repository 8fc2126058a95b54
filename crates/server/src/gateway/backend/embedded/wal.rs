//! The write-ahead log, synced once for all commits of a group.
//!
//! The connection runs with `synchronous=NORMAL`. In WAL mode SQLite then syncs the WAL before a
//! checkpoint, the database after it, and the header of a WAL that starts anew. All that `FULL` adds is
//! one sync of the WAL after each commit. [`Wal::sync`] is that sync, for every commit before it: what
//! is answered after it survives power loss as it would under `FULL`.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::health::Health;

/// The WAL of an open database.
///
/// While a database is open its WAL is one file: a checkpoint starts it anew in place. SQLite holds no
/// locks on it, so a second descriptor takes none away when it is closed. It stays open because the
/// system tells each descriptor once of a write that failed, and of none that failed before it was
/// opened: so it also hears of what SQLite's own syncs of this file met.
#[derive(Debug)]
pub(super) struct Wal {
    /// Locked for a sync: the system tells one descriptor once of a failure, so of two syncs at the same
    /// time one would succeed, and must not before the other has said what it knows.
    file: Mutex<File>,
    health: Arc<Health>,
    is_being_swept: AtomicBool,
}

impl Wal {
    /// Opens the WAL of a database that is open, and syncs it: it may hold what a process that was
    /// killed has written but not synced.
    ///
    /// # Errors
    /// When there is none, for then the database is not in WAL mode, or it cannot be synced.
    pub(super) fn open(database: &Path, health: Arc<Health>) -> io::Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        let file = OpenOptions::new()
            .write(true)
            .open(PathBuf::from(path))
            .map_err(|error| {
                let text = format!("its write-ahead log cannot be opened: {error}");
                io::Error::new(error.kind(), text)
            })?;
        let wal = Self::of(file, health);
        if !wal.sync() {
            return Err(io::Error::other("its write-ahead log cannot be synced"));
        }
        // A synced file is of no use without its name.
        #[cfg(unix)]
        if let Some(folder) = database.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(wal)
    }

    /// Takes a file for the WAL.
    pub(super) fn of(file: File, health: Arc<Health>) -> Self {
        Self {
            file: Mutex::new(file),
            health,
            is_being_swept: AtomicBool::new(false),
        }
    }

    /// Syncs all that has been committed; whether it is durable. Once that has failed the system may
    /// have dropped what it could not write, and would call the next sync a success: hence there is
    /// none, and nothing is durable any more.
    pub(super) fn sync(&self) -> bool {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if self.health.is_lost() {
            return false;
        }
        let Err(error) = file.sync_data() else {
            return true;
        };
        if self.health.lose() {
            tracing::error!(
                %error,
                "the write-ahead log of the tables cannot be synced, so what was written last may be \
                 lost; every request to the tables is refused from now on: check the disk, then \
                 restart the daemon"
            );
        }
        false
    }

    /// Whether a sweep is under way, whose deletions may be seen before they are synced.
    pub(super) fn is_being_swept(&self) -> bool {
        self.is_being_swept.load(Ordering::Acquire)
    }

    /// Says that a sweep begins, or that it ends and is synced.
    pub(super) fn set_being_swept(&self, is_being_swept: bool) {
        self.is_being_swept.store(is_being_swept, Ordering::Release);
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A file that cannot be synced: a pipe.
    pub(in super::super) fn unsyncable() -> File {
        let (_, writer) = io::pipe().unwrap();
        File::from(std::os::fd::OwnedFd::from(writer))
    }
}

#[cfg(test)]
mod tests {
    use super::testing::unsyncable;
    use super::*;

    #[test]
    fn after_a_failed_sync_there_is_no_other() {
        let health = Arc::new(Health::default());
        let good = Wal::of(tempfile::tempfile().unwrap(), Arc::clone(&health));
        assert!(good.sync());
        assert!(health.is_good());
        let bad = Wal::of(unsyncable(), Arc::clone(&health));
        assert!(!bad.sync());
        assert!(!health.is_good());
        health.set(true);
        assert!(!health.is_good());
        assert!(!good.sync());
    }

    #[test]
    fn without_a_wal_a_database_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("tables.db");
        let opened = Wal::open(&database, Arc::default());
        assert_eq!(opened.unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(folder.path().join("tables.db-wal"), b"").unwrap();
        assert!(Wal::open(&database, Arc::default()).is_ok());
    }
}
