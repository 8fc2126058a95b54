//! Who the device is, and whom it trusts.

use crate::cache::hex;
use crate::config::Config;
use crate::failure::{Failure, unreadable};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use thingpass_pki::Certificate;
use thingpass_pki::key::file::KeyFile;
use thingpass_wire::timestamp::iso_8601;
use time::OffsetDateTime;

/// Enough for the CA bundle of an operating system.
const CERTIFICATES_BYTES: u64 = 1024 * 1024;

/// The device certificate, and its issuers if the file holds them.
#[derive(Debug)]
pub(crate) struct DeviceCertificate {
    chain: Vec<CertificateDer<'static>>,
    fingerprint: String,
}

impl DeviceCertificate {
    /// Reads the PEM file at `path`; the first certificate in it is the device's.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let chain = certificates("device certificate", "--cert", path)?;
        let fingerprint = chain
            .first()
            .map(|leaf| hex(&thingpass_pki::fingerprint(leaf)))
            .unwrap_or_default();
        Ok(Self { chain, fingerprint })
    }

    /// The AWS IoT `certificateId`: SHA-256 in lower-case hex.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn warning(&self, now: OffsetDateTime) -> Option<String> {
        // One that cannot be read here is for the server to judge.
        let certificate = Certificate::from_der(self.chain.first()?).ok()?;
        let (from, to) = (certificate.not_before(), certificate.not_after());
        (now < from || now > to).then(|| {
            format!(
                "by this device's clock, {}, the device certificate is not valid: it is from {} to {}",
                iso_8601(now),
                iso_8601(from),
                iso_8601(to)
            )
        })
    }
}

/// All that a TLS connection needs.
pub(crate) struct Identity {
    tls: Arc<ClientConfig>,
    provider: Arc<CryptoProvider>,
    warnings: Vec<String>,
}

impl Identity {
    /// Reads the CA file and the key, and puts them together with `certificate`.
    pub(crate) fn load(
        config: &Config,
        certificate: &DeviceCertificate,
        now: OffsetDateTime,
    ) -> Result<Self, Failure> {
        let key = KeyFile::load(&config.key).map_err(|error| {
            Failure::configuration(
                error.to_string(),
                "give the device's private key with --key",
            )
        })?;
        let mut warnings = Vec::from_iter(certificate.warning(now));
        if !key.is_private() {
            let path = key.path().display();
            warnings.push(format!(
                "other users may read the key file `{path}`: run `chmod 600 {path}`"
            ));
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut tls = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::exchange(format!("cannot set up TLS: {error}"), ""))?
            .with_root_certificates(authorities(&config.ca)?)
            .with_client_cert_resolver(Arc::new(pair(&config.cert, certificate, &key, &provider)?));
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tls: Arc::new(tls),
            provider,
            warnings,
        })
    }

    /// The TLS configuration.
    pub(super) fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.tls)
    }

    /// What the user should know.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Chance for pauses; when there is none, the longest pause.
    pub(super) fn random_byte(&self) -> u8 {
        let mut byte = [u8::MAX];
        // Nothing secret depends on it.
        let _ = self.provider.secure_random.fill(&mut byte);
        let [byte] = byte;
        byte
    }
}

fn authorities(path: &Path) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("CA certificate", "--ca", path)? {
        roots.add(certificate).map_err(|_| {
            Failure::configuration(
                format!(
                    "the CA file `{}` holds a certificate that cannot be read",
                    path.display()
                ),
                "copy the server's CA certificate to this device again",
            )
        })?;
    }
    Ok(roots)
}

/// Certificate and key, which must belong together. `rustls` would check that too, but it refuses
/// X.509 version 1, which makers of devices use.
fn pair(
    cert: &Path,
    certificate: &DeviceCertificate,
    key: &KeyFile,
    provider: &CryptoProvider,
) -> Result<SingleCertAndKey, Failure> {
    let (cert_path, key_path) = (cert.display(), key.path().display());
    let leaf = certificate.chain.first().map_or(&[][..], |leaf| leaf);
    let certified = thingpass_pki::subject_public_key_info(leaf).map_err(|error| {
        Failure::configuration(
            format!("in `{cert_path}` {error}"),
            "copy the device certificate to this device again; it comes first in its file",
        )
    })?;
    let signing = provider
        .key_provider
        .load_private_key(key.key().clone_key())
        .map_err(|_| {
            Failure::configuration(
                format!(
                    "the private key in `{key_path}` is damaged or of a kind that cannot be used"
                ),
                "accepted are RSA keys of at least 2048 bits and the curves P-256, P-384 and P-521",
            )
        })?;
    if signing
        .public_key()
        .is_none_or(|own| own.as_ref() != certified)
    {
        return Err(Failure::configuration(
            format!(
                "the private key in `{key_path}` does not belong to the certificate in `{cert_path}`"
            ),
            "give the pair that was issued together with --cert and --key; the device certificate comes first in its file",
        ));
    }
    Ok(CertifiedKey::new(certificate.chain.clone(), signing).into())
}

/// At least one certificate.
fn certificates(
    what: &str,
    option: &str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let failed = |reason: &str| {
        Failure::configuration(
            format!("the {what} file `{}` {reason}", path.display()),
            format!("give a PEM file with `BEGIN CERTIFICATE` lines with {option}"),
        )
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(CERTIFICATES_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| failed(&unreadable(&error)))?;
    if bytes.len() as u64 > CERTIFICATES_BYTES {
        return Err(failed(&format!(
            "is larger than {CERTIFICATES_BYTES} bytes"
        )));
    }
    let found = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| failed("is damaged"))?;
    if found.is_empty() {
        return Err(failed("holds no certificate"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use thingpass_pki::DnAttribute;
    use thingpass_pki::issue::{Authority, KeyKind};
    use time::Duration;

    /// A certificate, DER, and the file of its key.
    struct Device {
        certificate: Vec<u8>,
        key: KeyFile,
    }

    fn device(kind: KeyKind) -> Device {
        let from = OffsetDateTime::UNIX_EPOCH;
        let until = from + Duration::DAY;
        let issued = Authority::generate("CA", from, until, [1; 16])
            .unwrap()
            .issue_device(
                &[(DnAttribute::CommonName, "lamp")],
                kind,
                from,
                until,
                [2; 16],
            )
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("device.key");
        std::fs::write(&path, issued.key_pem.as_bytes()).unwrap();
        Device {
            certificate: issued.certificate.der().to_vec(),
            key: KeyFile::load(&path).unwrap(),
        }
    }

    fn paired(certificate: Vec<u8>, key: &KeyFile) -> Result<SingleCertAndKey, Failure> {
        let certificate = DeviceCertificate {
            chain: vec![certificate.into()],
            fingerprint: String::new(),
        };
        let provider = aws_lc_rs::default_provider();
        pair(Path::new("device.pem"), &certificate, key, &provider)
    }

    /// The length of the head and of the whole of the element that `der` begins with.
    fn element(der: &[u8]) -> (usize, usize) {
        let short = usize::from(der[1]);
        if short < 0x80 {
            return (2, 2 + short);
        }
        let head = 2 + (short & 0x7f);
        let length = der[2..head]
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        (head, head + length)
    }

    fn children(der: &[u8]) -> Vec<&[u8]> {
        let (head, end) = element(der);
        let mut rest = &der[head..end];
        let mut found = Vec::new();
        while !rest.is_empty() {
            let (child, after) = rest.split_at(element(rest).1);
            found.push(child);
            rest = after;
        }
        found
    }

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82], &length[..], &content].concat()
    }

    /// The certificate as X.509 version 1: neither version nor extensions. Nobody looks at its
    /// signature here.
    fn of_version_1(certificate: &[u8]) -> Vec<u8> {
        let parts = children(certificate);
        let fields = children(parts[0]);
        let body = sequence(&fields[1..fields.len() - 1]);
        sequence(&[&body, parts[1], parts[2]])
    }

    #[test]
    fn a_certificate_of_version_1_or_3_is_used_with_its_key() {
        for kind in [KeyKind::P256, KeyKind::Rsa2048] {
            let Device { certificate, key } = device(kind);
            assert!(paired(certificate.clone(), &key).is_ok());
            let version_1 = of_version_1(&certificate);
            let begins_with = children(children(&version_1)[0])[0][0];
            assert_eq!(
                begins_with, 0x02,
                "the serial number, and no version before it"
            );
            assert!(Certificate::from_der(&version_1).is_ok());
            assert!(paired(version_1, &key).is_ok());
        }
    }

    #[test]
    fn a_key_of_another_certificate_is_refused_whatever_the_version() {
        let (own, other) = (device(KeyKind::P256), device(KeyKind::P256));
        for certificate in [of_version_1(&own.certificate), own.certificate] {
            let refused = paired(certificate, &other.key).unwrap_err();
            let said = refused.what();
            assert!(
                said.contains("does not belong to the certificate"),
                "{said}"
            );
            assert!(
                said.contains("device.key") && said.contains("`device.pem`"),
                "{said}"
            );
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused_by_name() {
        let Device { certificate, key } = device(KeyKind::P256);
        for damaged in [vec![0x30, 0], certificate[..100].to_vec(), Vec::new()] {
            let refused = paired(damaged, &key).unwrap_err();
            let said = refused.what();
            assert!(
                said.contains("`device.pem` the certificate cannot be read"),
                "{said}"
            );
        }
    }
}
