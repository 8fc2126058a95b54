//! Checking a claim: its time and its signature.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::HEXLOWER;
use time::{Duration, OffsetDateTime};

use super::{AuthError, Claim, Form, Received, SigningKey, canonical, presigned, signing_key};
use crate::timestamp::amz_basic;

const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// One way in which clients sign the request that a server receives.
///
/// SDKs reduce `.`, `..` and empty segments before signing and send either path; and the token of
/// a presigned IoT request is appended after signing. So a signature is good when it fits any of
/// these readings, each computed exactly. Whoever routes by the raw path must not give `.`, `..` and
/// empty segments a meaning; [`crate::rest_json::PathTemplate`] does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The client signed the reduced path, not the one it sent.
    pub path_is_normalized: bool,
    /// The signature covers `X-Amz-Security-Token` in the query, if there is one.
    pub covers_query_token: bool,
}

/// What the signature should have been made over: for diagnosis, never for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The canonical request.
    pub canonical_request: String,
    /// The string to sign.
    pub string_to_sign: String,
}

impl Claim {
    /// Checks the time of signing. Header form: within `skew` of `now`. Presigned: not more than
    /// `skew` ahead, and `now` not after `signed_at` plus its expiry.
    pub fn check_time(&self, now: OffsetDateTime, skew: Duration) -> Result<(), AuthError> {
        let age = now - self.signed_at;
        let lifetime = match self.form {
            Form::Header => skew,
            Form::Presigned { expires_seconds } => Duration::seconds(expires_seconds.into()),
        };
        let signed = &self.stamp;
        if age > lifetime {
            let at = amz_basic(now);
            let earliest = amz_basic(now.checked_sub(lifetime).unwrap_or(now));
            return Err(AuthError::Expired(format!(
                "Signature expired: {signed} is now earlier than {earliest} ({at} - {})",
                span(lifetime)
            )));
        }
        if -age > skew {
            let at = amz_basic(now);
            let latest = amz_basic(now.checked_add(skew).unwrap_or(now));
            return Err(AuthError::NotYetCurrent(format!(
                "Signature not yet current: {signed} is still later than {latest} ({at} + {})",
                span(skew)
            )));
        }
        Ok(())
    }

    /// Checks the signature against `secret`, in constant time. `payload_sha256` is the hash of the
    /// body as received; an `x-amz-content-sha256` must state the same, so `UNSIGNED-PAYLOAD` and
    /// `STREAMING-…` are refused.
    pub fn verify(
        &self,
        received: &Received<'_>,
        payload_sha256: &[u8; 32],
        secret: &str,
    ) -> Result<(), AuthError> {
        self.verify_with_key(received, payload_sha256, &signing_key(secret, &self.scope))
    }

    /// As [`Claim::verify`], with a key derived before for [`Claim::scope`].
    pub fn verify_with_key(
        &self,
        received: &Received<'_>,
        payload_sha256: &[u8; 32],
        key: &SigningKey,
    ) -> Result<(), AuthError> {
        check_content_sha256(received, payload_sha256)?;
        let signature = self.signature.ok_or(AuthError::DoesNotMatch)?;
        if !self.scope_is_sound() {
            return Err(AuthError::DoesNotMatch);
        }
        for reading in self.readings(received) {
            let request = self
                .canonical_request(received, payload_sha256, reading)
                .ok_or(AuthError::DoesNotMatch)?;
            let expected = key.sign(&self.string_to_sign(&request));
            if verify_slices_are_equal(&expected, &signature).is_ok() {
                return Ok(());
            }
        }
        Err(AuthError::DoesNotMatch)
    }

    /// The readings that [`Claim::verify`] tries, the usual one first; mostly there is only that.
    pub fn readings(&self, received: &Received<'_>) -> impl Iterator<Item = Reading> + use<> {
        let reducible = canonical::normalized(received.path()).is_some();
        let token_in_query =
            matches!(self.form, Form::Presigned { .. }) && self.session_token.is_some();
        [(false, true), (true, true), (false, false), (true, false)]
            .into_iter()
            .map(|(path_is_normalized, covers_query_token)| Reading {
                path_is_normalized,
                covers_query_token,
            })
            .filter(move |reading| reducible || !reading.path_is_normalized)
            .filter(move |reading| token_in_query || reading.covers_query_token)
    }

    /// The texts that this end computes, for the echo AWS gives after a mismatch and for doctors.
    /// `None` where a signed header is absent. Holds header values, so possibly the session token.
    pub fn explain(
        &self,
        received: &Received<'_>,
        payload_sha256: &[u8; 32],
        reading: Reading,
    ) -> Option<Explanation> {
        let request = self.canonical_request(received, payload_sha256, reading)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(Explanation {
            string_to_sign: text(&self.string_to_sign(&request)),
            canonical_request: text(&request),
        })
    }

    fn canonical_request(
        &self,
        received: &Received<'_>,
        payload_sha256: &[u8; 32],
        reading: Reading,
    ) -> Option<Vec<u8>> {
        let path = received.path();
        let normalized = reading
            .path_is_normalized
            .then(|| canonical::normalized(path))
            .flatten();
        let left_out: &[&str] = match (self.form, reading.covers_query_token) {
            (Form::Header, _) => &[],
            (Form::Presigned { .. }, true) => &[presigned::SIGNATURE],
            (Form::Presigned { .. }, false) => &[presigned::SIGNATURE, presigned::TOKEN],
        };
        canonical::Request {
            method: received.method,
            path: normalized.as_deref().unwrap_or(path),
            query: received.query(),
            left_out,
            headers: received.headers,
            host: received.host,
            signed_headers: &self.signed_headers,
            payload_sha256,
        }
        .text()
    }

    fn string_to_sign(&self, canonical_request: &[u8]) -> Vec<u8> {
        canonical::string_to_sign(&self.stamp, &self.scope, canonical_request)
    }
}

fn check_content_sha256(received: &Received<'_>, payload: &[u8; 32]) -> Result<(), AuthError> {
    for stated in received.headers.get_all(CONTENT_SHA256) {
        let stated = stated.as_bytes();
        if stated == HEXLOWER.encode(payload).as_bytes() {
            continue;
        }
        let text = if stated.starts_with(b"STREAMING-") {
            "signed chunks ('STREAMING-...') are not supported here: send the SHA-256 of the body in \
             'x-amz-content-sha256'"
        } else if stated == b"UNSIGNED-PAYLOAD" {
            "'UNSIGNED-PAYLOAD' is not accepted here: send the SHA-256 of the body in \
             'x-amz-content-sha256'"
        } else {
            "The provided 'x-amz-content-sha256' header does not match what was computed."
        };
        return Err(AuthError::PayloadMismatch(text.to_owned()));
    }
    Ok(())
}

fn span(duration: Duration) -> String {
    match duration.whole_seconds() {
        seconds if seconds % 60 == 0 => format!("{} min.", seconds / 60),
        seconds => format!("{seconds} sec."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigv4::Scope;
    use time::macros::datetime;

    fn claim(signed_at: OffsetDateTime, form: Form) -> Claim {
        Claim {
            access_key_id: "AKID".to_owned(),
            scope: Scope {
                date: "20160205".to_owned(),
                region: "eu-west-1".to_owned(),
                service: "iot".to_owned(),
            },
            signed_at,
            session_token: Some("hush".to_owned()),
            form,
            stamp: amz_basic(signed_at),
            terminator: "aws4_request".to_owned(),
            signed_headers: "host".to_owned(),
            signature: Some([7; 32]),
        }
    }

    const FIVE: Duration = Duration::minutes(5);

    #[test]
    fn an_old_signature_is_refused_in_the_words_of_aws() {
        let claim = claim(datetime!(2016-02-05 15:45:32 UTC), Form::Header);
        let refused = claim
            .check_time(datetime!(2016-02-05 15:50:41 UTC), FIVE)
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Signature expired: 20160205T154532Z is now earlier than 20160205T154541Z \
             (20160205T155041Z - 5 min.)"
        );
        assert!(
            claim
                .check_time(datetime!(2016-02-05 15:50:32 UTC), FIVE)
                .is_ok()
        );
    }

    #[test]
    fn a_signature_from_the_future_is_refused_in_the_words_of_aws() {
        let claim = claim(datetime!(2016-02-05 15:34:02 UTC), Form::Header);
        let refused = claim
            .check_time(datetime!(2016-02-05 15:24:01 UTC), FIVE)
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Signature not yet current: 20160205T153402Z is still later than 20160205T152901Z \
             (20160205T152401Z + 5 min.)"
        );
    }

    #[test]
    fn a_presigned_request_lasts_as_long_as_it_says_and_no_longer() {
        let form = Form::Presigned {
            expires_seconds: 3600,
        };
        let claim = claim(datetime!(2016-02-05 15:00:00 UTC), form);
        assert!(
            claim
                .check_time(datetime!(2016-02-05 16:00:00 UTC), FIVE)
                .is_ok()
        );
        let late = claim.check_time(datetime!(2016-02-05 16:00:01 UTC), FIVE);
        assert!(matches!(late, Err(AuthError::Expired(_))));
        let early = claim.check_time(datetime!(2016-02-05 14:54:59 UTC), FIVE);
        assert!(matches!(early, Err(AuthError::NotYetCurrent(_))));
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        let (first, last) = (
            datetime!(0000-01-01 00:00 UTC),
            datetime!(9999-12-31 23:59:59 UTC),
        );
        let form = Form::Presigned {
            expires_seconds: 604_800,
        };
        assert!(claim(first, form).check_time(last, FIVE).is_err());
        assert!(claim(last, Form::Header).check_time(first, FIVE).is_err());
        assert!(claim(last, Form::Header).check_time(last, FIVE).is_ok());
    }

    #[test]
    fn all_faults_of_a_scope_are_named_in_order() {
        let mut claim = claim(datetime!(2016-02-05 15:00 UTC), Form::Header);
        assert_eq!(claim.check_scope("iot", Some("eu-west-1")), Ok(()));
        assert_eq!(claim.check_scope("iot", None), Ok(()));
        claim.scope = Scope {
            date: "b".into(),
            region: "c".into(),
            service: "d".into(),
        };
        claim.terminator = "e".into();
        assert_eq!(
            claim
                .check_scope("dynamodb", Some("x"))
                .unwrap_err()
                .to_string(),
            "Credential should be scoped to a valid region, not 'c'. Credential should be scoped to \
             correct service: 'dynamodb'. Credential should be scoped with a valid terminator: \
             'aws4_request', not 'e'. Date in Credential scope does not match YYYYMMDD from ISO-8601 \
             version of date from HTTP: 'b' != '20160205', from '20160205T150000Z'."
        );
        claim.scope.region.clear();
        assert!(claim.check_scope("d", None).is_err());
    }

    #[test]
    fn debug_output_hides_the_token() {
        let shown = format!("{:?}", claim(datetime!(2016-02-05 15:00 UTC), Form::Header));
        assert!(shown.contains("AKID") && !shown.contains("hush") && !shown.contains("signature"));
    }
}
