//! The data directory: which files there are, private ones only for their owner.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// The data directory.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

/// A fault of the data directory: one line, what, where and how to mend it.
#[derive(Debug, thiserror::Error)]
#[error("data directory `{directory}`: {text}")]
pub struct DataDirFault {
    directory: String,
    text: String,
}

/// Holds the data directory for one daemon; ends with the process.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl DataDir {
    /// Makes the directory, 0700, if it is not there.
    ///
    /// # Errors
    /// [`DataDirFault`] where it cannot be made, or others can look into it.
    pub fn create(path: &Path) -> Result<Self, DataDirFault> {
        let directory = Self(path.to_owned());
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| directory.fault(format!("cannot be made: {error}")))?;
        directory.check_private()?;
        Ok(directory)
    }

    /// An existing directory.
    ///
    /// # Errors
    /// [`DataDirFault`] where no daemon has been started on it.
    pub fn open(path: &Path) -> Result<Self, DataDirFault> {
        let directory = Self(path.to_owned());
        if directory.database().is_file() {
            directory.check_private()?;
            return Ok(directory);
        }
        Err(directory.fault(format!(
            "holds no Thingpass data: start it once with `thingpass serve --data-dir {}`",
            path.display()
        )))
    }

    /// Takes the directory for one daemon.
    ///
    /// # Errors
    /// [`DataDirFault`] where another one runs on it.
    pub fn lock(&self) -> Result<Lock, DataDirFault> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.0.join("lock"))
            .map_err(|error| self.fault(format!("`lock` cannot be opened: {error}")))?;
        file.try_lock().map_err(|_| {
            self.fault(
                "another thingpass runs on it: stop that one, or name another directory with \
                 --data-dir"
                    .to_owned(),
            )
        })?;
        Ok(Lock { _file: file })
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The registry.
    pub fn database(&self) -> PathBuf {
        self.0.join("thingpass.db")
    }

    /// The tables.
    pub fn tables(&self) -> PathBuf {
        self.0.join("tables.db")
    }

    /// The audit log.
    pub fn audit_log(&self) -> PathBuf {
        self.0.join("audit.jsonl")
    }

    /// A file of the directory as text; `None` if it is not there.
    ///
    /// # Errors
    /// [`DataDirFault`] where it cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, DataDirFault> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.fault(format!("`{name}` cannot be read: {error}"))),
        }
    }

    /// Writes a private file, whole or not at all.
    ///
    /// # Errors
    /// [`DataDirFault`] where it cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DataDirFault> {
        let write = || -> io::Result<()> {
            let path = self.0.join(name);
            let temporary = self.0.join(format!("{name}.new"));
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|error| self.fault(format!("`{name}` cannot be written: {error}")))
    }

    fn check_private(&self) -> Result<(), DataDirFault> {
        let metadata = fs::metadata(&self.0)
            .map_err(|error| self.fault(format!("cannot be looked at: {error}")))?;
        if metadata.permissions().mode() & 0o077 == 0 {
            return Ok(());
        }
        let path = self.0.display();
        Err(self.fault(format!("others can open it: run `chmod 700 {path}`")))
    }

    /// A fault of this directory.
    pub fn fault(&self, text: String) -> DataDirFault {
        DataDirFault {
            directory: self.0.display().to_string(),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_private_and_reads_back() {
        let parent = tempfile::tempdir().unwrap();
        let directory = DataDir::create(&parent.path().join("d")).unwrap();
        directory.write("secret", b"x").unwrap();
        let mode = fs::metadata(directory.path().join("secret"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(**directory.read("secret").unwrap().unwrap(), *b"x");
        assert!(directory.read("other").unwrap().is_none());
    }

    #[test]
    fn a_directory_that_others_can_open_is_refused_with_the_remedy() {
        let parent = tempfile::tempdir().unwrap();
        fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let fault = DataDir::create(parent.path()).unwrap_err().to_string();
        assert!(fault.contains("chmod 700"), "{fault}");
    }

    #[test]
    fn two_daemons_do_not_share_a_directory() {
        let parent = tempfile::tempdir().unwrap();
        let directory = DataDir::create(&parent.path().join("d")).unwrap();
        let first = directory.lock().unwrap();
        assert!(
            directory
                .lock()
                .unwrap_err()
                .to_string()
                .contains("another thingpass")
        );
        drop(first);
        assert!(directory.lock().is_ok());
    }

    #[test]
    fn a_directory_without_data_says_how_to_begin() {
        let parent = tempfile::tempdir().unwrap();
        let fault = DataDir::open(parent.path()).unwrap_err().to_string();
        assert!(fault.contains("thingpass serve --data-dir"), "{fault}");
    }
}
