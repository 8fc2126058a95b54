//! The embedded table engine: SQLite behind one connection, so behind one thread.
//!
//! The engine commits in WAL mode with `synchronous=NORMAL`, and the WAL is synced once for all requests
//! that waited together, before the first of them is answered: a write that was acknowledged, or seen,
//! has been synced and survives `kill -9` and power loss. When a sync fails, every request is refused
//! until the daemon is restarted.

mod engine;
mod error;
mod group;
mod health;
mod kinds;
mod schemas;
mod sweep;
mod wal;
mod worker;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::audit::Record;
use tokio::sync::oneshot;

pub use self::error::{OpenFailure, TableFault};
pub use self::health::Health;
use self::schemas::Schemas;
use self::worker::{Job, Pace, Worker};
use super::super::request::Request;
use super::super::room::{self, Rooms};
use super::super::table_keys::Found;

/// How many requests may wait for the engine. More are throttled.
const QUEUE_LENGTH: usize = 1024;
/// How often items whose time to live is over are deleted.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);
/// How long a group of requests takes more of those that wait. Nothing waits for this time to pass: it
/// bounds the memory of the answers that are held back for the sync, and how long the first of them is.
const GROUP_TIME: Duration = Duration::from_millis(10);

/// The tables of one account in one region.
#[derive(Debug)]
pub struct Tables {
    home: Arc<AccountRegion>,
    schemas: Arc<Schemas>,
    health: Arc<Health>,
    rooms: Rooms,
    jobs: SyncSender<Job>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl Tables {
    /// Opens the database at `path`, creating it readable by its owner alone, and starts the thread
    /// that owns it. ARNs in answers are of `home`.
    ///
    /// # Errors
    /// When the file cannot be opened, or is none of the engine's.
    pub fn open(path: &Path, home: AccountRegion) -> Result<Self, OpenFailure> {
        let schemas = Arc::new(Schemas::default());
        let health = Arc::new(Health::default());
        let (jobs, queue) = sync_channel(QUEUE_LENGTH);
        let worker = Worker::open(
            path,
            Arc::clone(&schemas),
            Arc::clone(&health),
            Pace {
                group_time: GROUP_TIME,
                sweep_interval: SWEEP_INTERVAL,
            },
        )?;
        let worker = worker.spawn(queue)?;
        Ok(Self {
            home: Arc::new(home),
            schemas,
            health,
            rooms: Rooms::default(),
            jobs,
            worker: Mutex::new(Some(worker)),
        })
    }

    /// The account and region that the tables are in.
    pub fn home(&self) -> &AccountRegion {
        &self.home
    }

    /// Whether the engine works: not after a panic until a request has succeeded again, not once it is
    /// closed, and never again after a sync has failed.
    pub fn is_healthy(&self) -> bool {
        self.health.is_good()
    }

    /// Room for large requests.
    pub(in super::super) fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// The keys of each table; none where there is no such table. The engine is asked once for all
    /// that is not known, whether or not it exists.
    ///
    /// # Errors
    /// When the engine is overloaded, closed or broken.
    pub async fn keys(&self, tables: BTreeSet<String>) -> Result<Found, TableFault> {
        let (mut found, tables) = self.schemas.recall(tables);
        if tables.is_empty() {
            return Ok(found);
        }
        let (reply, answer) = oneshot::channel();
        self.submit(Job::Keys { tables, reply })?;
        let answer = answer
            .await
            .unwrap_or_else(|_| Err(TableFault::unavailable()));
        found.extend(answer?);
        Ok(found)
    }

    /// Executes a classified request. Its demands must have been allowed, and it is executed only once
    /// the record of that is written.
    ///
    /// # Errors
    /// What DynamoDB answers; and throttling, when too many requests wait.
    pub async fn execute(
        &self,
        request: Request,
        allowed: Box<dyn Record>,
    ) -> Result<Bytes, TableFault> {
        let Request {
            operation,
            body,
            relies_on,
            stream,
            room,
        } = request;
        let home = Arc::clone(&self.home);
        let prepare = move || engine::prepare(operation, body, &home);
        let (work, room) = room::work(room, prepare).await?;
        let work = work?;
        let (reply, answer) = oneshot::channel();
        self.submit(Job::Execute {
            work,
            allowed,
            relies_on,
            stream,
            reply,
        })?;
        // What waits for the engine now is its own, smaller form of the request.
        drop(room);
        let answer = answer
            .await
            .unwrap_or_else(|_| Err(TableFault::unavailable()))?;
        answer()
    }

    /// Executes what waits, then closes the database. Requests that come later are refused.
    pub async fn close(&self) {
        let worker = self
            .worker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(worker) = worker else { return };
        let jobs = self.jobs.clone();
        // Both wait, for a place in the queue and for the thread, hence not on this one.
        let closed = tokio::task::spawn_blocking(move || {
            let was_open = jobs.send(Job::Close).is_ok();
            worker.join().is_ok() && was_open
        });
        if !closed.await.unwrap_or(false) {
            tracing::error!("the table engine did not close in order");
        }
    }

    fn submit(&self, job: Job) -> Result<(), TableFault> {
        self.jobs.try_send(job).map_err(|failure| match failure {
            TrySendError::Full(_) => TableFault::throttled("too many requests wait for the tables"),
            TrySendError::Disconnected(_) => TableFault::unavailable(),
        })
    }
}

#[cfg(test)]
mod group_tests;
#[cfg(test)]
mod keys_tests;
#[cfg(test)]
mod tests;
