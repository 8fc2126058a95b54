//! A request that somebody signed, with what its verifier knows of the signer.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use thingpass_wire::error::AuthFailure;
use thingpass_wire::sigv4::{Claim, Received, payload_sha256, read};
use thingpass_wire::timestamp::parse_iso_8601;
use time::Duration;

/// A vector. Members that only say how it was made are left out.
#[derive(Clone, Deserialize)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    /// Absent where the request alone tells it.
    pub(crate) session_token: Option<String>,
    pub(crate) region: String,
    pub(crate) service: String,
    /// When it is verified.
    pub(crate) timestamp: String,
    pub(crate) signed_request: Request,
}

/// A request, as a server receives it.
#[derive(Clone, Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// Why a vector is rejected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejected {
    #[error("`timestamp` is not of the form 2015-08-30T12:36:00Z: `{0}`")]
    Timestamp(String),
    #[error("`{0}` is not a header that HTTP knows")]
    Header(String),
    #[error(transparent)]
    Unauthenticated(#[from] AuthFailure),
}

impl Vector {
    /// Verifies the request at the time of the vector, by the steps of a server.
    pub(crate) fn verify(&self) -> Result<Claim, Rejected> {
        let request = &self.signed_request;
        let headers = request.header_map()?;
        let received = request.received(&headers);
        let claim = read(&received).map_err(AuthFailure::from)?;
        let at = parse_iso_8601(&self.timestamp)
            .ok_or_else(|| Rejected::Timestamp(self.timestamp.clone()))?;
        let verify = || {
            claim.check_time(at, Duration::ZERO)?;
            claim.check_scope(&self.service, Some(&self.region))?;
            let payload = payload_sha256(request.body.as_bytes());
            claim.verify(&received, &payload, &self.secret_access_key)
        };
        if claim.access_key_id != self.access_key_id {
            return Err(AuthFailure::UnknownKey.into());
        }
        if self.session_token.is_some() && self.session_token != claim.session_token {
            return Err(AuthFailure::BadSessionToken.into());
        }
        verify().map_err(AuthFailure::from)?;
        Ok(claim)
    }
}

impl Request {
    /// As an HTTP server hands them on: with folded lines unfolded (RFC 9112, section 5.2).
    pub(crate) fn header_map(&self) -> Result<HeaderMap, Rejected> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let unknown = || Rejected::Header(name.clone());
            let value = HeaderValue::from_bytes(value.replace('\n', " ").as_bytes());
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| unknown())?,
                value.map_err(|_| unknown())?,
            );
        }
        Ok(headers)
    }

    pub(crate) fn received<'a>(&'a self, headers: &'a HeaderMap) -> Received<'a> {
        Received {
            method: &self.method,
            target: &self.target,
            headers,
            host: None,
        }
    }
}
