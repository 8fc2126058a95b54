//! Bodies to the engine's requests, and its responses to bodies.

use bytes::Bytes;
use dynoxide::actions::get_records::GetRecordsResponse;
use dynoxide::streams::{LOCAL_ACCOUNT, LOCAL_REGION};
use dynoxide::{Database, Result as Ran};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thingpass_domain::arn::AccountRegion;

use super::super::super::operation::Operation;
use super::error::TableFault;
use super::kinds;

type Object = Map<String, Value>;
type Run = Box<dyn FnOnce(&Database) -> Result<Answer, TableFault> + Send>;

/// The end of an answer: it is written by the one who waits, not by the engine's thread.
pub(super) type Answer = Box<dyn FnOnce() -> Result<Bytes, TableFault> + Send>;

/// A request that has been read: what is left needs the engine.
pub(super) struct Work {
    /// What to do.
    pub(super) run: Run,
    /// The table whose definition it changes.
    pub(super) changes: Option<String>,
    /// Whether it writes nothing for certain.
    pub(super) is_read: bool,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work")
            .field("changes", &self.changes)
            .field("is_read", &self.is_read)
            .finish_non_exhaustive()
    }
}

/// Reads a body into the engine's request.
pub(super) fn prepare(
    operation: Operation,
    body: Object,
    home: &AccountRegion,
) -> Result<Work, TableFault> {
    use Operation as O;
    kinds::check(&body)?;
    let is_change = matches!(operation, O::CreateTable | O::UpdateTable | O::DeleteTable);
    let table = body
        .get("TableName")
        .filter(|_| is_change)
        .and_then(Value::as_str);
    let changes = table.map(str::to_owned);
    let on = On { operation, home };
    let run = match operation {
        O::CreateTable => on.definition(body, Database::create_table),
        O::DeleteTable => on.definition(body, Database::delete_table),
        O::DescribeTable => on.definition(body, Database::describe_table),
        O::UpdateTable => on.definition(body, Database::update_table),
        O::ListStreams => on.definition(abroad(body, home), Database::list_streams),
        O::DescribeStream => on.definition(body, Database::describe_stream),
        O::ListTables => on.data(body, Database::list_tables),
        O::PutItem => on.data(body, Database::put_item),
        O::GetItem => on.data(body, Database::get_item),
        O::DeleteItem => on.data(body, Database::delete_item),
        O::UpdateItem => on.data(body, Database::update_item),
        O::Query => on.data(body, Database::query),
        O::Scan => on.data(body, Database::scan),
        O::SearchVectors => on.data(body, Database::search_vectors),
        O::BatchGetItem => on.data(body, Database::batch_get_item),
        O::BatchWriteItem => on.data(body, Database::batch_write_item),
        O::TransactWriteItems => on.data(body, Database::transact_write_items),
        O::TransactGetItems => on.data(body, Database::transact_get_items),
        O::UpdateTimeToLive => on.data(body, Database::update_time_to_live),
        O::DescribeTimeToLive => on.data(body, Database::describe_time_to_live),
        O::ExecuteStatement => on.data(body, Database::execute_statement),
        O::ExecuteTransaction => on.data(body, Database::execute_transaction),
        O::BatchExecuteStatement => on.data(body, Database::batch_execute_statement),
        O::TagResource => on.data(body, Database::tag_resource),
        O::UntagResource => on.data(body, Database::untag_resource),
        O::ListTagsOfResource => on.data(body, Database::list_tags_of_resource),
        O::GetShardIterator => on.data(body, Database::get_shard_iterator),
        O::GetRecords => {
            let region = home.region.as_str().to_owned();
            on.data(body, move |db, input| {
                let mut response: GetRecordsResponse = db.get_records(input)?;
                for record in &mut response.records {
                    record.aws_region.clone_from(&region);
                }
                Ok(response)
            })
        }
    };
    Ok(Work {
        run: run?,
        changes,
        is_read: is_read(operation),
    })
}

/// Whether an operation only reads. What may write, such as a statement, counts as writing.
pub(super) fn is_read(operation: Operation) -> bool {
    use Operation as O;
    match operation {
        O::DescribeTable
        | O::ListTables
        | O::GetItem
        | O::Query
        | O::Scan
        | O::SearchVectors
        | O::BatchGetItem
        | O::TransactGetItems
        | O::DescribeTimeToLive
        | O::ListTagsOfResource
        | O::ListStreams
        | O::DescribeStream
        | O::GetShardIterator
        | O::GetRecords => true,
        O::CreateTable
        | O::DeleteTable
        | O::UpdateTable
        | O::PutItem
        | O::DeleteItem
        | O::UpdateItem
        | O::BatchWriteItem
        | O::TransactWriteItems
        | O::UpdateTimeToLive
        | O::ExecuteStatement
        | O::ExecuteTransaction
        | O::BatchExecuteStatement
        | O::TagResource
        | O::UntagResource => false,
    }
}

struct On<'a> {
    operation: Operation,
    home: &'a AccountRegion,
}

impl On<'_> {
    /// An operation whose answer goes out as it is.
    fn data<I, O>(
        &self,
        body: Object,
        run: impl FnOnce(&Database, I) -> Ran<O> + Send + 'static,
    ) -> Result<Run, TableFault>
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + Send + 'static,
    {
        self.run(body, run, |output| serde_json::to_vec(output))
    }

    /// An operation whose answer has ARNs, which are the engine's own and become ours.
    fn definition<I, O>(
        &self,
        body: Object,
        run: impl FnOnce(&Database, I) -> Ran<O> + Send + 'static,
    ) -> Result<Run, TableFault>
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + Send + 'static,
    {
        let ours = self.home.table("");
        self.run(body, run, move |output| {
            let mut value = serde_json::to_value(output)?;
            bring_home(&mut value, &theirs(), &ours);
            serde_json::to_vec(&value)
        })
    }

    fn run<I, O>(
        &self,
        body: Object,
        run: impl FnOnce(&Database, I) -> Ran<O> + Send + 'static,
        write: impl FnOnce(&O) -> serde_json::Result<Vec<u8>> + Send + 'static,
    ) -> Result<Run, TableFault>
    where
        I: DeserializeOwned + Send + 'static,
        O: Send + 'static,
    {
        let operation = self.operation;
        let input: I = serde_json::from_value(Value::Object(body))
            .map_err(|error| TableFault::of_body(operation, &error))?;
        Ok(Box::new(move |database| {
            let output =
                run(database, input).map_err(|error| TableFault::of_engine(operation, error))?;
            let answer: Answer = Box::new(move || {
                write(&output).map(Bytes::from).map_err(|error| {
                    tracing::error!(%operation, %error, "an answer of the tables cannot be written");
                    TableFault::broken()
                })
            });
            Ok(answer)
        }))
    }
}

/// What the engine's table ARNs begin with.
fn theirs() -> String {
    format!("arn:aws:dynamodb:{LOCAL_REGION}:{LOCAL_ACCOUNT}:table/")
}

/// A body whose start of a page is one of the engine's ARNs.
fn abroad(mut body: Object, home: &AccountRegion) -> Object {
    if let Some(Value::String(arn)) = body.get_mut("ExclusiveStartStreamArn")
        && let Some(rest) = arn.strip_prefix(home.table("").as_str())
    {
        *arn = format!("{}{rest}", theirs());
    }
    body
}

fn bring_home(value: &mut Value, theirs: &str, ours: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(theirs) {
                *text = format!("{ours}{rest}");
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| bring_home(item, theirs, ours)),
        Value::Object(members) => {
            members
                .values_mut()
                .for_each(|member| bring_home(member, theirs, ours));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
