//! awsJson1.0: every operation is a `POST /` whose `X-Amz-Target` names it.

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value};

use crate::error::{Fault, SerializationError};

/// The media type of requests and responses.
pub const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
/// The header with the checksum of an answer's body, which SDKs compare.
pub const CRC_32: HeaderName = HeaderName::from_static("x-amz-crc32");
/// The body of the answer to what is no call of an operation.
pub(crate) const NO_CALL: &str = "<UnknownOperationException/>";

/// The checksum of a body, for [`CRC_32`].
pub fn crc_32(body: &[u8]) -> HeaderValue {
    const SUM: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);
    SUM.checksum(body).into()
}

/// Whether a request may be a call: a `POST` whose body, if it has one, says that it is JSON. AWS
/// looks at this before anything else, and not at the path.
pub fn is_call(method: &Method, headers: &HeaderMap, has_body: bool) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (first, second) = (types.next(), types.next());
    let media_type = first
        .and_then(|value| value.to_str().ok())
        .filter(|_| second.is_none())
        .and_then(|text| text.split(';').next());
    let is_json = media_type.is_some_and(|media_type| {
        [CONTENT_TYPE, "application/json"]
            .iter()
            .any(|json| media_type.trim().eq_ignore_ascii_case(json))
    });
    *method == Method::POST && (is_json || !has_body)
}

/// What is answered where [`is_call`] says no.
pub fn no_call() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "UnknownOperationException", "")
}

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
    fn a_call_is_a_post_of_json() {
        let is_call = |method: Method, content_types: &[&'static str], has_body| {
            let mut headers = HeaderMap::new();
            for content_type in content_types {
                headers.append("content-type", HeaderValue::from_static(content_type));
            }
            super::is_call(&method, &headers, has_body)
        };
        for good in [
            CONTENT_TYPE,
            "application/json",
            "Application/JSON; charset=utf-8",
        ] {
            assert!(is_call(Method::POST, &[good], true), "{good}");
            assert!(!is_call(Method::PUT, &[good], true), "{good}");
        }
        for bad in [
            &[][..],
            &["text/plain"],
            &["application/x-amz-json-1.1"],
            &[""],
            &[CONTENT_TYPE, CONTENT_TYPE],
        ] {
            assert!(!is_call(Method::POST, bad, true), "{bad:?}");
            assert!(is_call(Method::POST, bad, false), "{bad:?}");
        }
    }

    #[test]
    fn the_checksum_is_the_one_of_gzip() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(crc_32(b"123456789"), "3421780262");
        assert_eq!(crc_32(b""), "0");
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
