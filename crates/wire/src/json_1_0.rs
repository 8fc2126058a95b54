//! awsJson1.0: every operation is a `POST /` whose `X-Amz-Target` names it.

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::error::SerializationError;

/// The media type of requests and responses.
pub const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The service prefix and the operation in `X-Amz-Target`, for example
/// (`DynamoDB_20120810`, `PutItem`). Absent, doubled or malformed ones are refused.
pub fn target(headers: &HeaderMap) -> Result<(&str, &str), SerializationError> {
    let mut values = headers.get_all("x-amz-target").iter();
    let (first, second) = (values.next(), values.next());
    let text = first
        .and_then(|value| value.to_str().ok())
        .filter(|_| second.is_none());
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.and_then(|text| text.rsplit_once('.'))
        .filter(|(prefix, operation)| prefix.split('.').all(is_word) && is_word(operation))
        .ok_or(SerializationError::Target)
}

/// Reads a body, which must be a JSON object or empty (then the object is empty).
pub fn input(body: &[u8]) -> Result<Value, SerializationError> {
    object(body).map(Value::Object)
}

/// The `__type` of an error: `code` itself where it names its namespace (`com.example#Fault`),
/// else one that AWS puts before it.
pub fn error_type(code: &str) -> String {
    match code {
        named if named.contains('#') => named.to_owned(),
        "ValidationException" => format!("com.amazon.coral.validate#{code}"),
        common => format!("com.amazon.coral.service#{common}"),
    }
}

/// A JSON object, or nothing at all.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, SerializationError> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(SerializationError::Body("it is not an object".to_owned())),
        Err(error) => Err(SerializationError::Body(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn target_of(values: &[&'static str]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-amz-target", HeaderValue::from_static(value));
        }
        target(&headers)
            .ok()
            .map(|(prefix, operation)| (prefix.to_owned(), operation.to_owned()))
    }

    #[test]
    fn the_target_names_prefix_and_operation() {
        let expected = ("DynamoDB_20120810".to_owned(), "PutItem".to_owned());
        assert_eq!(target_of(&["DynamoDB_20120810.PutItem"]), Some(expected));
        for bad in [
            &[][..],
            &["PutItem"],
            &["."],
            &["a."],
            &[".b"],
            &["a.b c"],
            &["a.b", "a.b"],
        ] {
            assert_eq!(target_of(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_body_is_an_object_or_nothing() {
        assert_eq!(input(b" ").unwrap(), serde_json::json!({}));
        assert_eq!(
            input(b"{\"b\":1,\"a\":2}").unwrap().to_string(),
            "{\"b\":1,\"a\":2}"
        );
        for bad in ["[]", "1", "{", "{} {}", "null", &"[".repeat(100_000)] {
            assert!(input(bad.as_bytes()).is_err(), "{bad:.9}");
        }
    }
}
