//! Errors of the engine as DynamoDB sends them.

use std::borrow::Cow;
use std::io;

use bytes::Bytes;
use dynoxide::DynoxideError;
use http::StatusCode;
use thingpass_wire::error::{Fault, Protocol, response};

use super::super::super::operation::Operation;

const NAMESPACE: &str = "com.amazonaws.dynamodb.v20120810#";

/// Why the tables could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFailure {
    /// The file or the thread.
    #[error("the table database cannot be opened: {0}")]
    Io(#[from] io::Error),
    /// Its path is not text.
    #[error("the path of the table database is not valid UTF-8")]
    Path,
    /// What is in the file.
    #[error("the table database cannot be opened: {0}")]
    Engine(String),
}

/// An error of a request to the tables, ready to send as awsJson1.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFault {
    /// The HTTP status.
    pub status: StatusCode,
    /// The `__type`, with its namespace.
    pub code: Cow<'static, str>,
    /// The text.
    pub message: String,
    /// The whole body, with members such as `CancellationReasons` and `Item`.
    pub body: Bytes,
}

impl TableFault {
    /// The code without its namespace.
    pub fn bare_code(&self) -> &str {
        self.code
            .rsplit_once('#')
            .map_or(&self.code, |(_, code)| code)
    }

    /// The same without the members that [`Fault`] has no place for.
    pub fn into_fault(self) -> Fault {
        Fault::new(self.status, self.code, self.message)
    }

    pub(super) fn throttled(message: &str) -> Self {
        let code = format!("{NAMESPACE}ThrottlingException");
        Fault::new(StatusCode::BAD_REQUEST, code, message).into()
    }

    /// There is no memory for the answer now: clients try again.
    pub(crate) fn busy(why: impl std::fmt::Display) -> Self {
        let code = "ServiceUnavailableException";
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, code, why.to_string()).into()
    }

    pub(super) fn unavailable() -> Self {
        Self::internal(
            StatusCode::SERVICE_UNAVAILABLE,
            "The tables are not available.",
        )
    }

    pub(in super::super::super) fn broken() -> Self {
        Self::internal(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        let code = format!("{NAMESPACE}ResourceNotFoundException");
        Fault::new(StatusCode::BAD_REQUEST, code, message).into()
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Fault::new(StatusCode::BAD_REQUEST, "ValidationException", message).into()
    }

    pub(super) fn unreadable(message: impl Into<String>) -> Self {
        let message = message.into();
        let code = "com.amazon.coral.service#SerializationException";
        let mut body = serde_json::Map::new();
        body.insert("__type".to_owned(), code.into());
        if !message.is_empty() {
            body.insert("Message".to_owned(), message.as_str().into());
        }
        Self {
            status: StatusCode::BAD_REQUEST,
            code: code.into(),
            body: serde_json::Value::Object(body).to_string().into(),
            message,
        }
    }

    /// An error of the engine. What went wrong inside is for the log alone.
    pub(super) fn of_engine(operation: Operation, error: DynoxideError) -> Self {
        let is_internal = match StatusCode::from_u16(error.status_code()) {
            Ok(status) => status.is_server_error(),
            Err(_) => true,
        };
        if is_internal {
            tracing::error!(%operation, %error, "the table engine failed");
            return Self::broken();
        }
        let error = match (operation, error) {
            // The engine's text names a root user of an account that is not ours.
            (Operation::ListTagsOfResource, DynoxideError::AccessDeniedException(_)) => {
                return Self::not_found("Requested resource not found");
            }
            (
                Operation::ExecuteStatement,
                DynoxideError::ConditionalCheckFailedException(message, Some(item)),
            ) => DynoxideError::StatementConditionalCheckFailed(message, item),
            (_, error) => error,
        };
        Self {
            status: StatusCode::BAD_REQUEST,
            code: Cow::Borrowed(error.error_type()),
            message: error.to_string(),
            body: error.to_json().into(),
        }
    }

    /// A body that the engine's types do not take.
    pub(super) fn of_body(operation: Operation, error: &serde_json::Error) -> Self {
        const SINGLE_WRITES: [Operation; 3] = [
            Operation::PutItem,
            Operation::UpdateItem,
            Operation::DeleteItem,
        ];
        let text = error.to_string();
        // The engine marks which error a text is, at its front.
        let marked = |marker: &str| text.strip_prefix(marker);
        let fault =
            if let Some(text) = marked("SERIALIZATION_AS_READ:").or(marked("SERIALIZATION:")) {
                Self::unreadable(text)
            } else if let Some(text) = marked("VALIDATION_REQUEST:") {
                let is_enveloped = SINGLE_WRITES.contains(&operation);
                let envelope = if is_enveloped {
                    "1 validation error detected: "
                } else {
                    ""
                };
                Self::invalid(format!("{envelope}{text}"))
            } else if let Some(text) = marked("VALIDATION_AS_READ:").or(marked("VALIDATION:")) {
                Self::invalid(text)
            } else {
                Self::of_unmarked(&text)
            };
        if ["VALIDATION", "SERIALIZATION"]
            .iter()
            .any(|marker| fault.message.contains(&format!("{marker}:")))
        {
            return Self::unreadable("");
        }
        fault
    }

    fn of_unmarked(text: &str) -> Self {
        let quoted = || text.split('`').nth(1).unwrap_or_default();
        if text.contains("Supplied AttributeValue") || text.contains("empty AttributeValue") {
            return Self::invalid(
                "Supplied AttributeValue is empty, must contain exactly one of the supported \
                 datatypes",
            );
        }
        if text.starts_with("missing field") {
            return Self::invalid(format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: \
                 Member must not be null",
                quoted()
            ));
        }
        if text.starts_with("unknown variant") {
            return Self::invalid(format!(
                "1 validation error detected: Value '{}' failed to satisfy constraint: Member must \
                 satisfy enum value set",
                quoted()
            ));
        }
        if text.contains("invalid type: null") {
            return Self::invalid("a member must not be null");
        }
        Self::unreadable(conversion(text))
    }

    fn internal(status: StatusCode, message: &str) -> Self {
        Fault::new(status, format!("{NAMESPACE}InternalServerError"), message).into()
    }
}

impl From<Fault> for TableFault {
    fn from(fault: Fault) -> Self {
        let body = response(&Protocol::Json10, &fault, "").into_body().into();
        let code = Cow::Owned(thingpass_wire::json_1_0::error_type(&fault.code));
        Self {
            status: fault.status,
            code,
            message: fault.message,
            body,
        }
    }
}

/// DynamoDB's words for a value of the wrong kind, as far as they are known; else none.
fn conversion(text: &str) -> String {
    let kinds = text
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.split_once(", expected "))
        .unwrap_or_default();
    let target = match kinds.1 {
        "a string" => "String",
        "a boolean" => "Boolean",
        _ => return String::new(),
    };
    match kinds.0 {
        "boolean `true`" => format!("TRUE_VALUE cannot be converted to {target}"),
        "boolean `false`" => format!("FALSE_VALUE cannot be converted to {target}"),
        "sequence" => format!("Unrecognized collection type class java.lang.{target}"),
        "map" => "Start of structure or map found where not expected".to_owned(),
        kind if kind.starts_with("integer") => {
            format!("NUMBER_VALUE cannot be converted to {target}")
        }
        kind if kind.starts_with("floating point") => {
            format!("DECIMAL_VALUE cannot be converted to {target}")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::Error as _;

    fn of(operation: Operation, text: &str) -> (String, String) {
        let fault = TableFault::of_body(operation, &serde_json::Error::custom(text));
        (
            fault.bare_code().to_owned(),
            String::from_utf8(fault.body.to_vec()).unwrap(),
        )
    }

    #[test]
    fn the_engines_marks_choose_the_error_and_never_leave() {
        for (operation, text, code, words) in [
            (
                Operation::GetItem,
                "VALIDATION:no",
                "ValidationException",
                "no",
            ),
            (
                Operation::GetItem,
                "VALIDATION_REQUEST:no",
                "ValidationException",
                "no",
            ),
            (
                Operation::PutItem,
                "VALIDATION_REQUEST:no",
                "ValidationException",
                "1 validation error detected: no",
            ),
            (
                Operation::PutItem,
                "SERIALIZATION:no",
                "SerializationException",
                "no",
            ),
            (
                Operation::PutItem,
                "SERIALIZATION_AS_READ:no",
                "SerializationException",
                "no",
            ),
            (
                Operation::PutItem,
                "x VALIDATION:no",
                "SerializationException",
                "",
            ),
            (
                Operation::PutItem,
                "invalid type: integer `1`, expected a string",
                "SerializationException",
                "NUMBER_VALUE cannot be converted to String",
            ),
            (
                Operation::PutItem,
                "expected struct Foo",
                "SerializationException",
                "",
            ),
        ] {
            let (got, body) = of(operation, text);
            assert_eq!(got, code, "{text}");
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            let told = body.get("message").or(body.get("Message"));
            assert_eq!(
                told.and_then(|told| told.as_str()).unwrap_or_default(),
                words,
                "{text}"
            );
        }
        let (code, body) = of(Operation::GetShardIterator, "missing field `ShardId`");
        assert_eq!(code, "ValidationException");
        assert!(body.contains("Value null at 'ShardId'"));
    }

    #[test]
    fn what_failed_inside_stays_inside() {
        let inside = DynoxideError::InternalServerError("disk I/O error at /var/x".into());
        let fault = TableFault::of_engine(Operation::PutItem, inside);
        assert_eq!(fault.status, 500);
        assert_eq!(fault.bare_code(), "InternalServerError");
        assert!(!String::from_utf8_lossy(&fault.body).contains("disk"));
    }
}
