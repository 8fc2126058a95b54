//! Deletes items whose time to live is over.
//!
//! In a thread of its own: the engine hands its lock to waiting requests between the pages of a sweep.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use std::{io, panic};

use dynoxide::Database;

use super::wal::Wal;

/// Sweeps until it is dropped.
#[derive(Debug)]
pub(super) struct Sweeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    pub(super) fn start(database: Database, wal: Arc<Wal>, interval: Duration) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let run = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                if !sweep(&database, &wal) {
                    break;
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

/// Sweeps once and syncs what was deleted; whether that is durable. Requests that run meanwhile see the
/// WAL being swept, and are synced before they are answered.
fn sweep(database: &Database, wal: &Wal) -> bool {
    wal.set_being_swept(true);
    let swept = panic::catch_unwind(panic::AssertUnwindSafe(|| database.sweep_ttl()));
    // One that failed may have deleted something before.
    let is_durable = matches!(swept, Ok(Ok(0))) || wal.sync();
    wal.set_being_swept(false);
    match swept {
        Ok(Ok(0)) => {}
        Ok(Ok(items)) => tracing::debug!(items, "deleted expired items"),
        Ok(Err(error)) => tracing::error!(%error, "cannot delete expired items"),
        Err(_) => tracing::error!("the table engine panicked over expired items"),
    }
    is_durable
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::clock::{Clock, SystemClock};

    use super::super::health::Health;
    use super::super::wal::testing::unsyncable;
    use super::*;
    use crate::gateway::Operation;
    use crate::gateway::classify::dynamodb::testing::Rig;

    #[tokio::test]
    async fn what_a_sweep_deleted_is_synced_or_nothing_is_answered_any_more() {
        let rig = Rig::new().await;
        let path = rig.folder.path().join("tables.db");
        let database = Database::new(path.to_str().unwrap()).unwrap();
        let ttl = json!({"TableName": "Num",
            "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true}});
        rig.run(Operation::UpdateTimeToLive, ttl).await.unwrap();
        let expired = async || {
            let past = (SystemClock.now().unix_timestamp() - 60).to_string();
            let item = json!({"id": {"N": "1"}, "until": {"N": past}});
            let put = json!({"TableName": "Num", "Item": item});
            rig.run(Operation::PutItem, put).await.unwrap();
        };
        let health = Arc::new(Health::default());
        let good = Wal::open(&path, Arc::clone(&health)).unwrap();
        let bad = Wal::of(unsyncable(), Arc::clone(&health));
        assert!(sweep(&database, &bad));
        expired().await;
        assert!(sweep(&database, &good));
        assert!(!good.is_being_swept());
        expired().await;
        assert!(!health.is_lost());
        assert!(!sweep(&database, &bad));
        assert!(health.is_lost());
        assert!(!bad.is_being_swept());
    }
}
