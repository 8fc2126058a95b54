//! Credentials kept between calls, one file per identity and request, shared by a user's processes.
//!
//! The directory and its files must belong to this user alone. What is damaged, or others could have
//! written or read, is not used.

mod entry;
mod lock;
mod permission;

pub(crate) use entry::Entry;
pub(crate) use lock::Lock;

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// Far more than any entry.
const ENTRY_BYTES: u64 = 16 * 1024;

/// What an entry is for; only its hash gets into the file's name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// A key of these parts, in this order.
    pub(crate) fn new(parts: &[&str]) -> Self {
        let mut text = Vec::new();
        for part in parts {
            // With its length before it, no part can run into the next.
            text.extend_from_slice(&part.len().to_be_bytes());
            text.extend_from_slice(part.as_bytes());
        }
        Self(hex(&thingpass_pki::fingerprint(&text)))
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| char::from_digit(nibble.into(), 16))
        .collect()
}

/// `$XDG_CACHE_HOME/thingpass`, or else `~/.cache/thingpass`.
pub(crate) fn default_directory(xdg: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let xdg = xdg.map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.filter(|path| path.is_absolute());
    xdg.or_else(|| Some(home?.join(".cache")))
        .map(|parent| parent.join("thingpass"))
}

/// The place of one entry.
#[derive(Debug)]
pub(crate) struct Cache {
    entry: PathBuf,
    unfinished: PathBuf,
    lock: PathBuf,
}

/// What was found in the cache.
#[derive(Debug)]
pub(crate) enum Reading {
    /// An entry, which may be too old.
    Entry(Entry),
    /// Nothing.
    Absent,
    /// Something that must not be used, and why.
    Ignored(String),
}

impl Cache {
    /// Opens the cache in `directory`, which is made if need be. The error says why there can be none.
    pub(crate) fn open(directory: &Path, key: &Key) -> Result<Self, String> {
        let failed = |error: io::Error| {
            format!(
                "the directory `{}` cannot be used: {}",
                directory.display(),
                error.kind()
            )
        };
        private_directory_builder()
            .create(directory)
            .map_err(failed)?;
        let metadata = fs::metadata(directory).map_err(failed)?;
        permission::check_directory(&metadata)
            .map_err(|reason| format!("the directory `{}` {reason}", directory.display()))?;
        let file = |ending: &str| directory.join(format!("{}.{ending}", key.0));
        Ok(Self {
            entry: file("json"),
            unfinished: file("tmp"),
            lock: file("lock"),
        })
    }

    /// Reads the entry.
    pub(crate) fn read(&self) -> Reading {
        match self.entry_text() {
            Ok(Some(text)) => match serde_json::from_str(&text) {
                Ok(entry) => Reading::Entry(entry),
                Err(_) => Reading::Ignored(self.ignored("is damaged")),
            },
            Ok(None) => Reading::Absent,
            Err(reason) => Reading::Ignored(self.ignored(&reason)),
        }
    }

    /// Waits until no other process is asking the server for this entry, at most for `patience`.
    pub(crate) fn lock(&self, patience: Duration) -> Result<Lock, String> {
        Lock::acquire(&self.lock, patience)
    }

    /// Replaces the entry as a whole; nobody ever sees half of one.
    pub(crate) fn write(&self, _lock: &Lock, entry: &Entry) -> Result<(), String> {
        let failed = |error: io::Error| {
            format!(
                "`{}` cannot be written: {}",
                self.entry.display(),
                error.kind()
            )
        };
        // One that a killed process left.
        match fs::remove_file(&self.unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        let mut text = Zeroizing::new(Vec::with_capacity(
            usize::try_from(ENTRY_BYTES).unwrap_or(0),
        ));
        serde_json::to_writer(&mut *text, entry).map_err(|error| failed(error.into()))?;
        let written = private_file_options()
            .create_new(true)
            .open(&self.unfinished)
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| fs::rename(&self.unfinished, &self.entry));
        written.map_err(|error| {
            // Best effort: what stays behind is removed before the next writing.
            let _ = fs::remove_file(&self.unfinished);
            failed(error)
        })
    }

    /// Removes the entry, if it is there and can be.
    pub(crate) fn remove(&self) {
        // One that stays was obtained rightfully, and ends by itself.
        let _ = fs::remove_file(&self.entry);
    }

    fn ignored(&self, reason: &str) -> String {
        format!("the cache file `{}` {reason}", self.entry.display())
    }

    fn entry_text(&self) -> Result<Option<Zeroizing<String>>, String> {
        let unreadable = |error: io::Error| format!("cannot be read: {}", error.kind());
        match fs::symlink_metadata(&self.entry) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err("is not a regular file".to_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        }
        let file = File::open(&self.entry).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        permission::check_file(&metadata)?;
        let mut text = Zeroizing::new(String::with_capacity(
            usize::try_from(metadata.len().min(ENTRY_BYTES)).unwrap_or(0) + 64,
        ));
        file.take(ENTRY_BYTES)
            .read_to_string(&mut text)
            .map_err(|_| "is damaged".to_owned())?;
        Ok(Some(text))
    }
}

#[cfg(unix)]
fn private_directory_builder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_directory_builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    builder
}

/// Options to write a file that is for its owner only.
#[cfg(unix)]
fn private_file_options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_file_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

#[cfg(test)]
mod tests;
