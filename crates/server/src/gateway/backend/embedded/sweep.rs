//! Deletes items whose time to live is over.
//!
//! In a thread of its own: the engine hands its lock to waiting requests between the pages of a sweep.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use std::{io, panic};

use dynoxide::Database;

/// Sweeps until it is dropped.
#[derive(Debug)]
pub(super) struct Sweeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    pub(super) fn start(database: Database, interval: Duration) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let run = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let swept = panic::catch_unwind(panic::AssertUnwindSafe(|| database.sweep_ttl()));
                match swept {
                    Ok(Ok(0)) => {}
                    Ok(Ok(items)) => tracing::debug!(items, "deleted expired items"),
                    Ok(Err(error)) => tracing::error!(%error, "cannot delete expired items"),
                    Err(_) => tracing::error!("the table engine panicked over expired items"),
                }
            }
        };
        let thread = Builder::new().name("table-ttl".to_owned()).spawn(run)?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that deletes expired items has panicked");
        }
    }
}
