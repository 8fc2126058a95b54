//! The account's endpoints.

pub mod describe_endpoint;

use crate::api::dispatch::{RestRow, rest};

/// The operations of this noun.
pub(super) fn rows() -> Vec<RestRow> {
    vec![rest::<describe_endpoint::DescribeEndpoint>()]
}
