//! What a request to the tables demands: IAM action, ARN and the `dynamodb:` condition keys
//! (Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB").
//!
//! A key that matters but cannot be computed is undetermined, never absent: a condition on it fails
//! in an `Allow` and holds in a `Deny`.

mod batch;
mod body;
mod context;
mod expression;
mod item;
mod name;
mod partiql;
mod read;
mod refusal;
mod statement;
mod stream;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod touched;
mod transaction;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::authorize::Demand;
use thingpass_wire::error::Fault;

use self::body::Object;
use self::item::Deed;
use super::super::backend::embedded::{TableFault, Tables};
use super::super::operation::Operation;
use super::super::request::{Request, StreamName};
use super::super::room;
use super::super::table_keys::{Found, TableKeys};

#[cfg(test)]
mod agreement_tests;
#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod target_tests;
#[cfg(test)]
mod tests;

/// A request and what must be allowed before it is executed.
#[derive(Debug)]
pub struct Classified {
    /// Each must be allowed; there is at least one.
    pub demands: Vec<Demand>,
    /// What to execute then.
    pub request: Request,
}

/// Reads a request and names its demands. The ARNs are of the account and region of `tables`.
///
/// # Errors
/// What DynamoDB answers to a body that cannot be read or names no table of this account and region.
pub async fn classify(
    operation: Operation,
    body: &Bytes,
    tables: &Tables,
) -> Result<Classified, Fault> {
    let mut reading = Reading {
        home: tables.home(),
        tables,
        keys: Found::new(),
        stream: None,
    };
    let room = tables.rooms().enter(body.len()).await;
    let text = body.clone();
    let read = room::work(room.map_err(TableFault::into_fault)?, move || {
        body::read(&text)
    });
    let (body, room) = read.await.map_err(TableFault::into_fault)?;
    let mut body = body?;
    let demands = reading.demands(operation, &mut body).await?;
    let Reading { keys, stream, .. } = reading;
    Ok(Classified {
        demands,
        request: Request {
            operation,
            body,
            relies_on: keys.into_values().flatten().collect(),
            stream,
            room,
        },
    })
}

/// What is known while a request is read.
struct Reading<'a> {
    home: &'a AccountRegion,
    tables: &'a Tables,
    /// Of each table that was asked for; the request relies on those that are there.
    keys: Found,
    stream: Option<StreamName>,
}

impl Reading<'_> {
    async fn demands(
        &mut self,
        operation: Operation,
        body: &mut Object,
    ) -> Result<Vec<Demand>, Fault> {
        let action = operation.action();
        match operation {
            Operation::CreateTable => table::create(self, body),
            Operation::ListTables => Ok(vec![Demand::new(action, "*")]),
            Operation::DeleteTable
            | Operation::DescribeTable
            | Operation::UpdateTable
            | Operation::UpdateTimeToLive
            | Operation::DescribeTimeToLive => table::on_table(self, action, body),
            Operation::TagResource => table::tag(self, action, body),
            Operation::UntagResource => table::untag(self, action, body),
            Operation::ListTagsOfResource => table::list_tags(self, action, body),
            Operation::PutItem => item::single(self, Deed::Put, body).await,
            Operation::GetItem => item::single(self, Deed::Get, body).await,
            Operation::DeleteItem => item::single(self, Deed::Delete, body).await,
            Operation::UpdateItem => item::single(self, Deed::Update, body).await,
            Operation::Query => read::query(self, action, body).await,
            Operation::Scan => read::scan(self, action, body),
            Operation::SearchVectors => read::search_vectors(self, action, body),
            Operation::BatchGetItem => batch::get(self, action, body).await,
            Operation::BatchWriteItem => batch::write(self, action, body).await,
            Operation::TransactWriteItems => transaction::write(self, body).await,
            Operation::TransactGetItems => transaction::get(self, body).await,
            Operation::ExecuteStatement => partiql::single(self, body),
            Operation::ExecuteTransaction => {
                partiql::several(self, body, "TransactStatements", Some(operation.name()))
            }
            Operation::BatchExecuteStatement => {
                partiql::several(self, body, "Statements", Some(operation.name()))
            }
            Operation::ListStreams => stream::list(self, action, body),
            Operation::DescribeStream | Operation::GetShardIterator => {
                stream::on_stream(self, action, body)
            }
            Operation::GetRecords => stream::records(self, action, body).await,
        }
    }

    /// The table that `TableName` names, which stands there bare from now on.
    fn table(&self, body: &mut Object) -> Result<String, Fault> {
        let name = name::table(body::required_text(body, "TableName")?, self.home)?.to_owned();
        body.insert("TableName".to_owned(), name.as_str().into());
        Ok(name)
    }

    /// The ARN of a table or of one of its indexes.
    fn arn(&self, table: &str, index: Option<&str>) -> Result<String, Fault> {
        let arn = self.home.table(table);
        match index {
            None => Ok(arn),
            Some(index) => Ok(format!(
                "{arn}/index/{}",
                name::checked("indexName", index)?
            )),
        }
    }

    /// Asks for the keys of all these tables at once.
    async fn learn(&mut self, tables: BTreeSet<String>) -> Result<(), Fault> {
        let keys = self.tables.keys(tables).await;
        self.keys.extend(keys.map_err(TableFault::into_fault)?);
        Ok(())
    }

    /// The keys of a table, which the request relies on from now on.
    async fn keys(&mut self, table: &str) -> Result<Option<Arc<TableKeys>>, Fault> {
        if !self.keys.contains_key(table) {
            self.learn(BTreeSet::from([table.to_owned()])).await?;
        }
        Ok(self.keys.get(table).cloned().flatten())
    }
}
