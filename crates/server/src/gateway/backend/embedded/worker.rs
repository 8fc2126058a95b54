//! The thread that owns the engine.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use std::{io, panic};

use dynoxide::{Database, DynoxideError};
use tokio::sync::oneshot;

use super::super::super::request::StreamName;
use super::super::super::table_keys::{Found, TableKeys};
use super::engine::{Answer, Work};
use super::error::{OpenFailure, TableFault};
use super::schemas::Schemas;
use super::sweep::Sweeper;

/// Room for the engine's recursive parsers. Pages that are not touched cost nothing.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Something for the thread to do.
pub(super) enum Job {
    /// Execute a request.
    Execute {
        work: Work,
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

/// Whether the engine works.
#[derive(Debug)]
pub struct Health {
    is_good: AtomicBool,
}

impl Health {
    /// Whether it does.
    pub fn is_good(&self) -> bool {
        self.is_good.load(Ordering::Relaxed)
    }

    fn set(&self, is_good: bool) {
        self.is_good.store(is_good, Ordering::Relaxed);
    }
}

impl Default for Health {
    fn default() -> Self {
        Self {
            is_good: AtomicBool::new(true),
        }
    }
}

/// The engine and what belongs to it.
#[derive(Debug)]
pub(super) struct Worker {
    path: PathBuf,
    schemas: Arc<Schemas>,
    health: Arc<Health>,
    sweep_interval: Duration,
    engine: Option<Engine>,
}

/// An open database. The sweeper goes first when it is dropped.
struct Engine {
    _sweeper: Sweeper,
    database: Database,
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
        sweep_interval: Duration,
    ) -> Result<Self, OpenFailure> {
        // An absolute path is never one of SQLite's `file:` names.
        let path = std::path::absolute(path)?;
        let engine = Some(Engine::open(&path, sweep_interval)?);
        Ok(Self {
            path,
            schemas,
            health,
            sweep_interval,
            engine,
        })
    }

    pub(super) fn spawn(mut self, queue: Receiver<Job>) -> io::Result<JoinHandle<()>> {
        let run = move || {
            while let Ok(job) = queue.recv() {
                match job {
                    Job::Execute {
                        work,
                        relies_on,
                        stream,
                        reply,
                    } if !reply.is_closed() => {
                        let answer = self.execute(work, &relies_on, stream.as_ref());
                        drop(reply.send(answer));
                    }
                    Job::Keys { tables, reply } if !reply.is_closed() => {
                        let keys = self.guarded(|schemas, database| {
                            schemas
                                .find_all(database, tables)
                                .map_err(|error| inside(&error))
                        });
                        drop(reply.send(keys));
                    }
                    // Nobody waits for it any more.
                    Job::Execute { .. } | Job::Keys { .. } => {}
                    Job::Close => break,
                }
            }
            self.health.set(false);
        };
        Builder::new()
            .name("tables".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(run)
    }

    pub(super) fn execute(
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
        if self.engine.is_none() {
            self.engine = Some(
                Engine::open(&self.path, self.sweep_interval).map_err(|error| {
                    tracing::error!(%error, "the table database cannot be opened again");
                    TableFault::broken()
                })?,
            );
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
        self.engine = None;
        self.schemas.forget_all();
        Err(TableFault::broken())
    }
}

impl Engine {
    fn open(path: &Path, sweep_interval: Duration) -> Result<Self, OpenFailure> {
        make_private(path)?;
        let text = path.to_str().ok_or(OpenFailure::Path)?;
        let database =
            Database::new(text).map_err(|error| OpenFailure::Engine(error.to_string()))?;
        let sweeper = Sweeper::start(database.clone(), sweep_interval)?;
        Ok(Self {
            _sweeper: sweeper,
            database,
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

fn inside(error: &DynoxideError) -> TableFault {
    tracing::error!(error = %error, "the table engine cannot describe a table");
    TableFault::broken()
}
