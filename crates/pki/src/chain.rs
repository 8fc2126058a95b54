//! Who signed a certificate, asked once, at registration.

use crate::Certificate;

/// The authorities among `cas` that signed `leaf`, in their order.
///
/// None: no registered authority vouches for it. Several, the same key under the same name in more
/// than one certificate, is AWS IoT's `CertificateConflictException`. Dates and states are the caller's to check.
pub fn issuer_among<'a>(
    leaf: &Certificate,
    cas: impl Iterator<Item = &'a Certificate>,
) -> Vec<&'a Certificate> {
    cas.filter(|ca| leaf.is_signed_by(ca).is_ok()).collect()
}
