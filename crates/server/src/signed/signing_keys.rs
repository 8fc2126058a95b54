//! Signing keys that were derived before: a client signs all its requests of a day with one.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use quick_cache::sync::Cache;
use thingpass_domain::caller::Identified;
use thingpass_domain::id::AccessKeyId;
use thingpass_wire::sigv4::{AuthError, Claim, Received, Scope, SigningKey, signing_key};
use zeroize::Zeroizing;

/// Keys kept: as many devices as ask within minutes of each other.
const KEPT: usize = 20_000;

/// The signing key that each access key used last.
pub struct SigningKeys(Cache<AccessKeyId, Arc<Kept>>);

struct Kept {
    secret_access_key: Zeroizing<String>,
    scope: Scope,
    key: SigningKey,
}

impl SigningKeys {
    /// Verifies that `identified` signed the request.
    ///
    /// # Errors
    /// As [`Claim::verify`].
    pub fn verify(
        &self,
        claim: &Claim,
        received: &Received<'_>,
        payload_sha256: &[u8; 32],
        identified: &Identified,
    ) -> Result<(), AuthError> {
        let secret = &identified.secret_access_key;
        let id = &identified.caller.access_key_id;
        if let Some(kept) = self
            .0
            .get(id)
            .filter(|kept| kept.is_of(secret, &claim.scope))
        {
            return claim.verify_with_key(received, payload_sha256, &kept.key);
        }
        let key = signing_key(secret, &claim.scope);
        claim.verify_with_key(received, payload_sha256, &key)?;
        let kept = Kept {
            secret_access_key: secret.clone(),
            scope: claim.scope.clone(),
            key,
        };
        self.0.insert(id.clone(), Arc::new(kept));
        Ok(())
    }
}

impl Kept {
    /// The secret is compared too: a key is used only for the very secret that it was derived from.
    fn is_of(&self, secret: &str, scope: &Scope) -> bool {
        let known = self.secret_access_key.as_bytes();
        self.scope == *scope && verify_slices_are_equal(known, secret.as_bytes()).is_ok()
    }
}

impl Default for SigningKeys {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};
    use thingpass_domain::caller::{Caller, Identity};
    use thingpass_domain::id::{AccountId, UserName};
    use thingpass_wire::sigv4::{self, Credentials};
    use time::macros::datetime;
    use time::{Duration, OffsetDateTime};

    use super::*;

    const ID: &str = "AKIATESTTESTTESTTEST";
    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn identified(secret: &str) -> Identified {
        let arn = "arn:aws:iam::123456789012:user/u";
        Identified {
            caller: Caller {
                account: AccountId::new("123456789012").unwrap(),
                arn: arn.to_owned(),
                principal_arn: arn.to_owned(),
                user_id: "AIDA".to_owned(),
                access_key_id: AccessKeyId::new(ID).unwrap(),
                identity: Identity::User(UserName::new("u").unwrap()),
                policies: Arc::default(),
                session_policies: None,
            },
            secret_access_key: Zeroizing::new(secret.to_owned()),
            ended: None,
        }
    }

    fn verify(keys: &SigningKeys, signed_with: &str, secret: &str, now: OffsetDateTime) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("localhost"));
        let credentials = Credentials {
            access_key_id: ID,
            secret_access_key: signed_with,
            session_token: None,
        };
        let signed = sigv4::sign(
            &Method::GET,
            "/",
            &mut headers,
            b"",
            &credentials,
            "r",
            "iam",
            now,
        );
        signed.unwrap();
        let received = Received {
            method: "GET",
            target: "/",
            headers: &headers,
            host: None,
        };
        let claim = sigv4::read(&received).unwrap();
        let digest = sigv4::payload_sha256(b"");
        keys.verify(&claim, &received, &digest, &identified(secret))
            .is_ok()
    }

    #[test]
    fn a_kept_key_verifies_what_the_secret_signs_and_nothing_else() {
        let keys = SigningKeys::default();
        for _ in 0..2 {
            assert!(verify(&keys, "secret", "secret", NOW));
            assert!(!verify(&keys, "other", "secret", NOW));
        }
        assert_eq!(keys.0.len(), 1);
    }

    #[test]
    fn a_kept_key_is_not_used_for_another_secret_or_day() {
        let keys = SigningKeys::default();
        assert!(verify(&keys, "secret", "secret", NOW));
        assert!(!verify(&keys, "secret", "other", NOW));
        assert!(verify(&keys, "other", "other", NOW));
        assert!(!verify(&keys, "secret", "other", NOW));
        assert!(verify(&keys, "other", "other", NOW + Duration::DAY));
    }

    #[test]
    fn a_signature_that_does_not_match_leaves_no_key_behind() {
        let keys = SigningKeys::default();
        assert!(!verify(&keys, "other", "secret", NOW));
        assert!(keys.0.is_empty());
    }
}
