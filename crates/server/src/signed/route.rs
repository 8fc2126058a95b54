//! Which service a signed request is for, and what that service speaks.

use http::header::CONTENT_TYPE;
use http::request::Parts;
use thingpass_wire::error::Protocol;
use time::Duration;

use crate::api::{iam, sts};

/// A service behind the door. The credential scope names it, and nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// AWS IoT's control plane.
    Iot,
    /// IAM.
    Iam,
    /// STS.
    Sts,
    /// Tables.
    DynamoDb,
}

impl Service {
    /// The service of a credential scope.
    pub fn of_scope(name: &str) -> Option<Self> {
        match name {
            "iot" => Some(Self::Iot),
            "iam" => Some(Self::Iam),
            "sts" => Some(Self::Sts),
            "dynamodb" => Some(Self::DynamoDb),
            _ => None,
        }
    }

    /// As the credential scope and IAM actions name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iot => "iot",
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::DynamoDb => "dynamodb",
        }
    }

    /// What it speaks.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Iot => Protocol::RestJson,
            Self::Iam => Protocol::Query { xmlns: iam::XMLNS },
            Self::Sts => Protocol::Query { xmlns: sts::XMLNS },
            Self::DynamoDb => Protocol::Json10,
        }
    }

    /// How far a signature's time may be off (aws-semantics: five minutes, DynamoDB fifteen).
    pub fn clock_skew(self) -> Duration {
        match self {
            Self::Iot | Self::Iam | Self::Sts => Duration::minutes(5),
            Self::DynamoDb => Duration::minutes(15),
        }
    }

    /// Whether the scope must name this region; IAM and STS are signed for any.
    pub fn is_regional(self) -> bool {
        match self {
            Self::Iot | Self::DynamoDb => true,
            Self::Iam | Self::Sts => false,
        }
    }

    /// Headers that say what is asked for, and so must be signed where they are sent.
    pub fn meaningful_headers(self) -> &'static [&'static str] {
        match self {
            Self::Iot => &["x-amzn-principal"],
            Self::Iam | Self::Sts => &[],
            Self::DynamoDb => &["x-amz-target"],
        }
    }

    /// Bytes that a request's body may have.
    pub fn body_bytes_max(self) -> usize {
        match self {
            Self::Iot | Self::Iam | Self::Sts => 1024 * 1024,
            // DynamoDB developer guide, "Quotas": 16 MB.
            Self::DynamoDb => 16 * 1024 * 1024,
        }
    }
}

/// The protocol in which a request without a readable scope is refused.
pub fn presumed_protocol(head: &Parts) -> Protocol {
    if head.headers.contains_key("x-amz-target") {
        return Protocol::Json10;
    }
    let content_type = head
        .headers
        .get(CONTENT_TYPE)
        .map(http::HeaderValue::as_bytes);
    match content_type {
        Some(kind) if kind.starts_with(b"application/x-www-form-urlencoded") => {
            Service::Sts.protocol()
        }
        Some(_) | None => Protocol::RestJson,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::iot;
    use thingpass_wire::rest_json::Location;

    #[test]
    fn every_header_that_an_operation_reads_must_be_signed() {
        let bindings = iot::OPERATIONS.iter().flat_map(|row| row.bindings);
        let mut headers = bindings.filter(|binding| binding.location == Location::Header);
        assert!(headers.all(|header| Service::Iot.meaningful_headers().contains(&header.name)));
    }
}
