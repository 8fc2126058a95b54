//! Who signed a request.
//!
//! In order: the authorisation is read, its scope and time are checked, the key or token is looked
//! up, the signature is verified, and only then is it told whether the key or session has ended.

use thingpass_domain::audit::{Check, Reason};
use thingpass_domain::caller::{Caller, CallerDirectory, Ended, Unidentified};
use thingpass_domain::error::Error;
use thingpass_domain::id::Region;
use thingpass_wire::error::AuthFailure;
use thingpass_wire::sigv4::{AuthError, Claim, Received};
use time::OffsetDateTime;

use crate::signed::route::Service;

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

/// Checks what needs no secret: the scope's service and region, and the time.
///
/// # Errors
/// [`Unauthenticated`].
pub fn check_claim(
    claim: &Claim,
    service: Service,
    region: &Region,
    now: OffsetDateTime,
) -> Result<(), Unauthenticated> {
    claim.check_time(now, service.clock_skew())?;
    let region = service.is_regional().then(|| region.as_str());
    claim.check_scope(service.name(), region)?;
    Ok(())
}

/// Finds whom the claim points to and verifies that it is them.
///
/// # Errors
/// [`Unauthenticated`].
pub fn authenticate(
    callers: &CallerDirectory,
    claim: &Claim,
    received: &Received<'_>,
    payload_sha256: &[u8; 32],
) -> Result<Caller, Unauthenticated> {
    let identified = callers
        .identify(&claim.access_key_id, claim.session_token.as_deref())
        .map_err(|unidentified| match unidentified {
            Unidentified::UnknownKey(text) => Unauthenticated::Refused(
                AuthFailure::UnknownKey,
                Reason::new(Check::Signature, text),
            ),
            Unidentified::InvalidToken(text) => Unauthenticated::Refused(
                AuthFailure::BadSessionToken,
                Reason::new(Check::Signature, text),
            ),
            Unidentified::Failed(error) => Unauthenticated::Failed(error),
        })?;
    claim.verify(received, payload_sha256, &identified.secret_access_key)?;
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
