//! Session tokens: a sealed envelope that holds the whole session, so that any node that holds the
//! key ring can open it, and nothing is written when one is given out.
//!
//! Layout, before base 64: version (1 byte), key id (4), nonce (12), cipher text, tag (16). The
//! version and key id are authenticated. The access key id tells the account and the beginning of
//! the nonce. The secret access key is derived from header, nonce and tag, so it too is known to every
//! holder of the ring: with AES-GCM-SIV the tag is a keyed digest of all that was sealed, so another
//! session has another one.

use std::sync::Arc;

use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::entropy::{self, Entropy};
use crate::error::Error;
use crate::id::{
    AccessKeyId, AccountId, CertificateId, RoleAliasName, RoleSessionName, ThingName,
    ThingTypeName, UniqueId,
};
use crate::key_ring::{KeyRing, RingKey};
use crate::session::{AssumedRoleSession, DeviceSession, Origin, Session, SessionThing};

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 5;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const KIND_DEVICE: u8 = 1;
const KIND_ASSUMED_ROLE: u8 = 2;
const KIND_ASSUMED_ROLE_BY_DEVICE: u8 = 3;

/// Credentials as they are given out.
pub struct Credentials {
    /// `ASIA…`
    pub access_key_id: AccessKeyId,
    /// Forty characters.
    pub secret_access_key: Zeroizing<String>,
    /// The sealed session, base 64.
    pub session_token: String,
    /// When they end.
    pub expires_at: OffsetDateTime,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What an opened token shows.
#[derive(Debug)]
pub struct Opened {
    /// The session.
    pub session: Arc<Session>,
    /// The secret access key that its requests are signed with.
    pub secret_access_key: Zeroizing<String>,
}

/// Gives out credentials for a session.
///
/// # Errors
/// [`Error::Internal`] without randomness or with an empty ring.
pub fn mint(
    ring: &KeyRing,
    session: &Session,
    entropy: &dyn Entropy,
) -> Result<Credentials, Error> {
    let (key_id, key) = ring.newest()?;
    let nonce = entropy::bytes::<NONCE_BYTES>(entropy)?;
    let mut header = [VERSION; HEADER_BYTES];
    for (to, from) in header.iter_mut().skip(1).zip(key_id.to_be_bytes()) {
        *to = from;
    }
    let mut body = write(session)?;
    key.seal(nonce, &header, &mut body)?;
    let secret_access_key = secret_access_key(key, &header, &nonce, &body)
        .ok_or_else(|| Error::internal("a sealed session has no tag"))?;
    let mut envelope = Vec::with_capacity(HEADER_BYTES + nonce.len() + body.len());
    envelope.extend_from_slice(&header);
    envelope.extend_from_slice(&nonce);
    envelope.extend_from_slice(&body);
    Ok(Credentials {
        access_key_id: access_key_id(&session.account, nonce),
        secret_access_key,
        session_token: data_encoding::BASE64.encode(&envelope),
        expires_at: session.expires_at,
    })
}

/// Opens a token that came with `access_key_id`. Whether the session has ended is the caller's to
/// check. `None` for a token that no key of the ring sealed, or that goes with another key id.
pub fn open(ring: &KeyRing, access_key_id: &str, token: &str) -> Option<Opened> {
    let envelope = data_encoding::BASE64.decode(token.as_bytes()).ok()?;
    let (header, rest) = envelope.split_first_chunk::<HEADER_BYTES>()?;
    let (nonce, body) = rest.split_first_chunk::<NONCE_BYTES>()?;
    let [VERSION, id @ ..] = header else {
        return None;
    };
    let key = ring.key(u32::from_be_bytes(*id))?;
    let secret_access_key = secret_access_key(key, header, nonce, body)?;
    let mut body = body.to_vec();
    let session = Arc::new(read(key.open(*nonce, header, &mut body)?)?);
    let expected = self::access_key_id(&session.account, *nonce);
    if !bool::from(expected.as_str().as_bytes().ct_eq(access_key_id.as_bytes())) {
        return None;
    }
    Some(Opened {
        session,
        secret_access_key,
    })
}

/// The access key id, which is no secret, tells the account and the beginning of the nonce.
fn access_key_id(account: &AccountId, nonce: [u8; NONCE_BYTES]) -> AccessKeyId {
    let (random, _) = nonce.split_first_chunk().unwrap_or((&[0; 5], &[]));
    entropy::access_key_id("ASIA", account, *random)
}

/// The secret access key of a sealed session; `None` where `body` is too short to have a tag.
fn secret_access_key(
    key: &RingKey,
    header: &[u8],
    nonce: &[u8],
    body: &[u8],
) -> Option<Zeroizing<String>> {
    let (_, tag) = body.split_last_chunk::<TAG_BYTES>()?;
    let derived = key.derive(&[b"secret access key", header, nonce, tag]);
    let (secret, _) = derived.split_first_chunk::<30>()?;
    Some(Zeroizing::new(data_encoding::BASE64.encode(secret)))
}

fn write(session: &Session) -> Result<Vec<u8>, Error> {
    let mut to = Vec::with_capacity(256);
    let kind = match &session.origin {
        Origin::Device(_) => KIND_DEVICE,
        Origin::AssumeRole(assumed) if assumed.device.is_some() => KIND_ASSUMED_ROLE_BY_DEVICE,
        Origin::AssumeRole(_) => KIND_ASSUMED_ROLE,
    };
    to.push(kind);
    text(&mut to, session.account.as_str())?;
    text(&mut to, session.role_id.as_str())?;
    to.extend_from_slice(&session.issued_at.unix_timestamp().to_be_bytes());
    to.extend_from_slice(&session.expires_at.unix_timestamp().to_be_bytes());
    if let Some(device) = session.device() {
        write_device(&mut to, device)?;
    }
    if let Origin::AssumeRole(assumed) = &session.origin {
        text(&mut to, assumed.session_name.as_str())?;
        text(&mut to, assumed.policy.as_deref().unwrap_or_default())?;
        for arn in &assumed.policy_arns {
            text(&mut to, arn)?;
        }
    }
    Ok(to)
}

fn write_device(to: &mut Vec<u8>, device: &DeviceSession) -> Result<(), Error> {
    to.extend_from_slice(device.certificate_id.as_bytes());
    text(to, device.role_alias.as_str())?;
    let thing = device.thing.as_ref();
    text(to, thing.map_or("", |thing| thing.name.as_str()))?;
    let thing_type = thing.and_then(|thing| thing.thing_type.as_ref());
    text(to, thing_type.map_or("", ThingTypeName::as_str))
}

/// A length of two bytes, then the text.
fn text(to: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    let length = u16::try_from(text.len())
        .map_err(|_| Error::internal("a text is too long for a session token"))?;
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(text.as_bytes());
    Ok(())
}

fn read(body: &[u8]) -> Option<Session> {
    let mut from = Reader(body);
    let kind = from.byte()?;
    let account = AccountId::new(from.text()?).ok()?;
    let role_id = UniqueId::new(from.text()?).ok()?;
    let issued_at = from.time()?;
    let expires_at = from.time()?;
    let origin = match kind {
        KIND_DEVICE => Origin::Device(read_device(&mut from)?),
        KIND_ASSUMED_ROLE => Origin::AssumeRole(read_assumed_role(&mut from, None)?),
        KIND_ASSUMED_ROLE_BY_DEVICE => {
            let device = read_device(&mut from)?;
            Origin::AssumeRole(read_assumed_role(&mut from, Some(device))?)
        }
        _ => return None,
    };
    from.0.is_empty().then_some(Session {
        account,
        role_id,
        issued_at,
        expires_at,
        origin,
    })
}

fn read_device(from: &mut Reader<'_>) -> Option<DeviceSession> {
    let certificate_id = CertificateId::from_fingerprint(*from.bytes::<32>()?);
    let role_alias = RoleAliasName::new(from.text()?).ok()?;
    let (name, thing_type) = (from.text()?, from.text()?);
    let thing = match (name, thing_type) {
        ("", "") => None,
        (name, "") => Some(SessionThing {
            name: ThingName::new(name).ok()?,
            thing_type: None,
        }),
        (name, thing_type) => Some(SessionThing {
            name: ThingName::new(name).ok()?,
            thing_type: Some(ThingTypeName::new(thing_type).ok()?),
        }),
    };
    Some(DeviceSession {
        certificate_id,
        role_alias,
        thing,
    })
}

fn read_assumed_role(
    from: &mut Reader<'_>,
    device: Option<DeviceSession>,
) -> Option<AssumedRoleSession> {
    let session_name = RoleSessionName::new(from.text()?).ok()?;
    let policy = Some(from.text()?)
        .filter(|policy| !policy.is_empty())
        .map(str::to_owned);
    let mut policy_arns = Vec::new();
    while !from.0.is_empty() {
        policy_arns.push(from.text()?.to_owned());
    }
    Some(AssumedRoleSession {
        session_name,
        policy,
        policy_arns,
        device,
    })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes::<1>().map(|[byte]| *byte)
    }

    fn time(&mut self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(i64::from_be_bytes(*self.bytes::<8>()?)).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::from(u16::from_be_bytes(*self.bytes::<2>()?));
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(head).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;
    use crate::key_ring::{RootKey, StoredRingKey, new_ring_key};

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    fn stored(count: u32) -> Vec<StoredRingKey> {
        let root = RootKey::new(&[9; 32]).unwrap();
        let make = |id: u32| new_ring_key(Some(id), &root, &SystemEntropy, at(0)).unwrap();
        (0..count).map(make).collect()
    }

    fn ring(stored: &[StoredRingKey]) -> KeyRing {
        KeyRing::open(stored, &RootKey::new(&[9; 32]).unwrap()).unwrap()
    }

    fn device_session(name_length: usize) -> Session {
        Session {
            account: AccountId::new("123456789012").unwrap(),
            role_id: UniqueId::new("AROAJWE6XX2DBF3PMINT6").unwrap(),
            issued_at: at(1_700_000_000),
            expires_at: at(1_700_003_600),
            origin: Origin::Device(DeviceSession {
                certificate_id: CertificateId::from_fingerprint([5; 32]),
                role_alias: RoleAliasName::new("a".repeat(name_length)).unwrap(),
                thing: Some(SessionThing {
                    name: ThingName::new("t".repeat(name_length)).unwrap(),
                    thing_type: Some(ThingTypeName::new("T".repeat(name_length)).unwrap()),
                }),
            }),
        }
    }

    #[test]
    fn a_session_comes_back_out_of_its_token_with_the_same_secret() {
        let ring = ring(&stored(1));
        let session = device_session(10);
        let minted = mint(&ring, &session, &SystemEntropy).unwrap();
        let opened = open(&ring, minted.access_key_id.as_str(), &minted.session_token).unwrap();
        assert_eq!(*opened.session, session);
        assert_eq!(opened.secret_access_key, minted.secret_access_key);
        assert_eq!(minted.secret_access_key.len(), 40);
    }

    #[test]
    fn a_session_of_assume_role_comes_back_with_its_policies_and_device() {
        let ring = ring(&stored(1));
        let device = device_session(5).device().cloned();
        for device in [None, device] {
            let session = Session {
                origin: Origin::AssumeRole(AssumedRoleSession {
                    session_name: RoleSessionName::new("alice").unwrap(),
                    policy: Some("{}".to_owned()),
                    policy_arns: vec!["arn:a".to_owned(), "arn:b".to_owned()],
                    device,
                }),
                ..device_session(1)
            };
            let minted = mint(&ring, &session, &SystemEntropy).unwrap();
            let opened = open(&ring, minted.access_key_id.as_str(), &minted.session_token).unwrap();
            assert_eq!(*opened.session, session);
        }
    }

    #[test]
    fn names_of_64_characters_keep_the_token_below_700() {
        let minted = mint(&ring(&stored(1)), &device_session(64), &SystemEntropy).unwrap();
        assert!(
            minted.session_token.len() <= 700,
            "{}",
            minted.session_token.len()
        );
    }

    #[test]
    fn the_longest_names_fit_the_smallest_client_buffer() {
        let minted = mint(&ring(&stored(1)), &device_session(128), &SystemEntropy).unwrap();
        let rest = 200; // keys, quotes, access key id, secret, expiration
        assert!(minted.session_token.len() + rest <= crate::quota::CREDENTIALS_RESPONSE_MAX_BYTES);
    }

    #[test]
    fn a_token_with_any_byte_changed_does_not_open() {
        let ring = ring(&stored(1));
        let minted = mint(&ring, &device_session(3), &SystemEntropy).unwrap();
        let envelope = data_encoding::BASE64
            .decode(minted.session_token.as_bytes())
            .unwrap();
        for index in 0..envelope.len() {
            let mut changed = envelope.clone();
            changed[index] ^= 1;
            let token = data_encoding::BASE64.encode(&changed);
            assert!(
                open(&ring, minted.access_key_id.as_str(), &token).is_none(),
                "byte {index}"
            );
        }
    }

    #[test]
    fn a_token_opens_with_its_own_access_key_id_only() {
        let ring = ring(&stored(1));
        let one = mint(&ring, &device_session(3), &SystemEntropy).unwrap();
        let two = mint(&ring, &device_session(3), &SystemEntropy).unwrap();
        assert!(open(&ring, one.access_key_id.as_str(), &two.session_token).is_none());
    }

    #[test]
    fn sessions_that_differ_have_other_secrets_even_under_one_nonce() {
        struct Same;
        impl Entropy for Same {
            fn fill(&self, bytes: &mut [u8]) -> Result<(), entropy::EntropyExhausted> {
                bytes.fill(7);
                Ok(())
            }
        }
        let ring = ring(&stored(1));
        let mut other = device_session(3);
        other.expires_at += time::Duration::SECOND;
        let one = mint(&ring, &device_session(3), &Same).unwrap();
        let two = mint(&ring, &other, &Same).unwrap();
        assert_ne!(one.secret_access_key, two.secret_access_key);
    }

    #[test]
    fn a_session_outlives_the_rotation_of_its_key_but_not_the_keys_end() {
        let keys = stored(2);
        let before = mint(&ring(&keys[..1]), &device_session(3), &SystemEntropy).unwrap();
        let id = before.access_key_id.as_str();
        assert!(open(&ring(&keys), id, &before.session_token).is_some());
        assert!(open(&ring(&keys[1..]), id, &before.session_token).is_none());
    }

    #[test]
    fn another_ring_with_the_same_key_id_opens_nothing() {
        let minted = mint(&ring(&stored(1)), &device_session(3), &SystemEntropy).unwrap();
        let other = ring(&stored(1));
        assert!(open(&other, minted.access_key_id.as_str(), &minted.session_token).is_none());
    }
}
