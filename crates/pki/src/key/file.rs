//! A private key in a file.

use crate::limits::KEY_FILE_BYTES;
use crate::{Error, pem};
use rustls_pki_types::PrivateKeyDer;
use std::fmt;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, Zeroizing};

/// A private key read from a PEM file (PKCS#8, SEC1 or PKCS#1), wiped from memory on drop.
pub struct KeyFile {
    path: PathBuf,
    key: PrivateKeyDer<'static>,
    private: bool,
}

impl KeyFile {
    /// Reads the one private key in the file at `path`; certificates beside it are skipped.
    ///
    /// A missing, unreadable or oversized file, an encrypted key, and more or fewer keys than one are
    /// refused. Open permissions are not: ask [`is_private`](Self::is_private).
    pub fn load(path: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::KeyFile {
            path: path.display().to_string(),
            reason,
        };
        let unreadable = |error: std::io::Error| failed(open_failure(&error));
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(failed("is not a regular file".to_owned()));
        }
        let mut text = Zeroizing::new(String::with_capacity(capacity(&metadata)));
        file.take(KEY_FILE_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        if text.len() as u64 > KEY_FILE_BYTES {
            return Err(failed(format!("is larger than {KEY_FILE_BYTES} bytes")));
        }
        Ok(Self {
            path: path.to_owned(),
            key: pem::private_key(&text).map_err(|error| failed(error.to_string()))?,
            private: is_private(&metadata),
        })
    }

    /// The key.
    pub fn key(&self) -> &PrivateKeyDer<'static> {
        &self.key
    }

    /// The file it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nobody but the file's owner has permission to it. Where files carry no such
    /// permissions (Windows), the answer is yes.
    pub fn is_private(&self) -> bool {
        self.private
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyFile")
            .field("path", &self.path)
            .field("key", &"[redacted]")
            .field("private", &self.private)
            .finish()
    }
}

fn open_failure(error: &std::io::Error) -> String {
    let kind = error.kind();
    if kind == ErrorKind::NotFound {
        return "does not exist; check the path, or create the key first".to_owned();
    }
    if kind == ErrorKind::PermissionDenied {
        return "may not be read by this user".to_owned();
    }
    if kind == ErrorKind::InvalidData {
        return "is not PEM text; convert it with `openssl pkey -inform DER`".to_owned();
    }
    format!("cannot be read: {kind}")
}

/// All of the file and the byte that tells it is too large, so that the text is never moved.
fn capacity(metadata: &Metadata) -> usize {
    usize::try_from(metadata.len().min(KEY_FILE_BYTES))
        .unwrap_or(0)
        .saturating_add(64)
}

#[cfg(unix)]
fn is_private(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let for_others = metadata.permissions().mode() & 0o077;
    for_others == 0
}

#[cfg(not(unix))]
fn is_private(_metadata: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &[u8]) -> Result<KeyFile, Error> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("device.key");
        std::fs::write(&path, text).unwrap();
        KeyFile::load(&path)
    }

    #[test]
    fn each_key_format_is_told_apart() {
        let key = |label| load(pem::encode(label, b"secret").as_bytes()).unwrap();
        assert!(matches!(key("PRIVATE KEY").key(), PrivateKeyDer::Pkcs8(_)));
        assert!(matches!(
            key("EC PRIVATE KEY").key(),
            PrivateKeyDer::Sec1(_)
        ));
        assert!(matches!(
            key("RSA PRIVATE KEY").key(),
            PrivateKeyDer::Pkcs1(_)
        ));
    }

    #[test]
    fn a_key_is_found_between_curve_parameters_and_a_certificate() {
        let text = pem::encode("EC PARAMETERS", b"p")
            + &pem::encode("EC PRIVATE KEY", b"secret")
            + &pem::encode("CERTIFICATE", b"c");
        assert_eq!(load(text.as_bytes()).unwrap().key().secret_der(), b"secret");
    }

    #[test]
    fn what_is_not_one_plain_key_is_refused_with_advice() {
        let key = pem::encode("PRIVATE KEY", b"secret");
        let legacy = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let cases = [
            (
                pem::encode("ENCRYPTED PRIVATE KEY", b"x"),
                "openssl pkey -in",
            ),
            (legacy.to_owned(), "openssl pkey -in"),
            (pem::encode("CERTIFICATE", b"x"), "exactly one private key"),
            (key.repeat(2), "exactly one private key"),
            (pem::encode("DSA PRIVATE KEY", b"x"), "is not supported"),
            (" ".repeat(70_000), "is larger than 65536 bytes"),
        ];
        for (text, expected) in cases {
            let error = load(text.as_bytes()).unwrap_err().to_string();
            assert!(
                error.contains(expected) && error.contains("device.key"),
                "{error}"
            );
        }
        assert!(
            load(&[0x30, 0x82, 0xff])
                .unwrap_err()
                .to_string()
                .contains("is not PEM text")
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = KeyFile::load(Path::new("no/such.key"))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("key file `no/such.key`: does not exist"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_reported() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("device.key");
        std::fs::write(&path, pem::encode("PRIVATE KEY", b"secret")).unwrap();
        for (mode, private) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(
                KeyFile::load(&path).unwrap().is_private(),
                private,
                "{mode:o}"
            );
        }
    }

    #[test]
    fn the_key_is_not_in_the_debug_output() {
        let printed = format!(
            "{:?}",
            load(pem::encode("PRIVATE KEY", b"secret").as_bytes()).unwrap()
        );
        assert!(
            printed.contains("[redacted]") && !printed.contains("115, 101"),
            "{printed}"
        );
    }
}
