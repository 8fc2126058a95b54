//! The change feed: what changed, in order, written with each change. Every process that has the
//! store open follows it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use time::OffsetDateTime;

use crate::statement::{Failure, Statements};
use crate::value::{Columns as _, args};

/// Entries that are kept at least.
const KEPT: i64 = 10_000;
/// Old entries are taken away each time so many have been added.
const PRUNED_EVERY: i64 = 256;

/// How far this process has followed the feed.
#[derive(Debug)]
pub(crate) struct Revision {
    /// Grows with every change.
    number: AtomicU64,
    /// The newest entry that `number` takes into account.
    seen: AtomicI64,
}

impl Revision {
    /// The first revision, of a store whose newest entry is `newest`.
    pub(crate) fn new(newest: i64) -> Self {
        Self {
            number: AtomicU64::new(1),
            seen: AtomicI64::new(newest),
        }
    }

    /// The number.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::SeqCst)
    }

    /// This process committed the entry `seq`. Entries before it were committed before it, so
    /// nothing is missed by taking them as seen.
    pub(crate) fn wrote(&self, seq: i64) {
        self.seen.fetch_max(seq, Ordering::SeqCst);
        self.number.fetch_add(1, Ordering::SeqCst);
    }

    /// `newest` is now the newest entry.
    pub(crate) fn follow(&self, newest: i64) {
        if self.seen.fetch_max(newest, Ordering::SeqCst) < newest {
            self.number.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The number of the newest entry, 0 in an empty feed.
pub(crate) async fn newest(statements: &mut Statements) -> Result<i64, Failure> {
    let row = statements
        .row("SELECT COALESCE(MAX(seq), 0) AS seq FROM change_feed", &[])
        .await?;
    Ok(row.map_or(Ok(0), |row| row.integer("seq"))?)
}

/// Appends the entries and gives the number of the last one.
pub(crate) async fn append(
    statements: &mut Statements,
    at: OffsetDateTime,
    entries: &[(&'static str, String)],
) -> Result<Option<i64>, Failure> {
    let mut last = None;
    for (noun, key) in entries {
        let row = statements
            .row(
                "INSERT INTO change_feed (at_ms, noun, key) VALUES ($1, $2, $3) RETURNING seq",
                args![at, *noun, key],
            )
            .await?;
        let seq = row.map(|row| row.integer("seq")).transpose()?;
        if let Some(seq) = seq.filter(|seq| seq % PRUNED_EVERY == 0) {
            statements
                .execute("DELETE FROM change_feed WHERE seq <= $1", args![seq - KEPT])
                .await?;
        }
        last = seq.or(last);
    }
    Ok(last)
}
