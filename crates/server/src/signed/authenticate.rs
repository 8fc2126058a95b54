//! Who signed a request.
//!
//! In order: the authorisation is read, its scope and time are checked, the key or token is looked
//! up, the signature is verified, and only then is it told whether the key or session has ended.

use http::HeaderMap;
use thingpass_domain::audit::{Check, Reason};
use thingpass_domain::caller::{Caller, CallerDirectory, Ended, Recognised, Unidentified};
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, Region};
use thingpass_wire::error::AuthFailure;
use thingpass_wire::sigv4::{AuthError, Claim, Received};
use time::OffsetDateTime;

use crate::signed::route::Service;
use crate::signed::signing_keys::SigningKeys;

/// Why a request is not taken for anybody's.
#[derive(Debug)]
pub enum Unauthenticated {
    /// The client's fault, with what is told to it and what is written down.
    Refused(AuthFailure, Reason),
    /// Ours.
    Failed(Error),
}

impl From<AuthError> for Unauthenticated {
    fn from(error: AuthError) -> Self {
        let text = match &error {
            // AWS's text of this one repeats the header, signature included.
            AuthError::IncompleteSignature(_) => "the authorisation is incomplete".to_owned(),
            AuthError::MissingAuthenticationToken
            | AuthError::BothForms
            | AuthError::InvalidSignature(_)
            | AuthError::Expired(_)
            | AuthError::NotYetCurrent(_)
            | AuthError::DoesNotMatch
            | AuthError::PayloadMismatch(_)
            | AuthError::UnsupportedAlgorithm(_) => error.to_string(),
        };
        Self::Refused(
            AuthFailure::Signature(error),
            Reason::new(Check::Signature, text),
        )
    }
}

/// Checks what needs no secret: the scope's service and region, the time, and that every header that
/// says what is asked for is under the signature.
///
/// # Errors
/// [`Unauthenticated`].
pub fn check_claim(
    claim: &Claim,
    headers: &HeaderMap,
    service: Service,
    region: &Region,
    now: OffsetDateTime,
) -> Result<(), Unauthenticated> {
    claim.check_time(now, service.clock_skew())?;
    let region = service.is_regional().then(|| region.as_str());
    claim.check_scope(service.name(), region)?;
    for name in service.meaningful_headers() {
        if headers.contains_key(*name) && !claim.signed_headers().any(|signed| signed == *name) {
            let text = format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
            return Err(AuthError::InvalidSignature(text).into());
        }
    }
    Ok(())
}

/// Refuses a claim whose key or token was not given out here, before its body is read: strangers
/// shall not fill the memory.
///
/// # Errors
/// [`Unauthenticated`].
pub fn recognise(callers: &CallerDirectory, claim: &Claim) -> Result<Recognised, Unauthenticated> {
    let token = claim.session_token.as_deref();
    Ok(callers.recognise(&claim.access_key_id, token)?)
}

/// Finds whom the claim points to and verifies that it is them.
///
/// # Errors
/// [`Unauthenticated`].
pub fn authenticate(
    callers: &CallerDirectory,
    signing_keys: &SigningKeys,
    recognised: Recognised,
    claim: &Claim,
    received: &Received<'_>,
    payload_sha256: &[u8; 32],
    account: &AccountId,
) -> Result<Caller, Unauthenticated> {
    let identified = callers.identify(recognised)?;
    signing_keys.verify(claim, received, payload_sha256, &identified)?;
    if identified.caller.account != *account {
        let text = format!("the key belongs to account {}", identified.caller.account);
        let reason = Reason::new(Check::Signature, text);
        return Err(Unauthenticated::Refused(AuthFailure::UnknownKey, reason));
    }
    match identified.ended {
        None => Ok(identified.caller),
        Some(Ended {
            expired: true,
            reason,
        }) => Err(Unauthenticated::Refused(AuthFailure::ExpiredToken, reason)),
        Some(Ended {
            expired: false,
            reason,
        }) => {
            let failure = if identified.caller.is_session() {
                AuthFailure::BadSessionToken
            } else {
                AuthFailure::UnknownKey
            };
            Err(Unauthenticated::Refused(failure, reason))
        }
    }
}

impl From<Unidentified> for Unauthenticated {
    fn from(unidentified: Unidentified) -> Self {
        let refused = |failure, text| Self::Refused(failure, Reason::new(Check::Signature, text));
        match unidentified {
            Unidentified::UnknownKey(text) => refused(AuthFailure::UnknownKey, text),
            Unidentified::InvalidToken(text) => refused(AuthFailure::BadSessionToken, text),
            Unidentified::Failed(error) => Self::Failed(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use thingpass_domain::clock::Clock;
    use thingpass_wire::sigv4::{self, Credentials};

    use super::*;
    use crate::api::iam::access_key::create_access_key::CreateAccessKey;
    use crate::api::iam::user::create_user::CreateUser;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_key_of_another_account_is_nobodys_here() {
        let bench = Bench::new().await;
        let user = json!({"UserName": "ann"});
        bench.call::<CreateUser>(user.clone()).await.unwrap();
        let key = bench.call::<CreateAccessKey>(user).await.unwrap();
        let member = |name: &str| key["AccessKey"][name].as_str().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("host", http::HeaderValue::from_static("localhost"));
        let credentials = Credentials {
            access_key_id: member("AccessKeyId"),
            secret_access_key: member("SecretAccessKey"),
            session_token: None,
        };
        let (method, now) = (http::Method::GET, bench.clock.now());
        sigv4::sign(
            &method,
            "/",
            &mut headers,
            b"",
            &credentials,
            "r",
            "iam",
            now,
        )
        .unwrap();
        let received = Received {
            method: "GET",
            target: "/",
            headers: &headers,
            host: None,
        };
        let claim = sigv4::read(&received).unwrap();
        let context = &bench.context;
        let callers = CallerDirectory::new(
            Arc::clone(&context.directory),
            Arc::clone(&context.key_ring),
            Arc::clone(&context.root_key),
            Arc::clone(&context.clock),
        );
        let digest = sigv4::payload_sha256(b"");
        let asked = |account: &AccountId| {
            let recognised = recognise(&callers, &claim).unwrap();
            let keys = SigningKeys::default();
            authenticate(
                &callers, &keys, recognised, &claim, &received, &digest, account,
            )
        };
        assert!(asked(bench.account()).is_ok());
        let other = AccountId::new("210987654321").unwrap();
        let Err(Unauthenticated::Refused(failure, _)) = asked(&other) else {
            panic!("a stranger was let in")
        };
        assert_eq!(failure, AuthFailure::UnknownKey);
    }
}
