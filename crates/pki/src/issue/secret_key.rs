//! A signing key in memory.

use super::KeyKind;
use crate::{Error, pem};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};
use zeroize::{Zeroize, Zeroizing};

/// A key pair whose serialized form is wiped on drop; the library wipes its own copy.
pub(super) struct SecretKey {
    pair: KeyPair,
    label: &'static str,
}

impl SecretKey {
    pub(super) fn generate(kind: KeyKind) -> Result<Self, Error> {
        let algorithm = match kind {
            KeyKind::P256 => &PKCS_ECDSA_P256_SHA256,
            KeyKind::Rsa2048 => &PKCS_RSA_SHA256,
        };
        let pair = KeyPair::generate_for(algorithm)
            .map_err(|_| Error::Issue("the key could not be generated"))?;
        Ok(Self {
            pair,
            label: "PRIVATE KEY",
        })
    }

    pub(super) fn from_pem(text: &str) -> Result<Self, Error> {
        let mut der = pem::private_key(text)?;
        let pair = KeyPair::try_from(&der);
        let label = pem::key_label(&der);
        der.zeroize();
        let pair = pair.map_err(|_| {
            Error::Pem("the private key is not an RSA key or on P-256, P-384 or P-521".to_owned())
        })?;
        Ok(Self { pair, label })
    }

    pub(super) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    pub(super) fn to_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(pem::encode(self.label, self.pair.serialized_der()))
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.pair.zeroize();
    }
}
