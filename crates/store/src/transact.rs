//! The only way to write, and the way to read.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::time::Duration;

use thingpass_domain::error::Error;

use crate::SqliteStore;
use crate::change_feed;
use crate::dialect::{self, Trouble};
use crate::statement::{Failure, Statements};

/// How often a write is tried again when the engine asks for it.
const RETRIES: u32 = 4;
/// The wait before the first retry; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// A write in progress: statements, and the entries that it will leave in the change feed.
pub(crate) struct Write {
    statements: Statements,
    entries: Vec<(&'static str, String)>,
}

impl Write {
    /// Leaves an entry in the change feed: this row of this noun changed.
    pub(crate) fn changed(&mut self, noun: &'static str, key: impl std::fmt::Display) {
        self.entries.push((noun, key.to_string()));
    }
}

impl Deref for Write {
    type Target = Statements;
    fn deref(&self) -> &Statements {
        &self.statements
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Statements {
        &mut self.statements
    }
}

/// What a write does, to be awaited. It lends the write for `'c` and whatever it was made from
/// for `'a`, which is longer.
pub(crate) struct Step<'a, 'c, T> {
    future: Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'c>>,
    lent: PhantomData<&'c &'a ()>,
}

/// See [`Step`].
pub(crate) fn step<'a, 'c, T>(
    future: impl Future<Output = Result<T, Failure>> + Send + 'c,
) -> Step<'a, 'c, T> {
    Step {
        future: Box::pin(future),
        lent: PhantomData,
    }
}

impl SqliteStore {
    /// Begins a read of committed state as it is now.
    pub(crate) async fn read(&self) -> Result<Statements, Failure> {
        Ok(Statements::of(self.pools.reader.begin().await?))
    }

    /// Does `work` as one transaction: all of it, with its entries in the change feed, or nothing.
    /// Runs it again where the engine asks for it. What changed is on the disk, and every lookup
    /// that begins afterwards sees it, before this returns.
    pub(crate) async fn transact<'a, T>(
        &self,
        work: impl for<'c> Fn(&'c mut Write) -> Step<'a, 'c, T> + Send + Sync,
    ) -> Result<T, Error> {
        let mut wait = FIRST_WAIT;
        for _ in 0..RETRIES {
            match self.attempt(&work).await {
                Ok(value) => return Ok(value),
                Err(Failure::Engine(error)) if dialect::trouble(&error) == Trouble::Busy => {
                    tracing::debug!(%error, "the store is busy, the write is tried again");
                    // The other writer tells nobody when it is done.
                    tokio::time::sleep(wait).await;
                    wait = wait.saturating_mul(2);
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        self.attempt(&work).await.map_err(Error::from)
    }

    async fn attempt<'a, T>(
        &self,
        work: &(impl for<'c> Fn(&'c mut Write) -> Step<'a, 'c, T> + Send + Sync),
    ) -> Result<T, Failure> {
        let transaction = self.pools.writer.begin_with(dialect::BEGIN_WRITE).await?;
        let mut write = Write {
            statements: Statements::of(transaction),
            entries: Vec::new(),
        };
        let worked = work(&mut write).future.await;
        let done = match worked {
            Ok(value) => self.append(&mut write).await.map(|seq| (value, seq)),
            Err(failure) => Err(failure),
        };
        match done {
            Ok((value, Some(seq))) => {
                let committed = write.statements.transaction.commit().await;
                // Also where the commit failed: whether it took effect is then not known.
                self.revision.wrote(seq);
                committed?;
                Ok(value)
            }
            Ok((value, None)) => {
                write.statements.transaction.rollback().await?;
                Ok(value)
            }
            Err(failure) => {
                if let Err(error) = write.statements.transaction.rollback().await {
                    tracing::warn!(%error, "a transaction could not be rolled back");
                }
                Err(failure)
            }
        }
    }

    /// Appends the entries; `None` where the write changed nothing.
    async fn append(&self, write: &mut Write) -> Result<Option<i64>, Failure> {
        if write.entries.is_empty() && write.written > 0 {
            return Err(Error::internal("a write left no entry in the change feed").into());
        }
        let entries = std::mem::take(&mut write.entries);
        change_feed::append(&mut write.statements, self.clock.now(), &entries).await
    }
}
