//! A certificate, read once and kept.

use crate::limits::CERTIFICATE_PEM_CHARS;
use crate::{AlternativeNames, DistinguishedName, Error, der, fingerprint, pem, signature};
use data_encoding::HEXLOWER;
use std::fmt;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};
use x509_parser::oid_registry::{
    OID_X509_EXT_ISSUER_ALT_NAME, OID_X509_EXT_SUBJECT_ALT_NAME,
    OID_X509_EXT_SUBJECT_KEY_IDENTIFIER, Oid,
};
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Version;

const WHAT: &str = "certificate";

/// An X.509 certificate: its DER and the facts that decisions are made from.
///
/// Reading one says nothing about whether it is trusted. Versions 1 and 3 are read alike, and no
/// key usage is asked for: makers of devices often leave the extensions out.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    fingerprint: [u8; 32],
    signed_part_fingerprint: [u8; 32],
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    subject: DistinguishedName,
    issuer: DistinguishedName,
    serial_hex: String,
    subject_alternative_names: AlternativeNames,
    issuer_alternative_names: AlternativeNames,
    subject_key_identifier: Option<Vec<u8>>,
    is_ca: bool,
    may_sign_certificates: bool,
}

impl Certificate {
    /// Reads exactly one PEM certificate of at most [`CERTIFICATE_PEM_CHARS`] characters.
    ///
    /// Text around it is skipped. A chain, or a private key beside it, is refused.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        if pem.chars().count() > CERTIFICATE_PEM_CHARS {
            return Err(Error::TooLong {
                what: WHAT,
                limit: CERTIFICATE_PEM_CHARS,
            });
        }
        Self::from_der(&pem::decode_single(WHAT, &["CERTIFICATE"], pem)?)
    }

    /// Reads one DER certificate with nothing after it.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let parsed = parse(der)?;
        let is_ca = parsed
            .basic_constraints()
            .map_err(malformed_extension)?
            .is_some_and(|it| it.value.ca);
        let may_sign_certificates = parsed
            .key_usage()
            .map_err(malformed_extension)?
            .is_none_or(|it| it.value.key_cert_sign());
        Ok(Self {
            fingerprint: fingerprint(der),
            signed_part_fingerprint: fingerprint(parsed.tbs_certificate.as_ref()),
            not_before: parsed.validity().not_before.to_datetime(),
            not_after: parsed.validity().not_after.to_datetime(),
            subject: DistinguishedName::read(WHAT, parsed.subject())?,
            issuer: DistinguishedName::read(WHAT, parsed.issuer())?,
            serial_hex: serial_hex(parsed.raw_serial()),
            subject_alternative_names: alternative_names(&parsed, &OID_X509_EXT_SUBJECT_ALT_NAME)?,
            issuer_alternative_names: alternative_names(&parsed, &OID_X509_EXT_ISSUER_ALT_NAME)?,
            subject_key_identifier: subject_key_identifier(&parsed)?,
            is_ca,
            may_sign_certificates,
            der: der.to_vec(),
        })
    }

    /// The certificate as it was signed.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as PEM, without any text that came around it.
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.der)
    }

    /// The SHA-256 of the DER: the `certificateId` before it is written in hex.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// The SHA-256 of the part that the issuer signed.
    ///
    /// Whoever holds a certificate signed with ECDSA can turn its signature into a second valid one
    /// without the issuer's key, which changes the [`fingerprint`](Self::fingerprint) but not this.
    /// Registration compares it, or a revoked certificate could come back as a new one.
    pub fn signed_part_fingerprint(&self) -> [u8; 32] {
        self.signed_part_fingerprint
    }

    /// The first second of the validity, UTC.
    pub fn not_before(&self) -> OffsetDateTime {
        self.not_before
    }

    /// The last second of the validity, UTC.
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// Whom the certificate names.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// Who it says signed it.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    /// The subject as encoded.
    pub fn subject_der(&self) -> &[u8] {
        self.subject.der()
    }

    /// The issuer as encoded.
    pub fn issuer_der(&self) -> &[u8] {
        self.issuer.der()
    }

    /// The serial number in lower-case hex, two digits a byte, without the sign byte.
    pub fn serial_hex(&self) -> &str {
        &self.serial_hex
    }

    /// The alternative names of the subject.
    pub fn subject_alternative_names(&self) -> &AlternativeNames {
        &self.subject_alternative_names
    }

    /// The alternative names of the issuer, as this certificate states them.
    pub fn issuer_alternative_names(&self) -> &AlternativeNames {
        &self.issuer_alternative_names
    }

    /// Whether the basic constraints say `CA:TRUE`. A version 1 certificate cannot say so and is none.
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Proves that `issuer` signed this certificate.
    ///
    /// The issuer must be a certificate authority that may sign certificates, its subject must equal
    /// the issuer named here byte for byte, and the signature must verify. Validity dates are the
    /// caller's to check.
    pub fn is_signed_by(&self, issuer: &Certificate) -> Result<(), Error> {
        if self.issuer_der() != issuer.subject_der() {
            return Err(Error::IssuerMismatch {
                issuer: self.issuer.to_string(),
                authority: issuer.subject.to_string(),
            });
        }
        issuer.check_may_sign()?;
        let parsed = parse(&self.der)?;
        let signer = parse(&issuer.der)?;
        signature::verify(
            WHAT,
            signer.public_key(),
            &parsed.signature_algorithm,
            &parsed.signature_value,
            parsed.tbs_certificate.as_ref(),
        )
    }

    /// Accepts RSA keys of 2048 to 8192 bits and points on P-256, P-384 and P-521
    /// (AWS IoT, *X.509 client certificates*).
    pub fn check_key_acceptable(&self) -> Result<(), Error> {
        signature::check_key(parse(&self.der)?.public_key())
    }

    pub(crate) fn check_may_sign(&self) -> Result<(), Error> {
        if self.is_ca && self.may_sign_certificates {
            return Ok(());
        }
        Err(Error::NotAuthority(self.subject.to_string()))
    }

    pub(crate) fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.subject_key_identifier.as_deref()
    }

    /// The content of the public key's bit string: a curve point, or a PKCS#1 RSA key.
    pub(crate) fn public_key_bits(&self) -> Result<Vec<u8>, Error> {
        Ok(parse(&self.der)?
            .public_key()
            .subject_public_key
            .data
            .to_vec())
    }
}

/// Certificates are equal when their bytes are.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Certificate")
            .field("fingerprint", &HEXLOWER.encode(&self.fingerprint))
            .field("subject", &self.subject.to_string())
            .field("issuer", &self.issuer.to_string())
            .field("serial", &self.serial_hex)
            .field("not_after", &self.not_after)
            .field("is_ca", &self.is_ca)
            .finish_non_exhaustive()
    }
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, Error> {
    let (rest, parsed) =
        X509Certificate::from_der(der).map_err(|_| unreadable("it is not an X.509 certificate"))?;
    if !rest.is_empty() {
        return Err(unreadable("bytes follow its end"));
    }
    if !is_strictly_encoded(der, &parsed) {
        return Err(unreadable("it is not strict DER"));
    }
    Ok(parsed)
}

/// Whether the bytes around the signed part are the only ones possible. The fingerprint is the
/// identity, so nobody may make a second certificate out of a signed one by writing it differently.
fn is_strictly_encoded(der: &[u8], parsed: &X509Certificate<'_>) -> bool {
    let Ok(parts) = der::children(der) else {
        return false;
    };
    let [body, algorithm, signature] = parts.as_slice() else {
        return false;
    };
    let Ok(fields) = der::children(body) else {
        return false;
    };
    // RFC 5280, 4.1.1.2: the algorithm stands twice, and only the inner one is signed. Before it
    // stand the serial number and, from version 2 on, the version.
    let place = if parsed.version() == X509Version::V1 {
        1
    } else {
        2
    };
    let bits = der::element(der::BIT_STRING, &[&[0], &parsed.signature_value.data]);
    fields.get(place) == Some(algorithm)
        && *signature == bits
        && der == der::element(der::SEQUENCE, &parts)
}

fn alternative_names(
    parsed: &X509Certificate<'_>,
    oid: &Oid<'_>,
) -> Result<AlternativeNames, Error> {
    let Some(extension) = parsed
        .get_extension_unique(oid)
        .map_err(malformed_extension)?
    else {
        return Ok(AlternativeNames::default());
    };
    let parsed = extension.parsed_extension();
    let names: &[GeneralName<'_>] = if let ParsedExtension::SubjectAlternativeName(it) = parsed {
        &it.general_names
    } else if let ParsedExtension::IssuerAlternativeName(it) = parsed {
        &it.general_names
    } else {
        return Err(unreadable("its alternative names are malformed"));
    };
    AlternativeNames::read(names)
}

fn subject_key_identifier(parsed: &X509Certificate<'_>) -> Result<Option<Vec<u8>>, Error> {
    let extension = parsed
        .get_extension_unique(&OID_X509_EXT_SUBJECT_KEY_IDENTIFIER)
        .map_err(malformed_extension)?;
    match extension.map(X509Extension::parsed_extension) {
        None => Ok(None),
        Some(ParsedExtension::SubjectKeyIdentifier(identifier)) => Ok(Some(identifier.0.to_vec())),
        Some(_) => Err(unreadable("its subject key identifier is malformed")),
    }
}

fn serial_hex(raw: &[u8]) -> String {
    match raw {
        [0, rest @ ..] if !rest.is_empty() => HEXLOWER.encode(rest),
        all => HEXLOWER.encode(all),
    }
}

fn unreadable(reason: &str) -> Error {
    Error::unreadable(WHAT, reason)
}

fn malformed_extension(_: X509Error) -> Error {
    unreadable("an extension is malformed or stands twice")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_loses_only_its_sign_byte() {
        assert_eq!(serial_hex(&[0, 0xc0, 0xff]), "c0ff");
        assert_eq!(serial_hex(&[0]), "00");
        assert_eq!(serial_hex(&[0x0a, 0x01]), "0a01");
    }

    #[test]
    fn text_beyond_the_limit_is_refused_before_it_is_read() {
        let error = Certificate::from_pem(&" ".repeat(CERTIFICATE_PEM_CHARS + 1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the certificate is longer than 65536 characters"
        );
    }
}
