//! Signing requests into their `Authorization` header.

use std::fmt;

use data_encoding::HEXLOWER;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderValue, Method};
use thiserror::Error;
use time::OffsetDateTime;

use super::{ALGORITHM, SECURITY_TOKEN, Scope, canonical, payload_sha256, signing_key};
use crate::timestamp;

/// What a client signs with.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// Sent in the open.
    pub access_key_id: &'a str,
    /// Never sent.
    pub secret_access_key: &'a str,
    /// Sent along when the credentials are temporary.
    pub session_token: Option<&'a str>,
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Why a request could not be signed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SigningFault {
    /// The headers hold no `host`.
    #[error("a request must have a `host` header before it can be signed")]
    MissingHost,
    /// A credential, region or service holds a character that no header can carry.
    #[error("the {0} holds a character that an HTTP header cannot carry")]
    Unprintable(&'static str),
    /// A presigned request must be good for 1 to 604800 seconds.
    #[error("an expiry must be from 1 to 604800 seconds, got `{0}`")]
    Expiry(u32),
}

/// Headers that intermediaries or the HTTP library change, so that no SDK signs them.
const NOT_COVERED: [&str; 11] = [
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

/// Signs a request as the SDKs do for services other than S3: puts `x-amz-date`,
/// `x-amz-security-token` and `authorization` into `headers` in place of any that were there. All
/// headers but a few that change on the way are covered, so add nothing to them afterwards that
/// must be trusted. `headers` must hold `host`. `target` is `path?query` as it will be sent.
#[allow(
    clippy::too_many_arguments,
    reason = "the parts of a request, all of them needed"
)]
pub fn sign(
    method: &Method,
    target: &str,
    headers: &mut HeaderMap,
    body: &[u8],
    credentials: &Credentials<'_>,
    region: &str,
    service: &str,
    at: OffsetDateTime,
) -> Result<(), SigningFault> {
    let stamp = timestamp::amz_basic(at);
    headers.insert("x-amz-date", header_value(&stamp, "date")?);
    headers.remove(SECURITY_TOKEN);
    if let Some(token) = credentials.session_token {
        let mut value = header_value(token, "session token")?;
        value.set_sensitive(true);
        headers.insert(SECURITY_TOKEN, value);
    }
    let scope = Scope::at(&stamp, region, service);
    let signed_headers = covered(headers)?;
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let normalized = canonical::normalized(path);
    let request = canonical::Request {
        method: method.as_str(),
        path: normalized.as_deref().unwrap_or(path),
        query,
        left_out: &[],
        headers,
        host: None,
        signed_headers: &signed_headers,
        payload_sha256: &payload_sha256(body),
    };
    let signature = signature(&request, &stamp, &scope, credentials)?;
    let authorization = format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={signature}",
        credentials.access_key_id
    );
    headers.insert(
        AUTHORIZATION,
        header_value(&authorization, "access key id or scope")?,
    );
    Ok(())
}

/// The signature of a request, in hex.
pub(super) fn signature(
    request: &canonical::Request<'_>,
    stamp: &str,
    scope: &Scope,
    credentials: &Credentials<'_>,
) -> Result<String, SigningFault> {
    let canonical_request = request.text().ok_or(SigningFault::MissingHost)?;
    let text = canonical::string_to_sign(stamp, scope, &canonical_request);
    Ok(HEXLOWER.encode(&signing_key(credentials.secret_access_key, scope).sign(&text)))
}

/// The headers to cover: lower case, sorted, joined with `;`.
pub(super) fn covered(headers: &HeaderMap) -> Result<String, SigningFault> {
    if !headers.contains_key(HOST) {
        return Err(SigningFault::MissingHost);
    }
    let mut names: Vec<&str> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| !NOT_COVERED.contains(name))
        .collect();
    names.sort_unstable();
    Ok(names.join(";"))
}

fn header_value(text: &str, what: &'static str) -> Result<HeaderValue, SigningFault> {
    HeaderValue::from_str(text).map_err(|_| SigningFault::Unprintable(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const CREDENTIALS: Credentials<'_> = Credentials {
        access_key_id: "AKID",
        secret_access_key: "hush",
        session_token: None,
    };
    const AT: OffsetDateTime = datetime!(2015-08-30 12:36 UTC);

    #[test]
    fn a_request_without_a_host_is_not_signed() {
        let mut headers = HeaderMap::new();
        let signed = sign(
            &Method::GET,
            "/",
            &mut headers,
            b"",
            &CREDENTIALS,
            "r",
            "s",
            AT,
        );
        assert_eq!(signed, Err(SigningFault::MissingHost));
        assert!(!headers.contains_key(AUTHORIZATION));
    }

    #[test]
    fn what_an_earlier_signature_left_is_replaced() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("h"));
        let signed = |headers: &mut HeaderMap, credentials: &Credentials<'_>| {
            sign(&Method::GET, "/", headers, b"", credentials, "r", "s", AT).unwrap();
            headers.get(AUTHORIZATION).cloned()
        };
        let fresh = signed(&mut headers.clone(), &CREDENTIALS);
        let temporary = Credentials {
            session_token: Some("t"),
            ..CREDENTIALS
        };
        assert_ne!(signed(&mut headers, &temporary), fresh);
        assert!(
            headers
                .get(SECURITY_TOKEN)
                .is_some_and(HeaderValue::is_sensitive)
        );
        assert_eq!(signed(&mut headers, &CREDENTIALS), fresh);
        assert!(!headers.contains_key(SECURITY_TOKEN));
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let shown = format!("{CREDENTIALS:?}");
        assert!(shown.contains("AKID") && !shown.contains("hush"));
    }
}
