//! Refusals, before anything is authorised or executed.

use http::StatusCode;
use thingpass_wire::error::{Fault, Protocol, access_denied};

/// `ValidationException`
pub(super) fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "ValidationException", message)
}

/// `SerializationException`, which has no text.
pub(super) fn unreadable() -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "SerializationException", "")
}

/// `AccessDeniedException`, for what is not of this account and region.
pub(super) fn foreign(arn: &str, home: &str) -> Fault {
    let text = format!("`{arn}` is not of this account and region, whose ARNs start with `{home}`");
    access_denied(&Protocol::Json10, text)
}
