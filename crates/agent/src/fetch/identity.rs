//! Who the device is, and whom it trusts.

use crate::cache::hex;
use crate::config::Config;
use crate::failure::{Failure, unreadable};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
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
            .with_client_auth_cert(certificate.chain.clone(), key.key().clone_key())
            .map_err(|error| unusable(config, &error))?;
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

fn unusable(config: &Config, error: &rustls::Error) -> Failure {
    let (cert, key) = (config.cert.display(), config.key.display());
    if matches!(error, rustls::Error::InconsistentKeys(_)) {
        return Failure::configuration(
            format!("the private key in `{key}` does not belong to the certificate in `{cert}`"),
            "give the pair that was issued together with --cert and --key; the device certificate comes first in its file",
        );
    }
    Failure::configuration(
        format!("the certificate in `{cert}` and the key in `{key}` cannot be used: {error}"),
        "accepted are RSA keys and the curves P-256, P-384 and P-521",
    )
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
