//! What can be wrong with a certificate, a request or a key.

/// Why a certificate, signing request or key was refused, in words for the person who sent it.
///
/// No variant ever holds key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not the one PEM block that was asked for.
    #[error("{0}")]
    Pem(String),
    /// The text is longer than [`limits`](crate::limits) allows.
    #[error("the {what} is longer than {limit} characters")]
    TooLong {
        /// What was read.
        what: &'static str,
        /// The most characters it may have.
        limit: usize,
    },
    /// The bytes are not the structure they should be.
    #[error("the {what} cannot be read: {reason}")]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The public key is of a kind or size that is not accepted.
    #[error(
        "{0}; accepted are RSA keys of 2048 to 8192 bits and the curves P-256, P-384 and P-521"
    )]
    KeyNotAccepted(String),
    /// The signature was made with an algorithm that is not accepted.
    #[error(
        "the signature algorithm {0} is not accepted; sign with SHA-256, SHA-384 or SHA-512 and RSA, RSASSA-PSS or ECDSA"
    )]
    SignatureAlgorithmNotAccepted(String),
    /// The signature does not verify with the signer's public key.
    #[error("the signature of the {0} does not verify")]
    SignatureInvalid(&'static str),
    /// The certificate names another issuer.
    #[error("the certificate was issued by `{issuer}`, not by `{authority}`")]
    IssuerMismatch {
        /// The issuer the certificate names.
        issuer: String,
        /// The subject of the certificate that was to be its issuer.
        authority: String,
    },
    /// The certificate that was to be an issuer may not sign certificates.
    #[error(
        "`{0}` is not a certificate authority; its certificate needs the basic constraint `CA:TRUE` and, if it has a key usage, `keyCertSign`"
    )]
    NotAuthority(String),
    /// The private key and the certificate do not belong together.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// A name, address or attribute value cannot go into a certificate.
    #[error("{0}")]
    Name(String),
    /// The certificate would never be valid.
    #[error("the certificate's validity must end after it begins")]
    Validity,
    /// The serial number is zero.
    #[error("a certificate's serial number must not be zero")]
    Serial,
    /// A key or certificate could not be made.
    #[error("{0}")]
    Issue(&'static str),
    /// The key file cannot be used.
    #[error("key file `{path}`: {reason}")]
    KeyFile {
        /// The file.
        path: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

impl Error {
    pub(crate) fn unreadable(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Unreadable {
            what,
            reason: reason.into(),
        }
    }
}
