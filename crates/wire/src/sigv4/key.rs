//! Signing keys.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::scope::{Scope, TERMINATOR};

/// The key of one secret, day, region and service: what a verifier may keep for a day in place of
/// the secret. Wiped when dropped, never shown.
#[derive(Clone)]
pub struct SigningKey(hmac::Key);

/// Derives the key of `secret` for `scope`.
pub fn signing_key(secret: &str, scope: &Scope) -> SigningKey {
    let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
    first.extend_from_slice(b"AWS4");
    first.extend_from_slice(secret.as_bytes());
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, &first);
    for part in [&scope.date, &scope.region, &scope.service, TERMINATOR] {
        let next = Zeroizing::new(mac(&key, part.as_bytes()));
        key = hmac::Key::new(hmac::HMAC_SHA256, &*next);
    }
    SigningKey(key)
}

impl SigningKey {
    pub(super) fn sign(&self, text: &[u8]) -> [u8; 32] {
        mac(&self.0, text)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

fn mac(key: &hmac::Key, text: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(key, text).as_ref());
    out
}
