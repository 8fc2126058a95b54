//! Why a signature was refused.

use thiserror::Error;

/// Why a request's signature was refused. `Display` is the text AWS sends; the code and the status
/// of each protocol are chosen in [`crate::error::auth_fault`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AuthError {
    /// Nothing in the request is a Signature Version 4 authorisation.
    #[error("Request is missing Authentication Token")]
    MissingAuthenticationToken,
    /// Both the header and the query string carry one.
    #[error(
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
    )]
    BothForms,
    /// A part is absent, doubled or not of its form.
    #[error("{0}")]
    IncompleteSignature(String),
    /// All parts are there, but the scope or the choice of signed headers is not acceptable.
    #[error("{0}")]
    InvalidSignature(String),
    /// The request was signed too long ago.
    #[error("{0}")]
    Expired(String),
    /// The request was signed in the future.
    #[error("{0}")]
    NotYetCurrent(String),
    /// The signature is not the one that the secret and the request give.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your \
         AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    DoesNotMatch,
    /// `x-amz-content-sha256` does not state the SHA-256 of the body.
    #[error("{0}")]
    PayloadMismatch(String),
    /// Not `AWS4-HMAC-SHA256`, for example Signature Version 4a. Holds the name that was sent.
    #[error("Unsupported AWS 'algorithm': '{0}' (only AWS4-HMAC-SHA256 for now). ")]
    UnsupportedAlgorithm(String),
}
