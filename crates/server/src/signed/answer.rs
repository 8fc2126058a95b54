//! Answers of the service door.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::Response;
use serde_json::Value;
use thingpass_wire::error::{Fault, Protocol};
use thingpass_wire::{json_1_0, query_xml};

use crate::api::dispatch::is_empty;
use crate::body::{Answer, AnswerMemory, NoPlace};
use crate::gateway::{Operation, TableFault};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

pub(super) fn render(
    protocol: Protocol,
    name: &str,
    output: &Value,
    request_id: &str,
    memory: &AnswerMemory,
) -> Result<Response<Answer>, NoPlace> {
    Ok(match protocol {
        Protocol::Query { xmlns } => {
            let xml = query_xml::output(name, xmlns, output, request_id);
            success(memory.hold(xml.into())?, "text/xml", request_id)
        }
        Protocol::RestJson | Protocol::Json10 => {
            let text = if is_empty(output) {
                "{}".to_owned()
            } else {
                output.to_string()
            };
            success(memory.hold(text.into())?, "application/json", request_id)
        }
    })
}

fn success(answer: Answer, content_type: &'static str, request_id: &str) -> Response<Answer> {
    let mut response = Response::new(answer);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    response
}

pub(super) fn render_fault(
    protocol: Protocol,
    fault: &Fault,
    request_id: &str,
) -> Response<Answer> {
    thingpass_wire::error::response(&protocol, fault, request_id).map(Answer::from)
}

/// A success of the tables.
pub(super) fn table_success(
    body: Bytes,
    request_id: &str,
    memory: &AnswerMemory,
) -> Response<Answer> {
    let checksum = json_1_0::crc_32(&body);
    let answer = match memory.hold(body) {
        Ok(answer) => answer,
        Err(no_place) => return table_failure(TableFault::busy(no_place), request_id),
    };
    let mut response = success(answer, json_1_0::CONTENT_TYPE, request_id);
    response.headers_mut().insert(json_1_0::CRC_32, checksum);
    response
}

/// How many pages an operation of the tables may answer: the limits of DynamoDB in megabytes. What
/// answers one item, if any, is not counted.
pub(super) fn pages(operation: Operation) -> u32 {
    match operation {
        Operation::Query
        | Operation::Scan
        | Operation::SearchVectors
        | Operation::ExecuteStatement
        | Operation::GetRecords => 1,
        Operation::TransactGetItems | Operation::ExecuteTransaction => 4,
        Operation::BatchGetItem | Operation::BatchExecuteStatement => 16,
        Operation::CreateTable
        | Operation::DeleteTable
        | Operation::DescribeTable
        | Operation::ListTables
        | Operation::UpdateTable
        | Operation::PutItem
        | Operation::GetItem
        | Operation::DeleteItem
        | Operation::UpdateItem
        | Operation::BatchWriteItem
        | Operation::TransactWriteItems
        | Operation::UpdateTimeToLive
        | Operation::DescribeTimeToLive
        | Operation::TagResource
        | Operation::UntagResource
        | Operation::ListTagsOfResource
        | Operation::ListStreams
        | Operation::DescribeStream
        | Operation::GetShardIterator => 0,
    }
}

/// A failure of the tables, whose errors have members of their own.
pub(super) fn table_failure(fault: TableFault, request_id: &str) -> Response<Answer> {
    let body = fault.body.clone();
    let mut response =
        thingpass_wire::error::response(&Protocol::Json10, &fault.into_fault(), request_id);
    let checksum = json_1_0::crc_32(&body);
    response.headers_mut().insert(json_1_0::CRC_32, checksum);
    response.map(|_| Answer::new(body))
}
