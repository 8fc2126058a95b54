//! Streams. The engine finds a stream by the table's name alone; the request says which label was
//! authorised, and runs only while that is the table's stream.

use dynoxide::actions::get_shard_iterator::{decode_shard_iterator, encode_shard_iterator};
use thingpass_domain::authorize::Demand;
use thingpass_wire::error::Fault;

use super::body::{Object, required_text, text};
use super::refusal::invalid;
use super::{Reading, StreamName, name};

/// The longest iterator (API reference, GetRecords).
const MAX_ITERATOR: usize = 2048;

/// ListStreams: of one table or of all.
pub(super) fn list(
    reading: &Reading<'_>,
    action: &'static str,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let table = match text(body, "TableName")? {
        Some(_) => reading.table(body)?,
        None => "*".to_owned(),
    };
    if let Some(arn) = text(body, "ExclusiveStartStreamArn")? {
        name::stream_arn(arn, reading.home)?;
    }
    Ok(vec![Demand::new(action, stream(reading, &table, "*"))])
}

/// DescribeStream and GetShardIterator.
pub(super) fn on_stream(
    reading: &mut Reading<'_>,
    action: &'static str,
    body: &Object,
) -> Result<Vec<Demand>, Fault> {
    let (table, label) = name::stream_arn(required_text(body, "StreamArn")?, reading.home)?;
    reading.stream = Some(StreamName {
        table: table.to_owned(),
        label: Some(label.to_owned()),
    });
    Ok(vec![Demand::new(action, stream(reading, table, label))])
}

/// GetRecords. The engine's iterator is plain text that anybody can write: the stream that it names is
/// the one to authorise, and it is written anew, so that the engine reads what was read here.
pub(super) async fn records(
    reading: &mut Reading<'_>,
    action: &'static str,
    body: &mut Object,
) -> Result<Vec<Demand>, Fault> {
    let iterator = required_text(body, "ShardIterator")?;
    let (table, shard, position) = Some(iterator)
        .filter(|iterator| iterator.len() <= MAX_ITERATOR)
        .and_then(decode_shard_iterator)
        .filter(|(table, _, _)| name::is_name(table))
        .ok_or_else(|| invalid("Invalid ShardIterator"))?;
    let iterator = encode_shard_iterator(&table, &shard, position);
    body.insert("ShardIterator".to_owned(), iterator.into());
    let label = reading
        .keys(&table)
        .await?
        .and_then(|keys| keys.stream_label.clone());
    let demand = Demand::new(
        action,
        stream(reading, &table, label.as_deref().unwrap_or("*")),
    );
    reading.stream = Some(StreamName { table, label });
    Ok(vec![demand])
}

/// The ARN of a stream. With `*` in it, a literal one, only a pattern that covers all streams matches.
fn stream(reading: &Reading<'_>, table: &str, label: &str) -> String {
    format!("{}/stream/{label}", reading.home.table(table))
}
