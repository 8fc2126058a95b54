//! Statements inside a transaction.

use sqlx::{AssertSqlSafe, SqlSafeStr};
use thingpass_domain::error::Error;
use thingpass_domain::page::PageRequest;

use crate::dialect::{self, Row, Transaction};
use crate::paging;
use crate::value::Value;

/// Why a transaction ends without effect: a refusal, or the engine's own trouble, which may be
/// worth another try.
#[derive(Debug)]
pub(crate) enum Failure {
    /// For the caller.
    Refusal(Error),
    /// From the engine.
    Engine(sqlx::Error),
}

impl From<Error> for Failure {
    fn from(refusal: Error) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refusal(error) => error,
            Failure::Engine(error) => dialect::to_error(dialect::trouble(&error), &error),
        }
    }
}

/// A transaction, as the nouns see it. Dropped, it is rolled back.
pub(crate) struct Statements {
    /// The transaction itself.
    pub(crate) transaction: Transaction,
    /// Rows written by it.
    pub(crate) written: u64,
}

impl Statements {
    /// The statements of this transaction.
    pub(crate) fn of(transaction: Transaction) -> Self {
        Self {
            transaction,
            written: 0,
        }
    }

    /// Writes; gives the number of rows that it wrote.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        args: &[Value<'_>],
    ) -> Result<u64, Failure> {
        let query = dialect::bind(sqlx::query(sql), args);
        let written = query.execute(&mut *self.transaction).await?.rows_affected();
        self.written = self.written.saturating_add(written);
        Ok(written)
    }

    /// Reads the one row, if there is one.
    pub(crate) async fn row(
        &mut self,
        sql: &'static str,
        args: &[Value<'_>],
    ) -> Result<Option<Row>, Failure> {
        let query = dialect::bind(sqlx::query(sql), args);
        Ok(query.fetch_optional(&mut *self.transaction).await?)
    }

    /// Whether there is a row.
    pub(crate) async fn exists(
        &mut self,
        sql: &'static str,
        args: &[Value<'_>],
    ) -> Result<bool, Failure> {
        Ok(self.row(sql, args).await?.is_some())
    }

    /// Reads all rows.
    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        args: &[Value<'_>],
    ) -> Result<Vec<Row>, Failure> {
        let query = dialect::bind(sqlx::query(sql), args);
        Ok(query.fetch_all(&mut *self.transaction).await?)
    }

    /// Reads the rows of a page, and one more where more follow. `sql` is written for ascending
    /// order; see [`paging::ordered`].
    pub(crate) async fn page(
        &mut self,
        sql: &'static str,
        page: &PageRequest,
        args: &[Value<'_>],
    ) -> Result<Vec<Row>, Failure> {
        let sql = AssertSqlSafe(paging::ordered(sql, page)).into_sql_str();
        Ok(dialect::bind(sqlx::query(sql), args)
            .fetch_all(&mut *self.transaction)
            .await?)
    }
}
