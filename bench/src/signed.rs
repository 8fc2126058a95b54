//! Signed requests, as bytes ready to send.

use anyhow::Result;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use thingpass_wire::sigv4;
use time::OffsetDateTime;

/// Who signs, and where.
#[derive(Clone)]
pub(crate) struct Signer {
    /// The key's open half.
    pub(crate) access_key_id: String,
    /// The key's secret half.
    pub(crate) secret_access_key: String,
    /// Of temporary credentials.
    pub(crate) session_token: Option<String>,
    /// The region.
    pub(crate) region: String,
    /// The port, for the host header.
    pub(crate) port: u16,
}

impl Signer {
    /// A request to `service`.
    pub(crate) fn request(
        &self,
        service: &str,
        method: &Method,
        target: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<Vec<u8>> {
        let mut map = HeaderMap::new();
        map.insert(
            HOST,
            HeaderValue::from_str(&format!("localhost:{}", self.port))?,
        );
        map.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        for (name, value) in headers {
            map.insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
        }
        let credentials = sigv4::Credentials {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key,
            session_token: self.session_token.as_deref(),
        };
        let (bytes, region) = (body.as_bytes(), &self.region);
        sigv4::sign(
            method,
            target,
            &mut map,
            bytes,
            &credentials,
            region,
            service,
            now(),
        )?;
        Ok(unsigned(method, target, &map, bytes))
    }
}

/// A request as it goes over the wire.
pub(crate) fn unsigned(method: &Method, target: &str, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// The time.
#[allow(
    clippy::disallowed_methods,
    reason = "nothing is injected here: real requests, real time"
)]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_carries_its_signature_and_its_body() {
        let signer = Signer {
            access_key_id: "AKID".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: Some("token".to_owned()),
            region: "us-east-1".to_owned(),
            port: 4566,
        };
        let headers = [("x-amz-target", "T.Op")];
        let bytes = signer
            .request("dynamodb", &Method::POST, "/", &headers, "{}")
            .unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.starts_with("POST / HTTP/1.1\r\n") && text.ends_with("\r\n\r\n{}"),
            "{text}"
        );
        assert!(text.contains("Credential=AKID/") && text.contains("x-amz-security-token: token"));
    }
}
