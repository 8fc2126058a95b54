//! Signature Version 4: read what a request claims, check the claim, and sign requests.
//!
//! A server calls [`read`], finds the secret of [`Claim::access_key_id`], then calls
//! [`Claim::check_time`], [`Claim::check_scope`] and [`Claim::verify`]; a claim is worth nothing
//! before all three pass. Signature Version 4a and signed chunks are refused. The example
//! `verify_vectors` does so with vectors from a file.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::fmt;

use aws_lc_rs::digest;
use http::HeaderMap;
use time::OffsetDateTime;

use crate::timestamp;

mod canonical;
mod fault;
mod header;
mod key;
mod presigned;
mod scope;
mod sign;
mod verify;

pub use fault::AuthError;
pub use key::{SigningKey, signing_key};
pub use presigned::presign;
pub use scope::Scope;
pub use sign::{Credentials, SigningFault, sign};
pub use verify::{Explanation, Reading};

/// The one algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SECURITY_TOKEN: &str = "x-amz-security-token";

/// What the client sent, unparsed.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// For example `GET`.
    pub method: &'a str,
    /// The request target as received: `path?query`, nothing decoded.
    pub target: &'a str,
    /// All headers, in the order received.
    pub headers: &'a HeaderMap,
    /// The authority of an HTTP/2 request; used only where no `Host` header exists.
    pub host: Option<&'a str>,
}

impl<'a> Received<'a> {
    /// The raw path.
    pub fn path(&self) -> &'a str {
        self.target
            .split_once('?')
            .map_or(self.target, |(path, _)| path)
    }

    /// The raw query, without its `?`.
    pub fn query(&self) -> Option<&'a str> {
        self.target.split_once('?').map(|(_, query)| query)
    }
}

/// Where the signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query string.
    Presigned {
        /// How long the request stays good after `signed_at`: 1 to 604800.
        expires_seconds: u32,
    },
}

/// Who a request says signed it, when, and for what. Not yet checked.
#[derive(Clone)]
pub struct Claim {
    /// The key whose secret must have made the signature.
    pub access_key_id: String,
    /// What the signing key was derived for.
    pub scope: Scope,
    /// When the client says it signed; whole seconds.
    pub signed_at: OffsetDateTime,
    /// The session token that came along. It may stand outside the signature.
    pub session_token: Option<String>,
    /// Where the signature stands.
    pub form: Form,
    /// `signed_at` as it stands in the string to sign.
    stamp: String,
    terminator: String,
    signed_headers: String,
    /// `None` where the text was not 64 lower-case hex digits: it matches nothing.
    signature: Option<[u8; 32]>,
}

impl Claim {
    /// The names of the headers under the signature: lower case, sorted.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.split(';')
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope)
            .field("signed_at", &self.signed_at)
            .field(
                "session_token",
                &self.session_token.as_ref().map(|_| "[redacted]"),
            )
            .field("form", &self.form)
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}

/// Reads the signature in the header or in the query, with no secret at hand. The order of checks
/// and their words are DynamoDB's as observed, except that the clock is compared later, in
/// [`Claim::check_time`]. A second authorisation, or any part given twice, is refused.
pub fn read(received: &Received<'_>) -> Result<Claim, AuthError> {
    let query = received.query().unwrap_or_default();
    match (
        received.headers.contains_key(http::header::AUTHORIZATION),
        presigned::is_signed(query),
    ) {
        (true, true) => Err(AuthError::BothForms),
        (true, false) => header::read(received.headers),
        (false, true) => presigned::read(received.headers, query),
        (false, false) => Err(AuthError::MissingAuthenticationToken),
    }
}

/// The hash of a body, as [`Claim::verify`] takes it.
pub fn payload_sha256(body: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, body).as_ref());
    out
}

/// The parts of a claim before they are looked into.
struct Parts<'a> {
    algorithm: &'a str,
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
    date: &'a str,
    signed_at: Option<OffsetDateTime>,
    session_token: Option<String>,
    form: Form,
}

impl Parts<'_> {
    fn claim(self) -> Result<Claim, AuthError> {
        let Some(signed_at) = self.signed_at else {
            return Err(AuthError::IncompleteSignature(format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See \
                 http://en.wikipedia.org/wiki/ISO_8601",
                self.date
            )));
        };
        if !self
            .signed_headers
            .split(';')
            .any(|name| name.eq_ignore_ascii_case("host"))
        {
            return Err(AuthError::InvalidSignature(
                "'Host' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
            ));
        }
        if self.algorithm != ALGORITHM {
            return Err(AuthError::UnsupportedAlgorithm(self.algorithm.to_owned()));
        }
        let (access_key_id, scope, terminator) = scope::read_credential(self.credential)?;
        if !are_canonical_names(self.signed_headers) {
            return Err(AuthError::IncompleteSignature(format!(
                "'SignedHeaders' must be lower-case header names, sorted, each named once. Got '{}'",
                self.signed_headers
            )));
        }
        Ok(Claim {
            access_key_id,
            scope,
            signed_at,
            session_token: self.session_token,
            form: self.form,
            stamp: timestamp::amz_basic(signed_at),
            terminator,
            signed_headers: self.signed_headers.to_owned(),
            signature: read_signature(self.signature),
        })
    }
}

/// The one value of a header; a header given twice would let two readers see different things.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, AuthError> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else { return Ok(None) };
    match (value.to_str(), second) {
        (Ok(text), None) => Ok(Some(text.trim())),
        _ => Err(AuthError::IncompleteSignature(format!(
            "header '{name}' must be given once, in ASCII"
        ))),
    }
}

fn are_canonical_names(signed_headers: &str) -> bool {
    let is_name = |name: &str| {
        let is_token = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
        };
        !name.is_empty() && name.bytes().all(is_token)
    };
    signed_headers.split(';').all(is_name)
        && signed_headers
            .split(';')
            .is_sorted_by(|left, right| left < right)
}

fn read_signature(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    data_encoding::HEXLOWER
        .decode_mut(text.as_bytes(), &mut bytes)
        .ok()?;
    Some(bytes)
}
