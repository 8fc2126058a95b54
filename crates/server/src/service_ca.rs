//! The daemon's own certificates: the service CA that clients trust, the server certificate that
//! it signs, and the CA of the device certificates that Thingpass makes itself.

use thingpass_domain::clock::Clock;
use thingpass_domain::entropy::{self, Entropy, EntropyExhausted};
use thingpass_pki::Certificate;
use thingpass_pki::issue::Authority;
use time::{Duration, OffsetDateTime};

use crate::data_dir::{DataDir, DataDirFault};

/// File of the service CA's certificate, which clients trust.
pub const SERVICE_CA_FILE: &str = "service-ca.pem";

const CA_YEARS: i64 = 20;
const SERVER_DAYS: i64 = 397;
const RENEW_BEFORE_DAYS: i64 = 30;
/// Clients' clocks may be behind.
const BACKDATED: Duration = Duration::hours(24);

/// What can be wrong with the daemon's own certificates.
#[derive(Debug, thiserror::Error)]
pub enum ServiceCaFault {
    /// Their files.
    #[error(transparent)]
    DataDir(#[from] DataDirFault),
    /// What is in them.
    #[error("service CA: {0}")]
    Pki(#[from] thingpass_pki::Error),
    /// No randomness for a serial number.
    #[error(transparent)]
    Entropy(#[from] EntropyExhausted),
}

/// The service CA.
#[derive(Debug)]
pub struct ServiceCa {
    authority: Authority,
}

/// A server certificate and its key.
pub struct ServerIdentity {
    /// The certificate, DER. The CA's is not sent: clients have it, or would not trust it.
    pub certificate: Vec<u8>,
    /// PKCS#8 PEM.
    pub key_pem: zeroize::Zeroizing<String>,
    /// When it is to be replaced.
    pub renew_at: OffsetDateTime,
}

impl std::fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerIdentity")
            .field("renew_at", &self.renew_at)
            .finish_non_exhaustive()
    }
}

impl ServiceCa {
    /// Reads the CA, or makes it.
    ///
    /// # Errors
    /// [`ServiceCaFault`].
    pub fn open(
        data_dir: &DataDir,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<Self, ServiceCaFault> {
        let authority = authority(
            data_dir,
            "service-ca",
            "Thingpass service CA",
            clock,
            entropy,
        )?;
        Ok(Self { authority })
    }

    /// The server certificate for these names: the one that stands, or a new one where the names
    /// changed or its end is near.
    ///
    /// # Errors
    /// [`ServiceCaFault`].
    pub fn server_identity(
        &self,
        data_dir: &DataDir,
        names: &[String],
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<ServerIdentity, ServiceCaFault> {
        let now = clock.now();
        if let Some(standing) = self.standing(data_dir, names)?
            && now < standing.renew_at
        {
            return Ok(standing);
        }
        let (from, until) = (now - BACKDATED, now + Duration::days(SERVER_DAYS));
        let serial = entropy::bytes::<16>(entropy)?;
        let issued = self.authority.issue_server(names, from, until, serial)?;
        data_dir.write("server.key", issued.key_pem.as_bytes())?;
        data_dir.write("server.pem", issued.certificate.to_pem().as_bytes())?;
        data_dir.write("server.names", names.join("\n").as_bytes())?;
        Ok(Self::identity(&issued.certificate, issued.key_pem))
    }

    fn standing(
        &self,
        data_dir: &DataDir,
        names: &[String],
    ) -> Result<Option<ServerIdentity>, ServiceCaFault> {
        let files = ["server.pem", "server.key", "server.names"].map(|name| data_dir.read(name));
        let [Some(pem), Some(key), Some(old_names)] = files.map(|file| file.ok().flatten()) else {
            return Ok(None);
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if text(&old_names) != names.join("\n") {
            return Ok(None);
        }
        let certificate = Certificate::from_pem(&text(&pem))?;
        if certificate
            .is_signed_by(self.authority.certificate())
            .is_err()
        {
            return Ok(None);
        }
        Ok(Some(Self::identity(
            &certificate,
            zeroize::Zeroizing::new(text(&key)),
        )))
    }

    fn identity(certificate: &Certificate, key_pem: zeroize::Zeroizing<String>) -> ServerIdentity {
        ServerIdentity {
            certificate: certificate.der().to_vec(),
            key_pem,
            renew_at: certificate.not_after() - Duration::days(RENEW_BEFORE_DAYS),
        }
    }
}

/// The CA of the device certificates that CreateKeysAndCertificate and CreateCertificateFromCsr
/// make.
///
/// # Errors
/// [`ServiceCaFault`].
pub fn device_authority(
    data_dir: &DataDir,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Authority, ServiceCaFault> {
    authority(data_dir, "device-ca", "Thingpass device CA", clock, entropy)
}

const CERTIFICATE_BEGINS: &str = "-----BEGIN CERTIFICATE-----";

fn authority(
    data_dir: &DataDir,
    file: &str,
    common_name: &str,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Authority, ServiceCaFault> {
    let (pem_file, key_file) = (format!("{file}.pem"), format!("{file}.key"));
    let text = |bytes: &[u8]| zeroize::Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let Some(key) = data_dir.read(&key_file)? else {
        if data_dir.read(&pem_file)?.is_some() {
            let fault = format!(
                "`{key_file}` is missing beside `{pem_file}`: put it back from your backup, or \
                 remove `{pem_file}` too and have every client trust the new one"
            );
            return Err(data_dir.fault(fault).into());
        }
        let now = clock.now();
        let until = now + Duration::days(CA_YEARS * 365);
        let serial = entropy::bytes::<16>(entropy)?;
        let authority = Authority::generate(common_name, now - BACKDATED, until, serial)?;
        let certificate = authority.certificate().to_pem();
        // Both in one file, which is there whole or not at all; beside it what clients are given.
        let both = zeroize::Zeroizing::new([authority.key_pem().as_str(), &certificate].concat());
        data_dir.write(&key_file, both.as_bytes())?;
        data_dir.write(&pem_file, certificate.as_bytes())?;
        return Ok(authority);
    };
    let both = text(&key);
    let parts = both.find(CERTIFICATE_BEGINS).map(|at| both.split_at(at));
    let (key, beside_key) = parts.unwrap_or((both.as_str(), ""));
    if let Some(pem) = data_dir.read(&pem_file)? {
        return Ok(Authority::from_pem(&text(&pem), key)?);
    }
    let authority = Authority::from_pem(beside_key, key)?;
    data_dir.write(&pem_file, beside_key.as_bytes())?;
    Ok(authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use thingpass_domain::clock::SystemClock;
    use thingpass_domain::entropy::SystemEntropy;

    #[test]
    fn a_ca_without_its_key_is_neither_used_nor_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let data_dir = DataDir::create(&parent.path().join("d")).unwrap();
        let open = || ServiceCa::open(&data_dir, &SystemClock, &SystemEntropy);
        open().unwrap();
        let path = data_dir.path().join("service-ca.key");
        let kept = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let fault = open().unwrap_err().to_string();
        assert!(fault.contains("`service-ca.key` is missing"), "{fault}");
        assert!(!path.exists());
        data_dir.write("service-ca.key", &kept).unwrap();
        open().unwrap();
    }

    #[test]
    fn a_certificate_that_is_missing_is_written_again_and_is_the_same() {
        let parent = tempfile::tempdir().unwrap();
        let data_dir = DataDir::create(&parent.path().join("d")).unwrap();
        let open = || ServiceCa::open(&data_dir, &SystemClock, &SystemEntropy);
        open().unwrap();
        let path = data_dir.path().join("service-ca.pem");
        let kept = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        open().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), kept);
    }
}
