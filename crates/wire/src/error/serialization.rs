//! Inputs that cannot be read.

use http::StatusCode;
use thiserror::Error;

use super::{Fault, Protocol};

/// Why an input could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SerializationError {
    /// The body is not a JSON object; the text says where.
    #[error("the body is not valid JSON for this operation: {0}")]
    Body(String),
    /// Text is not percent-encoded UTF-8.
    #[error("a name or value is not percent-encoded UTF-8")]
    Encoding,
    /// A parameter, header or member is given twice.
    #[error("`{0}` must be given only once")]
    Doubled(String),
    /// A member is absent where it must be, or not of its kind.
    #[error("`{0}` is missing or malformed")]
    Member(String),
    /// A member is in the body that belongs in the path, the query or a header.
    #[error("`{0}` does not belong in the body of this request")]
    Misplaced(String),
    /// A limit is exceeded; the text names it.
    #[error("the request has more than {0}")]
    TooMuch(String),
    /// `X-Amz-Target` is absent or malformed.
    #[error("the `X-Amz-Target` header is missing or malformed")]
    Target,
}

/// An input that could not be read. DynamoDB says no more than the code; the query protocol calls
/// it a validation error.
pub fn serialization_fault(protocol: &Protocol, error: &SerializationError) -> Fault {
    let (code, message) = match (protocol, error) {
        (Protocol::Json10, SerializationError::Target) => {
            ("UnknownOperationException", String::new())
        }
        (Protocol::Json10, _) => ("SerializationException", String::new()),
        (Protocol::RestJson, error) => ("SerializationException", error.to_string()),
        (Protocol::Query { .. }, error) => ("ValidationError", error.to_string()),
    };
    Fault::new(StatusCode::BAD_REQUEST, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_name_for_an_input_that_cannot_be_read() {
        let error = SerializationError::Doubled("a".to_owned());
        let named = |protocol, error| {
            let fault = serialization_fault(&protocol, error);
            assert_eq!(fault.status, 400);
            (fault.code.into_owned(), fault.message)
        };
        let words = "`a` must be given only once".to_owned();
        let query = Protocol::Query { xmlns: "x" };
        assert_eq!(
            named(Protocol::RestJson, &error),
            ("SerializationException".into(), words.clone())
        );
        assert_eq!(named(query, &error), ("ValidationError".into(), words));
        assert_eq!(
            named(Protocol::Json10, &error),
            ("SerializationException".into(), String::new())
        );
        let unknown = named(Protocol::Json10, &SerializationError::Target);
        assert_eq!(unknown, ("UnknownOperationException".into(), String::new()));
    }
}
