//! Errors as each protocol sends them, and what a refused signature is called in each.

use std::borrow::Cow;

use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::sigv4::AuthError;
use crate::{json_1_0, query_xml};

mod serialization;

pub use serialization::{SerializationError, serialization_fault};

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// restJson1.
    RestJson,
    /// awsQuery.
    Query {
        /// The namespace of its documents.
        xmlns: &'static str,
    },
    /// awsJson1.0.
    Json10,
}

/// An error to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status.
    pub status: StatusCode,
    /// The AWS code, for example `ResourceNotFoundException`; for awsJson1.0 it may name its
    /// namespace (`com.amazonaws.dynamodb.v20120810#ResourceNotFoundException`).
    pub code: Cow<'static, str>,
    /// The text for the client; empty: none is sent.
    pub message: String,
    /// Further members of the error's shape, such as `resourceId` and `resourceArn`.
    pub members: Vec<(&'static str, String)>,
}

impl Fault {
    /// An error without further members.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            members: Vec::new(),
        }
    }

    /// The same with one more member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// The code without its namespace.
    pub fn bare_code(&self) -> &str {
        self.code
            .rsplit_once('#')
            .map_or(&self.code, |(_, code)| code)
    }
}

/// Why a request's identity was refused: its signature, or what the key or token turned out to be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AuthFailure {
    /// The signature itself.
    #[error(transparent)]
    Signature(#[from] AuthError),
    /// Nobody holds this access key id.
    #[error("the access key id is unknown")]
    UnknownKey,
    /// The session token is missing, forged or not for this key.
    #[error("the session token is missing or is not valid for this access key id")]
    BadSessionToken,
    /// The session is over.
    #[error("the session token has expired")]
    ExpiredToken,
}

const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const EXPIRED_TOKEN: &str = "The security token included in the request is expired";

/// The whole response but for `Date`, which is the server's to add.
pub fn response(protocol: &Protocol, fault: &Fault, request_id: &str) -> Response<Vec<u8>> {
    let (content_type, body) = match protocol {
        Protocol::RestJson => (Some("application/json"), rest_body(fault)),
        Protocol::Query { xmlns } => (
            Some("text/xml"),
            query_xml::error(xmlns, fault, request_id).into_bytes(),
        ),
        Protocol::Json10 if *fault == json_1_0::no_call() => (None, json_1_0::NO_CALL.into()),
        Protocol::Json10 => (Some(json_1_0::CONTENT_TYPE), json_body(fault)),
    };
    let checksum = (*protocol == Protocol::Json10).then(|| json_1_0::crc_32(&body));
    let mut response = Response::new(body);
    *response.status_mut() = fault.status;
    let headers = response.headers_mut();
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some(checksum) = checksum {
        headers.insert(json_1_0::CRC_32, checksum);
    }
    for (name, text) in [
        ("x-amzn-errortype", fault.bare_code()),
        ("x-amzn-requestid", request_id),
    ] {
        // Codes and ids are ASCII; one that is not must not lose the client its body.
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// What `protocol` calls a refused identity, and in which words.
pub fn auth_fault(protocol: &Protocol, failure: &AuthFailure) -> Fault {
    let (base, bad_request) = match failure {
        AuthFailure::Signature(error) => signature_code(error),
        AuthFailure::UnknownKey | AuthFailure::BadSessionToken => ("UnrecognizedClient", false),
        AuthFailure::ExpiredToken => ("ExpiredToken", false),
    };
    let message = match (failure, protocol) {
        (AuthFailure::Signature(AuthError::MissingAuthenticationToken), Protocol::RestJson) => {
            "Missing Authentication Token".to_owned()
        }
        (AuthFailure::Signature(error), _) => error.to_string(),
        // DynamoDB ends the sentence about a key with a full stop, and not the one about a token.
        (AuthFailure::BadSessionToken, Protocol::Json10) => {
            INVALID_TOKEN.trim_end_matches('.').to_owned()
        }
        (AuthFailure::UnknownKey | AuthFailure::BadSessionToken, _) => INVALID_TOKEN.to_owned(),
        (AuthFailure::ExpiredToken, _) => EXPIRED_TOKEN.to_owned(),
    };
    let code = match (protocol, base) {
        (Protocol::Query { .. }, "InvalidSignature") => "SignatureDoesNotMatch".into(),
        (Protocol::Query { .. }, "UnrecognizedClient") => "InvalidClientTokenId".into(),
        (Protocol::Query { .. }, base) => Cow::Borrowed(base),
        (Protocol::RestJson | Protocol::Json10, base) => format!("{base}Exception").into(),
    };
    let status = match protocol {
        Protocol::Json10 => StatusCode::BAD_REQUEST,
        Protocol::Query { .. } if bad_request => StatusCode::BAD_REQUEST,
        Protocol::Query { .. } | Protocol::RestJson => StatusCode::FORBIDDEN,
    };
    Fault::new(status, code, message)
}

/// A refused action; `message` is the sentence `User: … is not authorized to perform: …`.
pub fn access_denied(protocol: &Protocol, message: impl Into<String>) -> Fault {
    let (status, code) = match protocol {
        Protocol::RestJson => (StatusCode::FORBIDDEN, "AccessDeniedException"),
        Protocol::Query { .. } => (StatusCode::FORBIDDEN, "AccessDenied"),
        Protocol::Json10 => (StatusCode::BAD_REQUEST, "AccessDeniedException"),
    };
    Fault::new(status, code, message)
}

/// The stem of the code, and whether the query protocol answers 400 in place of 403.
fn signature_code(error: &AuthError) -> (&'static str, bool) {
    match error {
        AuthError::MissingAuthenticationToken => ("MissingAuthenticationToken", false),
        AuthError::IncompleteSignature(_) | AuthError::UnsupportedAlgorithm(_) => {
            ("IncompleteSignature", true)
        }
        AuthError::BothForms
        | AuthError::InvalidSignature(_)
        | AuthError::Expired(_)
        | AuthError::NotYetCurrent(_)
        | AuthError::DoesNotMatch
        | AuthError::PayloadMismatch(_) => ("InvalidSignature", false),
    }
}

fn rest_body(fault: &Fault) -> Vec<u8> {
    let mut body = Map::new();
    body.insert("message".to_owned(), fault.message.as_str().into());
    json(body, fault)
}

fn json_body(fault: &Fault) -> Vec<u8> {
    let mut body = Map::new();
    body.insert(
        "__type".to_owned(),
        json_1_0::error_type(&fault.code).into(),
    );
    if !fault.message.is_empty() {
        // The one error whose text DynamoDB capitalises.
        let capital = fault.bare_code() == "AccessDeniedException";
        let name = if capital { "Message" } else { "message" };
        body.insert(name.to_owned(), fault.message.as_str().into());
    }
    json(body, fault)
}

fn json(mut body: Map<String, Value>, fault: &Fault) -> Vec<u8> {
    let members = fault.members.iter();
    body.extend(members.map(|(name, value)| ((*name).to_owned(), value.as_str().into())));
    Value::Object(body).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STS: Protocol = Protocol::Query {
        xmlns: "https://sts.amazonaws.com/doc/2011-06-15/",
    };

    fn sent(protocol: Protocol, fault: &Fault) -> (u16, String, String) {
        let response = response(&protocol, fault, "id-1");
        let kind = response.headers()["x-amzn-errortype"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(response.headers()["x-amzn-requestid"], "id-1");
        (
            response.status().as_u16(),
            kind,
            String::from_utf8(response.into_body()).unwrap(),
        )
    }

    #[test]
    fn a_rest_error_has_its_type_in_a_header_and_its_members_in_the_body() {
        let fault = Fault::new(
            StatusCode::CONFLICT,
            "ResourceAlreadyExistsException",
            "there",
        )
        .with("resourceId", "r\"1");
        let (status, kind, body) = sent(Protocol::RestJson, &fault);
        assert_eq!(
            (status, kind.as_str()),
            (409, "ResourceAlreadyExistsException")
        );
        assert_eq!(body, r#"{"message":"there","resourceId":"r\"1"}"#);
    }

    #[test]
    fn a_query_error_is_xml() {
        let fault = Fault::new(StatusCode::NOT_FOUND, "NoSuchEntity", "The role <x>");
        let (status, kind, body) = sent(STS, &fault);
        assert_eq!((status, kind.as_str()), (404, "NoSuchEntity"));
        assert_eq!(
            body,
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender\
             </Type><Code>NoSuchEntity</Code><Message>The role &lt;x&gt;</Message></Error><RequestId>\
             id-1</RequestId></ErrorResponse>"
        );
        let ours = Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "ServiceFailure", "");
        assert!(sent(STS, &ours).2.contains("<Type>Receiver</Type>"));
    }

    #[test]
    fn json_errors_name_their_namespace_and_only_denials_have_a_capital() {
        let json = |code: &'static str, message: &str| {
            sent(
                Protocol::Json10,
                &Fault::new(StatusCode::BAD_REQUEST, code, message),
            )
            .2
        };
        assert_eq!(
            json("SerializationException", ""),
            r#"{"__type":"com.amazon.coral.service#SerializationException"}"#
        );
        assert_eq!(
            json(
                "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
                "m"
            ),
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"m"}"#
        );
        assert_eq!(
            json("ValidationException", "m"),
            r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"m"}"#
        );
        assert_eq!(
            sent(Protocol::Json10, &access_denied(&Protocol::Json10, "no")).2,
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}"#
        );
    }

    #[test]
    fn json_errors_carry_the_checksum_of_their_body() {
        for fault in [
            Fault::new(StatusCode::BAD_REQUEST, "ValidationException", "m"),
            json_1_0::no_call(),
        ] {
            let response = response(&Protocol::Json10, &fault, "id-1");
            let sum = json_1_0::crc_32(response.body());
            assert_eq!(response.headers()[json_1_0::CRC_32], sum);
        }
        let (status, _, body) = sent(Protocol::Json10, &json_1_0::no_call());
        assert_eq!(
            (status, body.as_str()),
            (404, "<UnknownOperationException/>")
        );
    }

    #[test]
    fn each_protocol_has_its_name_and_status_for_each_failure() {
        let skewed = AuthFailure::Signature(AuthError::Expired("Signature expired: x".to_owned()));
        let halved = AuthFailure::Signature(AuthError::IncompleteSignature("x".to_owned()));
        let table: [(AuthFailure, &str, &str, u16); 7] = [
            (
                AuthError::MissingAuthenticationToken.into(),
                "MissingAuthenticationTokenException",
                "MissingAuthenticationToken",
                403,
            ),
            (
                AuthFailure::UnknownKey,
                "UnrecognizedClientException",
                "InvalidClientTokenId",
                403,
            ),
            (
                AuthFailure::BadSessionToken,
                "UnrecognizedClientException",
                "InvalidClientTokenId",
                403,
            ),
            (
                AuthFailure::ExpiredToken,
                "ExpiredTokenException",
                "ExpiredToken",
                403,
            ),
            (
                AuthError::DoesNotMatch.into(),
                "InvalidSignatureException",
                "SignatureDoesNotMatch",
                403,
            ),
            (
                skewed,
                "InvalidSignatureException",
                "SignatureDoesNotMatch",
                403,
            ),
            (
                halved,
                "IncompleteSignatureException",
                "IncompleteSignature",
                400,
            ),
        ];
        for (failure, json_code, query_code, query_status) in table {
            let named = |protocol: Protocol| {
                let fault = auth_fault(&protocol, &failure);
                (fault.code.into_owned(), fault.status.as_u16())
            };
            assert_eq!(named(Protocol::Json10), (json_code.to_owned(), 400));
            assert_eq!(named(Protocol::RestJson), (json_code.to_owned(), 403));
            assert_eq!(named(STS), (query_code.to_owned(), query_status));
        }
    }

    #[test]
    fn each_protocol_has_its_words() {
        let words =
            |protocol: Protocol, failure: AuthFailure| auth_fault(&protocol, &failure).message;
        let missing = || AuthFailure::from(AuthError::MissingAuthenticationToken);
        assert_eq!(
            words(Protocol::RestJson, missing()),
            "Missing Authentication Token"
        );
        assert_eq!(
            words(STS, missing()),
            "Request is missing Authentication Token"
        );
        assert!(words(Protocol::Json10, AuthFailure::UnknownKey).ends_with("is invalid."));
        assert!(words(Protocol::Json10, AuthFailure::BadSessionToken).ends_with("is invalid"));
        assert!(words(STS, AuthFailure::BadSessionToken).ends_with("is invalid."));
        assert!(words(STS, AuthFailure::ExpiredToken).ends_with("is expired"));
    }
}
