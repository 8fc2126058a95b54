//! Keys and certificates of a run: one CA, a server certificate for the reference servers, and the
//! device's. All P-256.

use std::path::{Path, PathBuf};

use anyhow::Result;
use thingpass_pki::DnAttribute;
use thingpass_pki::issue::{Authority, Issued, KeyKind};
use time::{Duration, OffsetDateTime};

use crate::signed::now;

/// The files that the reference servers read.
pub(crate) const CA_PEM: &str = "ca.pem";
/// The server's certificate.
pub(crate) const SERVER_PEM: &str = "server.pem";
/// The server's key.
pub(crate) const SERVER_KEY: &str = "server.key";
/// The device's certificate.
pub(crate) const DEVICE_PEM: &str = "device.pem";

/// What a run has.
pub(crate) struct Material {
    /// The CA that signed everything.
    pub(crate) ca: Authority,
    /// The device.
    pub(crate) device: Issued,
    /// Where the files are.
    pub(crate) directory: PathBuf,
}

impl Material {
    /// Makes it and writes the files.
    pub(crate) fn make(directory: &Path) -> Result<Self> {
        let (from, until) = validity();
        let ca = Authority::generate("Thingpass benchmark CA", from, until, [1; 16])?;
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let server = ca.issue_server(&names, from, until, [2; 16])?;
        let subject = [(DnAttribute::CommonName, "MyHomeThermostat")];
        let device = ca.issue_device(&subject, KeyKind::P256, from, until, [3; 16])?;
        std::fs::write(directory.join(CA_PEM), ca.certificate().to_pem())?;
        std::fs::write(directory.join(SERVER_PEM), server.certificate.to_pem())?;
        std::fs::write(directory.join(SERVER_KEY), server.key_pem.as_bytes())?;
        std::fs::write(directory.join(DEVICE_PEM), device.certificate.to_pem())?;
        Ok(Self {
            ca,
            device,
            directory: directory.to_owned(),
        })
    }

    /// The certificate that proves to a registry that the CA's key is at hand.
    pub(crate) fn verification_pem(&self, code: &str) -> Result<String> {
        let (from, until) = validity();
        let subject = [(DnAttribute::CommonName, code)];
        let issued = self
            .ca
            .issue_device(&subject, KeyKind::P256, from, until, [4; 16])?;
        Ok(issued.certificate.to_pem())
    }
}

fn validity() -> (OffsetDateTime, OffsetDateTime) {
    (now() - Duration::days(1), now() + Duration::days(30))
}
