//! Certificate signing requests (PKCS#10).

use crate::limits::SIGNING_REQUEST_PEM_CHARS;
use crate::{DistinguishedName, Error, pem, signature};
use rcgen::SubjectPublicKeyInfo;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

const WHAT: &str = "certificate signing request";

/// A signing request whose sender has proved that it holds the key.
///
/// Only the subject and the public key are taken over; the extensions it asks for are not, since
/// policies trust what a certificate says about its alternative names.
#[derive(Clone, Debug)]
pub struct SigningRequest {
    subject: DistinguishedName,
    public_key: SubjectPublicKeyInfo,
}

impl SigningRequest {
    /// Reads exactly one PEM request of at most [`SIGNING_REQUEST_PEM_CHARS`] characters, verifies
    /// its signature with its own key, and accepts the keys that a certificate may have.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        if pem.chars().count() > SIGNING_REQUEST_PEM_CHARS {
            return Err(Error::TooLong {
                what: WHAT,
                limit: SIGNING_REQUEST_PEM_CHARS,
            });
        }
        let labels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];
        Self::from_der(&pem::decode_single(WHAT, &labels, pem)?)
    }

    /// Reads one DER request with nothing after it; verified as in [`from_pem`](Self::from_pem).
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let unreadable = |reason| Error::unreadable(WHAT, reason);
        let (rest, parsed) = X509CertificationRequest::from_der(der)
            .map_err(|_| unreadable("it is not a PKCS#10 request"))?;
        if !rest.is_empty() {
            return Err(unreadable("bytes follow its end"));
        }
        let info = &parsed.certification_request_info;
        signature::check_key(&info.subject_pki)?;
        signature::verify(
            WHAT,
            &info.subject_pki,
            &parsed.signature_algorithm,
            &parsed.signature_value,
            info.raw,
        )?;
        Ok(Self {
            subject: DistinguishedName::read(WHAT, &info.subject)?,
            public_key: SubjectPublicKeyInfo::from_der(info.subject_pki.raw)
                .map_err(|_| unreadable("its public key is malformed"))?,
        })
    }

    /// Whom the request names.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    pub(crate) fn public_key(&self) -> &SubjectPublicKeyInfo {
        &self.public_key
    }
}
