//! Issuing: authorities, server and device certificates, signing requests.

mod layout;
mod secret_key;

use crate::{Certificate, DnAttribute, Error, csr, name, pem};
use layout::Signer;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    PublicKeyData, SanType,
};
use rustls_pki_types::ServerName;
use secret_key::SecretKey;
use std::fmt;
use std::net::IpAddr;
use time::{OffsetDateTime, UtcOffset};
use zeroize::Zeroizing;

/// The kinds of key that are generated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256: small and fast.
    P256,
    /// RSA of 2048 bits, which is what AWS IoT's `CreateKeysAndCertificate` makes.
    Rsa2048,
}

/// A certificate's serial number, drawn at random by the caller: 16 or 20 bytes.
///
/// The highest bit is cleared, because a serial number is positive and has at most 20 bytes (RFC 5280, 4.1.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serial(Vec<u8>);

impl From<[u8; 16]> for Serial {
    fn from(bytes: [u8; 16]) -> Self {
        Self::positive(&bytes)
    }
}

impl From<[u8; 20]> for Serial {
    fn from(bytes: [u8; 20]) -> Self {
        Self::positive(&bytes)
    }
}

impl Serial {
    fn positive(bytes: &[u8]) -> Self {
        let masks = std::iter::once(0x7f).chain(std::iter::repeat(0xff));
        Self(
            bytes
                .iter()
                .zip(masks)
                .map(|(byte, mask)| byte & mask)
                .collect(),
        )
    }
}

/// A new certificate and the key that was made for it.
pub struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// The private key, PKCS#8 PEM.
    pub key_pem: Zeroizing<String>,
    /// The public key, `SubjectPublicKeyInfo` PEM.
    pub public_key_pem: String,
}

impl fmt::Debug for Issued {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Issued")
            .field("certificate", &self.certificate)
            .field("key_pem", &"[redacted]")
            .finish_non_exhaustive()
    }
}

/// A certificate authority: its certificate and its private key, wiped from memory on drop.
pub struct Authority {
    certificate: Certificate,
    key: SecretKey,
    key_identifier: Vec<u8>,
}

impl Authority {
    /// Makes a P-256 authority that may sign certificates but no further authorities.
    pub fn generate(
        common_name: &str,
        not_before: OffsetDateTime,
        not_after: OffsetDateTime,
        serial: impl Into<Serial>,
    ) -> Result<Self, Error> {
        let subject = name::encode(&[(DnAttribute::CommonName, common_name)])?;
        let key = SecretKey::generate(KeyKind::P256)?;
        let mut params = parameters(not_before, not_after, serial.into())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key_identifier = params.key_identifier(key.pair());
        let signer = Signer {
            key: &key,
            issuer_der: &subject,
            key_identifier: &key_identifier,
        };
        let certificate = signer.sign(&params, key.pair(), &subject)?;
        Ok(Self {
            certificate,
            key,
            key_identifier,
        })
    }

    /// Takes over an authority made elsewhere, such as by `openssl req -x509`.
    ///
    /// The certificate must be an authority's with an acceptable key, and the key, an unencrypted
    /// PKCS#8, SEC1 or PKCS#1 PEM, must be its own.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, Error> {
        let certificate = Certificate::from_pem(certificate_pem)?;
        certificate.check_may_sign()?;
        certificate.check_key_acceptable()?;
        let key = SecretKey::from_pem(key_pem)?;
        if certificate.public_key_bits()? != key.pair().der_bytes() {
            return Err(Error::KeyMismatch);
        }
        let key_identifier = certificate.subject_key_identifier().map_or_else(
            || CertificateParams::default().key_identifier(key.pair()),
            <[u8]>::to_vec,
        );
        Ok(Self {
            certificate,
            key,
            key_identifier,
        })
    }

    /// The authority's own certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The authority's private key as PEM, to be stored sealed.
    pub fn key_pem(&self) -> Zeroizing<String> {
        self.key.to_pem()
    }

    /// Issues a TLS server certificate with a new P-256 key for `names`: DNS names, of which the
    /// first label may be `*`, and IP addresses. At least one.
    pub fn issue_server(
        &self,
        names: &[String],
        not_before: OffsetDateTime,
        not_after: OffsetDateTime,
        serial: impl Into<Serial>,
    ) -> Result<Issued, Error> {
        let first = names.first().ok_or_else(|| {
            Error::Name("a server certificate needs at least one name".to_owned())
        })?;
        // A longer one would be refused by openssl, and clients look at the alternative names only.
        let common_name = Some(first.as_str())
            .filter(|name| name.len() <= 64)
            .unwrap_or("server");
        let mut params = parameters(not_before, not_after, serial.into())?;
        params.subject_alt_names = names
            .iter()
            .map(|name| server_name(name))
            .collect::<Result<_, _>>()?;
        leaf_usage(&mut params, ExtendedKeyUsagePurpose::ServerAuth);
        self.issue(
            &params,
            KeyKind::P256,
            &[(DnAttribute::CommonName, common_name)],
        )
    }

    /// Issues a device certificate with a new key; attributes of `subject` may repeat.
    pub fn issue_device(
        &self,
        subject: &[(DnAttribute, &str)],
        key: KeyKind,
        not_before: OffsetDateTime,
        not_after: OffsetDateTime,
        serial: impl Into<Serial>,
    ) -> Result<Issued, Error> {
        let mut params = parameters(not_before, not_after, serial.into())?;
        leaf_usage(&mut params, ExtendedKeyUsagePurpose::ClientAuth);
        self.issue(&params, key, subject)
    }

    /// Issues a device certificate for the subject and key of a signing request, whatever else it asks for.
    pub fn sign_request(
        &self,
        request: &csr::SigningRequest,
        not_before: OffsetDateTime,
        not_after: OffsetDateTime,
        serial: impl Into<Serial>,
    ) -> Result<Certificate, Error> {
        let mut params = parameters(not_before, not_after, serial.into())?;
        leaf_usage(&mut params, ExtendedKeyUsagePurpose::ClientAuth);
        self.signer()
            .sign(&params, request.public_key(), request.subject().der())
    }

    fn issue(
        &self,
        params: &CertificateParams,
        kind: KeyKind,
        subject: &[(DnAttribute, &str)],
    ) -> Result<Issued, Error> {
        let subject = name::encode(subject)?;
        let key = SecretKey::generate(kind)?;
        Ok(Issued {
            certificate: self.signer().sign(params, key.pair(), &subject)?,
            key_pem: key.to_pem(),
            public_key_pem: pem::encode("PUBLIC KEY", &key.pair().subject_public_key_info()),
        })
    }

    fn signer(&self) -> Signer<'_> {
        Signer {
            key: &self.key,
            issuer_der: self.certificate.subject_der(),
            key_identifier: &self.key_identifier,
        }
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authority")
            .field("certificate", &self.certificate)
            .field("key", &"[redacted]")
            .finish_non_exhaustive()
    }
}

/// Makes a key and a signing request for it: the request's PEM and the key's PKCS#8 PEM.
pub fn signing_request(
    subject: &[(DnAttribute, &str)],
    key: KeyKind,
) -> Result<(String, Zeroizing<String>), Error> {
    let subject = name::encode(subject)?;
    let key = SecretKey::generate(key)?;
    let der = layout::sign_request(&key, &subject)?;
    Ok((pem::encode("CERTIFICATE REQUEST", &der), key.to_pem()))
}

fn parameters(
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    Serial(serial): Serial,
) -> Result<CertificateParams, Error> {
    let in_utc = |date: OffsetDateTime| {
        date.checked_to_offset(UtcOffset::UTC)
            .ok_or(Error::Validity)
    };
    let (not_before, not_after) = (in_utc(not_before)?, in_utc(not_after)?);
    if not_before >= not_after || not_before.year() < 0 {
        return Err(Error::Validity);
    }
    if serial.iter().all(|byte| *byte == 0) {
        return Err(Error::Serial);
    }
    let mut params = CertificateParams::default();
    params.not_before = not_before;
    params.not_after = not_after;
    params.serial_number = Some(serial.into());
    Ok(params)
}

fn leaf_usage(params: &mut CertificateParams, purpose: ExtendedKeyUsagePurpose) {
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
}

fn server_name(name: &str) -> Result<SanType, Error> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let refused = || {
        Error::Name(format!(
            "`{}` is not a DNS name or IP address",
            name.escape_debug()
        ))
    };
    let without_wildcard = name.strip_prefix("*.").unwrap_or(name);
    match ServerName::try_from(without_wildcard) {
        Ok(ServerName::DnsName(_)) => Ok(SanType::DnsName(name.try_into().map_err(|_| refused())?)),
        _ => Err(refused()),
    }
}
