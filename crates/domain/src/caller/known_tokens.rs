//! Session tokens that were opened before: a client sends the same one with each request.

use std::sync::{Arc, Weak};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use quick_cache::sync::Cache;

use crate::id::AccessKeyId;
use crate::key_ring::KeyRing;
use crate::token::{self, Opened};

/// Tokens kept: as many devices as ask within minutes of each other.
const KEPT: usize = 20_000;

/// The token that was opened last with each access key id. What a token tells never changes; whether
/// its session still counts is asked each time.
pub(super) struct KnownTokens(Cache<AccessKeyId, Arc<Known>>);

struct Known {
    token: String,
    opened: Arc<Opened>,
    // A token is good only while a ring opens it. Weak, so that the keys are not kept for its sake.
    ring: Weak<KeyRing>,
}

impl KnownTokens {
    /// As [`token::open`].
    pub(super) fn open(
        &self,
        ring: &Arc<KeyRing>,
        access_key_id: &AccessKeyId,
        token: &str,
    ) -> Option<Arc<Opened>> {
        if let Some(known) = self.0.get(access_key_id).filter(|it| it.is(token, ring)) {
            return Some(Arc::clone(&known.opened));
        }
        let opened = Arc::new(token::open(ring, access_key_id.as_str(), token)?);
        let known = Known {
            token: token.to_owned(),
            opened: Arc::clone(&opened),
            ring: Arc::downgrade(ring),
        };
        self.0.insert(access_key_id.clone(), Arc::new(known));
        Some(opened)
    }
}

impl Known {
    fn is(&self, token: &str, ring: &Arc<KeyRing>) -> bool {
        verify_slices_are_equal(self.token.as_bytes(), token.as_bytes()).is_ok()
            && std::ptr::eq(self.ring.as_ptr(), Arc::as_ptr(ring))
    }
}

impl Default for KnownTokens {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::entropy::SystemEntropy;
    use crate::id::{AccountId, RoleSessionName, UniqueId};
    use crate::key_ring::{RootKey, StoredRingKey, new_ring_key};
    use crate::session::{AssumedRoleSession, Origin, Session};
    use crate::token::Credentials;

    fn stored(id: u32) -> StoredRingKey {
        let root = RootKey::new(&[9; 32]).unwrap();
        new_ring_key(Some(id), &root, &SystemEntropy, OffsetDateTime::UNIX_EPOCH).unwrap()
    }

    fn ring(stored: &[StoredRingKey]) -> Arc<KeyRing> {
        Arc::new(KeyRing::open(stored, &RootKey::new(&[9; 32]).unwrap()).unwrap())
    }

    fn minted(ring: &KeyRing) -> Credentials {
        let session = Session {
            account: AccountId::new("123456789012").unwrap(),
            role_id: UniqueId::new("AROAJWE6XX2DBF3PMINT6").unwrap(),
            issued_at: OffsetDateTime::UNIX_EPOCH,
            expires_at: OffsetDateTime::UNIX_EPOCH,
            origin: Origin::AssumeRole(AssumedRoleSession {
                session_name: RoleSessionName::new("alice").unwrap(),
                policy: None,
                policy_arns: Vec::new(),
                device: None,
            }),
        };
        token::mint(ring, &session, &SystemEntropy).unwrap()
    }

    #[test]
    fn a_token_is_opened_once_and_known_afterwards() {
        let (known, ring) = (KnownTokens::default(), ring(&[stored(1)]));
        let minted = minted(&ring);
        let open = || {
            let opened = known.open(&ring, &minted.access_key_id, &minted.session_token);
            opened.unwrap()
        };
        let first = open();
        assert!(Arc::ptr_eq(&first, &open()));
        assert_eq!(first.secret_access_key, minted.secret_access_key);
    }

    #[test]
    fn another_token_under_a_known_access_key_id_is_not_the_known_one() {
        let (known, ring) = (KnownTokens::default(), ring(&[stored(1)]));
        let (one, two) = (minted(&ring), minted(&ring));
        assert!(
            known
                .open(&ring, &one.access_key_id, &one.session_token)
                .is_some()
        );
        let longer = format!("{}=", one.session_token);
        for token in [&two.session_token, "", &longer] {
            assert!(
                known.open(&ring, &one.access_key_id, token).is_none(),
                "{token}"
            );
        }
        assert!(
            known
                .open(&ring, &two.access_key_id, &one.session_token)
                .is_none()
        );
    }

    #[test]
    fn a_known_token_ends_with_the_key_that_sealed_it() {
        let keys = [stored(1), stored(2)];
        let (known, both) = (KnownTokens::default(), ring(&keys));
        let minted = minted(&ring(&keys[..1]));
        let open =
            |ring: &Arc<KeyRing>| known.open(ring, &minted.access_key_id, &minted.session_token);
        assert!(open(&both).is_some());
        assert!(open(&ring(&keys[1..])).is_none());
        assert!(open(&both).is_some());
    }
}
