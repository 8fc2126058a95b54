//! Refusals on their way out: the fault for the client, the reason for the audit log.

use http::StatusCode;
use thingpass_domain::audit::{Check, Reason};
use thingpass_domain::error::Error;
use thingpass_wire::error::{Fault, Protocol, SerializationError};
use thingpass_wire::sigv4;

use crate::api::{iam, iot, sts};
use crate::body::BodyFault;
use crate::signed::authenticate::Unauthenticated;
use crate::signed::route::Service;

/// A refusal on its way out.
pub(super) struct Refusal {
    pub(super) protocol: Protocol,
    pub(super) fault: Fault,
    /// The decision to write down; `None` where an allowed request failed as it was carried out.
    pub(super) reason: Option<Reason>,
}

pub(super) fn fault_of(service: Service, error: &Error) -> Fault {
    match service {
        Service::Iot | Service::DynamoDb => iot::error::fault(error),
        Service::Iam => iam::error::fault(error),
        Service::Sts => sts::error::fault(error),
    }
}

pub(super) fn unauthenticated(protocol: Protocol, error: Unauthenticated) -> Refusal {
    match error {
        Unauthenticated::Refused(failure, reason) => Refusal {
            protocol,
            fault: thingpass_wire::error::auth_fault(&protocol, &failure),
            reason: Some(reason),
        },
        Unauthenticated::Failed(error) => {
            let inside = error.inside().unwrap_or_default();
            tracing::error!(inside, "the caller could not be looked up");
            let reason = Reason::new(Check::Server, error.to_string());
            Refusal {
                reason: Some(reason),
                ..unavailable(protocol)
            }
        }
    }
}

pub(super) fn unknown_service(protocol: Protocol, service: &str) -> Refusal {
    let service: String = service.chars().take(64).collect();
    let text = format!(
        "Credential should be scoped to correct service: 'iot', 'iam', 'sts' or 'dynamodb', not \
         '{service}'."
    );
    unauthenticated(
        protocol,
        Unauthenticated::from(sigv4::AuthError::InvalidSignature(text)),
    )
}

pub(super) fn body_refusal(protocol: Protocol, error: BodyFault) -> Refusal {
    let (status, code) = match error {
        BodyFault::TooLarge(_) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLargeException",
        ),
        BodyFault::TooSlow(_) => (StatusCode::REQUEST_TIMEOUT, "RequestTimeoutException"),
        BodyFault::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailableException",
        ),
        BodyFault::Broken => (StatusCode::BAD_REQUEST, "IncompleteBodyException"),
    };
    malformed(protocol, Fault::new(status, code, error.to_string()))
}

pub(super) fn unreadable(protocol: Protocol, error: &SerializationError) -> Refusal {
    malformed(
        protocol,
        thingpass_wire::error::serialization_fault(&protocol, error),
    )
}

/// A request that asks for nothing that could be decided about: refused, and written down.
pub(super) fn malformed(protocol: Protocol, fault: Fault) -> Refusal {
    let text = if fault.message.is_empty() {
        fault.bare_code()
    } else {
        &fault.message
    };
    let reason = Reason::new(Check::Request, text);
    Refusal {
        protocol,
        fault,
        reason: Some(reason),
    }
}

/// An allowed request that failed as it was carried out.
pub(super) fn failed(protocol: Protocol, fault: Fault) -> Refusal {
    Refusal {
        protocol,
        fault,
        reason: None,
    }
}

pub(super) fn unavailable(protocol: Protocol) -> Refusal {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let code = match protocol {
        Protocol::RestJson | Protocol::Json10 => "ServiceUnavailableException",
        Protocol::Query { .. } => "ServiceUnavailable",
    };
    let text = "The service is unavailable for the moment: try again";
    failed(protocol, Fault::new(status, code, text))
}
