//! The public key of a certificate, without the rest of it: what a handshake needs.

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::Error;

/// The DER of the `SubjectPublicKeyInfo` in a certificate's DER.
///
/// # Errors
/// [`Error::Unreadable`] for anything that is not exactly one certificate.
pub fn subject_public_key_info(certificate_der: &[u8]) -> Result<&[u8], Error> {
    let unreadable = |reason: &str| Error::Unreadable {
        what: "certificate",
        reason: reason.to_owned(),
    };
    let (rest, certificate) = X509Certificate::from_der(certificate_der)
        .map_err(|_| unreadable("it is no DER of a certificate"))?;
    if !rest.is_empty() {
        return Err(unreadable("bytes follow it"));
    }
    Ok(certificate.tbs_certificate.subject_pki.raw)
}
