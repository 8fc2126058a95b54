//! Refusals, before anything is authorised or executed.

use std::borrow::Cow;

use http::StatusCode;
use thingpass_domain::audit::clipped;
use thingpass_wire::error::{Fault, Protocol, access_denied};

/// The most characters of a value that a refusal repeats.
const MAX_SHOWN: usize = 10_000;

/// `ValidationException`
pub(super) fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "ValidationException", message)
}

/// `SerializationException`, which has no text.
pub(super) fn unreadable() -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "SerializationException", "")
}

/// A member's value as a refusal repeats it: not all of what a body has room for.
pub(super) fn shown(given: &str) -> Cow<'_, str> {
    clipped(given, MAX_SHOWN)
}

/// `AccessDeniedException`, for what is not of this account and region.
pub(super) fn foreign(arn: &str, home: &str) -> Fault {
    let arn = shown(arn);
    let text = format!("`{arn}` is not of this account and region, whose ARNs start with `{home}`");
    access_denied(&Protocol::Json10, text)
}
