//! The keys under which session tokens are sealed and session secrets derived, and the root key
//! that protects them at rest.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_lc_rs::aead::{self, AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::entropy::{self, Entropy};
use crate::error::Error;
use crate::quota;

/// Bytes of a key, before keys for its uses are derived from it.
pub const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = aead::NONCE_LEN;

/// Seals what must not stand in the store in clear: the ring's keys and users' secrets.
pub struct RootKey(LessSafeKey);

impl RootKey {
    /// The root key of these bytes.
    ///
    /// # Errors
    /// [`Error::Internal`] should the cipher refuse them.
    pub fn new(bytes: &[u8; KEY_BYTES]) -> Result<Self, Error> {
        Ok(Self(siv_key(bytes)?))
    }

    /// Seals `secret`; `purpose` names what it is and must be the same to open it.
    ///
    /// # Errors
    /// [`Error::Internal`] without randomness.
    pub fn seal(
        &self,
        purpose: &str,
        secret: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, Error> {
        let nonce = entropy::bytes::<NONCE_BYTES>(entropy)?;
        let mut sealed = nonce.to_vec();
        let mut body = Zeroizing::new(secret.to_vec());
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                body.as_mut(),
            )
            .map_err(|_| Error::internal("sealing under the root key failed"))?;
        sealed.extend_from_slice(&body);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`RootKey::seal`] made.
    ///
    /// # Errors
    /// [`Error::Internal`] with another root key, another purpose, or changed bytes.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let refuse = || {
            Error::internal(format!(
                "`{purpose}` does not open under the root key: is `root.key` the one that this \
                 data directory was made with?"
            ))
        };
        let (nonce, body) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(refuse)?;
        let mut body = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut body);
        let length = opened.map_err(|_| refuse())?.len();
        body.truncate(length);
        Ok(body)
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RootKey(..)")
    }
}

/// A key of the ring as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRingKey {
    /// Counts up from 1; stands in clear in each token.
    pub id: u32,
    /// The key, sealed under the root key.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// The key ring in the store.
#[async_trait]
pub trait KeyRingStore {
    /// All keys, by id.
    async fn ring_keys(&self) -> Result<Vec<StoredRingKey>, Error>;

    /// Adds a key; [`Error::AlreadyExists`] if its id is taken (another process rotated).
    async fn add_ring_key(&self, key: StoredRingKey) -> Result<(), Error>;

    /// Deletes a key that no live session can need.
    async fn delete_ring_key(&self, id: u32) -> Result<(), Error>;
}

/// A key of the ring, ready for use.
pub struct RingKey {
    created_at: OffsetDateTime,
    sealing: LessSafeKey,
    deriving: hmac::Key,
}

impl RingKey {
    /// Derives the keys for sealing and for session secrets from the ring key's bytes.
    ///
    /// # Errors
    /// [`Error::Internal`] should the derivation refuse them.
    pub fn new(bytes: &[u8; KEY_BYTES], created_at: OffsetDateTime) -> Result<Self, Error> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"thingpass key ring v1");
        let pseudo_random = salt.extract(bytes);
        let derive = |purpose: &'static [u8]| -> Result<Zeroizing<[u8; KEY_BYTES]>, Error> {
            let mut key = Zeroizing::new([0; KEY_BYTES]);
            pseudo_random
                .expand(&[purpose], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(key.as_mut()))
                .map_err(|_| Error::internal("deriving a ring key failed"))?;
            Ok(key)
        };
        let deriving = derive(b"session secret")?;
        Ok(Self {
            created_at,
            sealing: siv_key(&*derive(b"session token")?)?,
            deriving: hmac::Key::new(hmac::HMAC_SHA256, deriving.as_ref()),
        })
    }

    /// Seals in place: `body` becomes the cipher text with its tag.
    pub(crate) fn seal(
        &self,
        nonce: [u8; NONCE_BYTES],
        header: &[u8],
        body: &mut Vec<u8>,
    ) -> Result<(), Error> {
        self.sealing
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(header), body)
            .map_err(|_| Error::internal("sealing a session token failed"))
    }

    /// Opens in place; `None` for anything that this key did not seal.
    pub(crate) fn open<'a>(
        &self,
        nonce: [u8; NONCE_BYTES],
        header: &[u8],
        body: &'a mut [u8],
    ) -> Option<&'a [u8]> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.sealing
            .open_in_place(nonce, Aad::from(header), body)
            .ok()
            .map(|opened| &*opened)
    }

    /// 32 bytes that only a holder of the ring can tell from `parts`, which together must be told from
    /// any others by their bytes alone.
    pub(crate) fn derive(&self, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut context = hmac::Context::with_key(&self.deriving);
        for part in parts {
            context.update(part);
        }
        let mut derived = Zeroizing::new([0; 32]);
        for (to, from) in derived.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        derived
    }
}

impl std::fmt::Debug for RingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RingKey")
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

/// The keys in use. The newest seals; every one that is there opens.
#[derive(Debug)]
pub struct KeyRing {
    keys: BTreeMap<u32, RingKey>,
}

impl KeyRing {
    /// Opens the stored keys.
    ///
    /// # Errors
    /// [`Error::Internal`] where one does not open, or there is none.
    pub fn open(stored: &[StoredRingKey], root: &RootKey) -> Result<Self, Error> {
        let mut keys = BTreeMap::new();
        for key in stored {
            let bytes = root.open(&purpose(key.id), &key.sealed)?;
            let bytes: &[u8; KEY_BYTES] = bytes
                .as_slice()
                .try_into()
                .map_err(|_| Error::internal("a ring key has not its length"))?;
            keys.insert(key.id, RingKey::new(bytes, key.created_at)?);
        }
        if keys.is_empty() {
            return Err(Error::internal("the key ring is empty"));
        }
        Ok(Self { keys })
    }

    /// The key that seals new tokens, with its id.
    pub(crate) fn newest(&self) -> Result<(u32, &RingKey), Error> {
        let newest = self.keys.last_key_value();
        newest
            .map(|(id, key)| (*id, key))
            .ok_or_else(|| Error::internal("the key ring is empty"))
    }

    /// The key of this id.
    pub(crate) fn key(&self, id: u32) -> Option<&RingKey> {
        self.keys.get(&id)
    }
}

/// A new key for the ring, to follow `newest`.
///
/// # Errors
/// [`Error::Internal`] without randomness.
pub fn new_ring_key(
    newest: Option<u32>,
    root: &RootKey,
    entropy: &dyn Entropy,
    now: OffsetDateTime,
) -> Result<StoredRingKey, Error> {
    let id = newest.unwrap_or(0).saturating_add(1);
    let bytes = Zeroizing::new(entropy::bytes::<KEY_BYTES>(entropy)?);
    let sealed = root.seal(&purpose(id), bytes.as_ref(), entropy)?;
    Ok(StoredRingKey {
        id,
        sealed,
        created_at: now,
    })
}

/// The keys that no live session can need: each that was followed by another longer ago than the
/// longest session lasts.
pub fn superseded(stored: &[StoredRingKey], now: OffsetDateTime) -> Vec<u32> {
    let longest = Duration::seconds(i64::from(quota::CREDENTIAL_DURATION_MAX_SECONDS));
    stored
        .windows(2)
        .filter_map(|pair| match pair {
            [older, newer] if now - newer.created_at > longest => Some(older.id),
            _ => None,
        })
        .collect()
}

fn purpose(id: u32) -> String {
    format!("ring key {id}")
}

fn siv_key(bytes: &[u8]) -> Result<LessSafeKey, Error> {
    let key = UnboundKey::new(&AES_256_GCM_SIV, bytes);
    key.map(LessSafeKey::new)
        .map_err(|_| Error::internal("a key has not its length"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn what_one_root_key_sealed_another_does_not_open() {
        let sealed = RootKey::new(&[1; 32])
            .unwrap()
            .seal("p", b"secret", &SystemEntropy)
            .unwrap();
        assert_eq!(
            *RootKey::new(&[1; 32]).unwrap().open("p", &sealed).unwrap(),
            b"secret"
        );
        assert!(RootKey::new(&[2; 32]).unwrap().open("p", &sealed).is_err());
        assert!(RootKey::new(&[1; 32]).unwrap().open("q", &sealed).is_err());
        assert!(
            RootKey::new(&[1; 32])
                .unwrap()
                .open("p", &sealed[..5])
                .is_err()
        );
    }

    #[test]
    fn a_key_stays_until_the_longest_session_after_its_successor_has_ended() {
        let key = |id, created| StoredRingKey {
            id,
            sealed: vec![],
            created_at: at(created),
        };
        let ring = [key(1, 0), key(2, 100_000), key(3, 200_000)];
        assert_eq!(superseded(&ring, at(100_000 + 43_200)), Vec::<u32>::new());
        assert_eq!(superseded(&ring, at(100_000 + 43_201)), [1]);
        assert_eq!(superseded(&ring, at(900_000)), [1, 2]);
    }

    #[test]
    fn an_empty_ring_is_refused() {
        assert!(KeyRing::open(&[], &RootKey::new(&[1; 32]).unwrap()).is_err());
    }
}
