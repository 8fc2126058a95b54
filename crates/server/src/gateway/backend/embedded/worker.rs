//! The thread that owns the engine, and does its jobs in groups: all that wait are done one after the
//! other and synced once, and only then answered.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, iter, panic};

use dynoxide::{Database, DynoxideError};
use thingpass_domain::audit::Record;
use thingpass_domain::error::Error;
use tokio::sync::oneshot;

use super::super::super::request::StreamName;
use super::super::super::table_keys::{Found, TableKeys};
use super::engine::{Answer, Work};
use super::error::{OpenFailure, TableFault};
use super::group::{GROUP_LENGTH, Group, Reply};
use super::health::Health;
use super::schemas::Schemas;
use super::sweep::Sweeper;
use super::wal::Wal;

/// Room for the engine's recursive parsers. Pages that are not touched cost nothing.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Something for the thread to do.
pub(super) enum Job {
    /// Execute a request.
    Execute {
        work: Work,
        /// The record of the decision. All that wait are written at once.
        allowed: Box<dyn Record>,
        relies_on: Vec<Arc<TableKeys>>,
        stream: Option<StreamName>,
        reply: oneshot::Sender<Result<Answer, TableFault>>,
    },
    /// Find the keys of tables.
    Keys {
        tables: Vec<String>,
        reply: oneshot::Sender<Result<Found, TableFault>>,
    },
    /// Come to an end.
    Close,
}

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// When a group takes no more jobs.
    pub(super) group_time: Duration,
    /// Between two sweeps.
    pub(super) sweep_interval: Duration,
}

/// The engine and what belongs to it.
#[derive(Debug)]
pub(super) struct Worker {
    path: PathBuf,
    schemas: Arc<Schemas>,
    health: Arc<Health>,
    pace: Pace,
    engine: Option<Engine>,
    group: Group,
}

/// An open database. The sweeper goes first when it is dropped.
struct Engine {
    _sweeper: Sweeper,
    database: Database,
    wal: Arc<Wal>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl Worker {
    pub(super) fn open(
        path: &Path,
        schemas: Arc<Schemas>,
        health: Arc<Health>,
        pace: Pace,
    ) -> Result<Self, OpenFailure> {
        // An absolute path is never one of SQLite's `file:` names.
        let path = std::path::absolute(path)?;
        let engine = Some(Engine::open(&path, &health, pace.sweep_interval)?);
        Ok(Self {
            path,
            schemas,
            health,
            pace,
            engine,
            group: Group::default(),
        })
    }

    pub(super) fn spawn(self, queue: Receiver<Job>) -> io::Result<JoinHandle<()>> {
        Builder::new()
            .name("tables".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || self.run(&queue))
    }

    /// Does jobs until one comes to an end, or nobody can send any more.
    fn run(mut self, queue: &Receiver<Job>) {
        while let Ok(first) = queue.recv() {
            if !self.run_group(first, queue) {
                break;
            }
        }
        self.health.set(false);
    }

    /// Does a job and those that wait behind it, and syncs them once; whether more may follow.
    fn run_group(&mut self, first: Job, queue: &Receiver<Job>) -> bool {
        let (begun, group_time) = (Instant::now(), self.pace.group_time);
        let waiting = iter::from_fn(|| {
            let has_time = begun.elapsed() < group_time;
            has_time.then(|| queue.try_recv().ok()).flatten()
        });
        let mut is_open = true;
        for job in iter::once(first).chain(waiting).take(GROUP_LENGTH) {
            is_open = self.run_job(job);
            if !is_open {
                break;
            }
        }
        // Where the engine panicked and is gone, it was synced before that.
        if self.group.is_unsynced()
            && let Some(engine) = &self.engine
        {
            engine.wal.sync();
        }
        self.group.end(self.health.is_lost());
        is_open
    }

    /// Does a job; whether more may follow.
    fn run_job(&mut self, job: Job) -> bool {
        let reply = match job {
            Job::Execute {
                work,
                allowed,
                relies_on,
                stream,
                reply,
            } if !reply.is_closed() => {
                if !work.is_read {
                    self.group.expect_write();
                }
                let answer = match allowed.settle() {
                    Ok(()) => self.execute(work, &relies_on, stream.as_ref()),
                    Err(error) => Err(unrecorded(&error)),
                };
                Reply::Execute(reply, answer)
            }
            Job::Keys { tables, reply } if !reply.is_closed() => {
                let found = self.guarded(|schemas, database| {
                    schemas
                        .find_all(database, tables)
                        .map_err(|error| inside(&error))
                });
                Reply::Keys(reply, found)
            }
            // Nobody waits for it any more.
            Job::Execute { .. } | Job::Keys { .. } => return true,
            Job::Close => return false,
        };
        if let Some(engine) = &self.engine
            && engine.wal.is_being_swept()
        {
            self.group.expect_write();
        }
        self.group.reply(reply, self.health.is_lost());
        true
    }

    fn execute(
        &mut self,
        work: Work,
        relies_on: &[Arc<TableKeys>],
        stream: Option<&StreamName>,
    ) -> Result<Answer, TableFault> {
        let changes = work.changes.clone();
        if let Some(table) = &changes {
            self.schemas.forget(table);
        }
        let answer = self.guarded(|schemas, database| {
            for keys in relies_on {
                if !schemas
                    .still_has(database, keys)
                    .map_err(|error| inside(&error))?
                {
                    let text = "the table was changed while the request was under way; try again";
                    return Err(TableFault::throttled(text));
                }
            }
            if let Some(StreamName { table, label }) = stream {
                let keys = schemas
                    .find(database, table)
                    .map_err(|error| inside(&error))?;
                let now = keys.and_then(|keys| keys.stream_label.clone());
                if now.is_none() || now != *label {
                    let text = format!("Requested resource not found: Stream of table: {table}");
                    return Err(TableFault::not_found(text));
                }
            }
            (work.run)(database)
        });
        if let Some(table) = &changes {
            self.schemas.forget(table);
        }
        answer
    }

    /// Runs something on the engine. A panic leaves its lock poisoned: the database is opened anew.
    fn guarded<T>(
        &mut self,
        run: impl FnOnce(&Schemas, &Database) -> Result<T, TableFault>,
    ) -> Result<T, TableFault> {
        if self.health.is_lost() {
            return Err(TableFault::broken());
        }
        if self.engine.is_none() {
            let opened = Engine::open(&self.path, &self.health, self.pace.sweep_interval);
            self.engine = Some(opened.map_err(|error| {
                tracing::error!(%error, "the table database cannot be opened again");
                TableFault::broken()
            })?);
        }
        let Some(engine) = &self.engine else {
            return Err(TableFault::broken());
        };
        let schemas = &self.schemas;
        let ran = panic::catch_unwind(panic::AssertUnwindSafe(|| run(schemas, &engine.database)));
        if let Ok(result) = ran {
            if result.is_ok() {
                self.health.set(true);
            }
            return result;
        }
        tracing::error!("the table engine panicked; its database is opened anew");
        self.health.set(false);
        // What was committed before is synced while its WAL is still there: closing the database
        // checkpoints and deletes it, or leaves it as it is, and does not tell which.
        engine.wal.sync();
        self.engine = None;
        self.schemas.forget_all();
        Err(TableFault::broken())
    }

    /// Puts another file in the place of the WAL.
    #[cfg(test)]
    pub(super) fn replace_wal(&mut self, wal: Arc<Wal>) {
        self.engine.as_mut().unwrap().wal = wal;
    }
}

impl Engine {
    fn open(
        path: &Path,
        health: &Arc<Health>,
        sweep_interval: Duration,
    ) -> Result<Self, OpenFailure> {
        let failure = |error: DynoxideError| OpenFailure::Engine(error.to_string());
        make_private(path)?;
        let text = path.to_str().ok_or(OpenFailure::Path)?;
        let database = Database::new(text).map_err(failure)?;
        let wal = Arc::new(Wal::open(path, Arc::clone(health))?);
        // The engine's one way to `synchronous=NORMAL`. All else that it sets is SQLite's default.
        database.disable_bulk_loading().map_err(failure)?;
        let sweeper = Sweeper::start(database.clone(), Arc::clone(&wal), sweep_interval)?;
        Ok(Self {
            _sweeper: sweeper,
            database,
            wal,
        })
    }
}

/// Makes the file, and what SQLite puts beside it, readable by its owner alone: SQLite gives its
/// journal the permissions of the database.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path)?);
    #[cfg(unix)]
    for beside in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(beside);
        let file = PathBuf::from(file);
        if file.exists() {
            fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        }
    }
    Ok(())
}

/// What cannot be written down does not happen.
fn unrecorded(error: &Error) -> TableFault {
    tracing::error!(inside = error.inside(), "the audit log cannot be written");
    TableFault::busy("The service is unavailable for the moment: try again")
}

fn inside(error: &DynoxideError) -> TableFault {
    tracing::error!(error = %error, "the table engine cannot describe a table");
    TableFault::broken()
}
