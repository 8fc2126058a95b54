//! AWS on the wire: restJson1, awsQuery and awsJson1.0, their error envelopes, timestamps, request
//! ids, and Signature Version 4, made and checked.
//!
//! Knows protocols, not services. Pure: no I/O, no clock, no randomness; the caller passes them in.

pub mod error;
pub mod json_1_0;
mod percent;
pub mod query_xml;
pub mod request_id;
pub mod rest_json;
pub mod sigv4;
pub mod timestamp;
