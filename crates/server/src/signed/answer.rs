//! Answers of the service door.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::Response;
use serde_json::Value;
use thingpass_wire::error::Protocol;
use thingpass_wire::query_xml;

use crate::api::dispatch::is_empty;
use crate::body::Answer;
use crate::gateway::TableFault;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

pub(super) fn render(
    protocol: Protocol,
    name: &str,
    output: &Value,
    request_id: &str,
) -> Response<Answer> {
    match protocol {
        Protocol::Query { xmlns } => {
            let xml = query_xml::output(name, xmlns, output, request_id);
            success(xml.into(), "text/xml", request_id)
        }
        Protocol::RestJson | Protocol::Json10 => {
            let text = if is_empty(output) {
                "{}".to_owned()
            } else {
                output.to_string()
            };
            success(text.into(), "application/json", request_id)
        }
    }
}

pub(super) fn success(
    body: Bytes,
    content_type: &'static str,
    request_id: &str,
) -> Response<Answer> {
    let mut response = Response::new(Answer::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    response
}

pub(super) fn bare(status: StatusCode) -> Response<Answer> {
    let mut response = Response::new(Answer::default());
    *response.status_mut() = status;
    response
}

/// A failure of the tables, whose errors have members of their own.
pub(super) fn table_failure(fault: TableFault, request_id: &str) -> Response<Answer> {
    let body = fault.body.clone();
    let response =
        thingpass_wire::error::response(&Protocol::Json10, &fault.into_fault(), request_id);
    response.map(|_| Answer::new(body))
}
