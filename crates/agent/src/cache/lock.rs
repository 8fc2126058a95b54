//! One process at a time asks the server; the others find its answer in the cache.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Held until dropped; the operating system also releases it when the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock on the file at `path`, at most for `patience`: its holder may be stopped or stuck.
    pub(super) fn acquire(path: &Path, patience: Duration) -> Result<Self, String> {
        let failed =
            |error: io::Error| format!("`{}` cannot be locked: {}", path.display(), error.kind());
        let file = super::private_file_options()
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => {
                    // File locks know no wait with a limit of time.
                    sleep(POLL_INTERVAL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(format!(
                        "another process has held `{}` for {} seconds",
                        path.display(),
                        patience.as_secs()
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}
