//! The signature in the query string.

use http::{HeaderMap, Method};
use time::OffsetDateTime;

use super::sign::{Credentials, SigningFault, covered, signature};
use super::{ALGORITHM, AuthError, Claim, Form, Parts, SECURITY_TOKEN, Scope};
use super::{canonical, payload_sha256};
use crate::percent::{self, Plus};
use crate::timestamp;

pub(super) const SIGNATURE: &str = "X-Amz-Signature";
pub(super) const TOKEN: &str = "X-Amz-Security-Token";

/// Six that must be there, in the order AWS names them, and the token.
const NAMES: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    SIGNATURE,
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
    "X-Amz-Expires",
    TOKEN,
];

/// A week, the longest AWS allows.
const MAX_EXPIRES_SECONDS: u32 = 604_800;

/// Whether a query tries to carry a signature: any of algorithm, credential or signature will do,
/// so that a half-removed one is never taken for none.
pub(super) fn is_signed(query: &str) -> bool {
    percent::pairs(query).any(|(name, _)| {
        NAMES
            .iter()
            .take(3)
            .any(|known| name == *known || decoded(name).as_deref() == Some(known))
    })
}

/// Reads the `X-Amz-*` parameters.
pub(super) fn read(headers: &HeaderMap, query: &str) -> Result<Claim, AuthError> {
    let [
        algorithm,
        credential,
        signature,
        signed_headers,
        date,
        expires,
        session_token,
    ] = parameters(query)?;
    let six = [
        &algorithm,
        &credential,
        &signature,
        &signed_headers,
        &date,
        &expires,
    ];
    if six.iter().any(|value| value.is_none()) {
        let mut text = String::new();
        for (name, _) in NAMES.iter().zip(six).filter(|(_, value)| value.is_none()) {
            text.push_str("AWS query-string parameters must include '");
            text.push_str(name);
            text.push_str("'. ");
        }
        text.push_str("Re-examine the query-string parameters.");
        return Err(AuthError::IncompleteSignature(text));
    }
    if headers.contains_key(SECURITY_TOKEN) {
        return Err(AuthError::IncompleteSignature(format!(
            "a request signed in its query string must carry '{TOKEN}' there, not as HTTP header"
        )));
    }
    let date = date.unwrap_or_default();
    let expires_seconds = read_expires(&expires.unwrap_or_default())?;
    Parts {
        algorithm: &algorithm.unwrap_or_default(),
        credential: &credential.unwrap_or_default(),
        signed_headers: &signed_headers.unwrap_or_default(),
        signature: &signature.unwrap_or_default(),
        date: &date,
        signed_at: timestamp::parse_amz_basic(&date),
        session_token,
        form: Form::Presigned { expires_seconds },
    }
    .claim()
}

/// Signs a request into its target and gives the target to send. `headers` must hold `host`; all
/// that [`super::sign`] would cover are covered and must be sent as they are. The request is good
/// for `expires_seconds`, 1 to 604800. The body is under the signature: pass an empty one for `GET`.
#[allow(
    clippy::too_many_arguments,
    reason = "the parts of a request, all of them needed, as `sign`"
)]
pub fn presign(
    method: &Method,
    target: &str,
    headers: &HeaderMap,
    body: &[u8],
    credentials: &Credentials<'_>,
    region: &str,
    service: &str,
    at: OffsetDateTime,
    expires_seconds: u32,
) -> Result<String, SigningFault> {
    if !(1..=MAX_EXPIRES_SECONDS).contains(&expires_seconds) {
        return Err(SigningFault::Expiry(expires_seconds));
    }
    let stamp = timestamp::amz_basic(at);
    let scope = Scope::at(&stamp, region, service);
    let signed_headers = covered(headers)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut query = query.to_owned();
    let mut add = |name: &str, value: &str| {
        if !query.is_empty() {
            query.push('&');
        }
        let mut encoded = Vec::new();
        percent::encode(&mut encoded, value.as_bytes());
        query.push_str(name);
        query.push('=');
        query.extend(encoded.into_iter().map(char::from));
    };
    add("X-Amz-Algorithm", ALGORITHM);
    add(
        "X-Amz-Credential",
        &format!("{}/{scope}", credentials.access_key_id),
    );
    add("X-Amz-Date", &stamp);
    add("X-Amz-SignedHeaders", &signed_headers);
    add("X-Amz-Expires", &expires_seconds.to_string());
    if let Some(token) = credentials.session_token {
        add(TOKEN, token);
    }
    let normalized = canonical::normalized(path);
    let request = canonical::Request {
        method: method.as_str(),
        path: normalized.as_deref().unwrap_or(path),
        query: Some(&query),
        left_out: &[],
        headers,
        host: None,
        signed_headers: &signed_headers,
        payload_sha256: &payload_sha256(body),
    };
    let signature = signature(&request, &stamp, &scope, credentials)?;
    Ok(format!("{path}?{query}&{SIGNATURE}={signature}"))
}

/// The decoded values of [`NAMES`]; empty ones count as absent, doubled ones are refused.
fn parameters(query: &str) -> Result<[Option<String>; 7], AuthError> {
    let mut found = [const { None }; 7];
    for (name, value) in percent::pairs(query) {
        let Some(name) = decoded(name) else { continue };
        let Some((_, slot)) = NAMES
            .iter()
            .zip(&mut found)
            .find(|(known, _)| **known == name)
        else {
            continue;
        };
        let value = decoded(value).ok_or_else(|| {
            AuthError::IncompleteSignature(format!("'{name}' is not percent-encoded UTF-8"))
        })?;
        if slot.replace(value).is_some() {
            return Err(AuthError::IncompleteSignature(format!(
                "'{name}' must be given once"
            )));
        }
    }
    Ok(found.map(|value| value.filter(|value| !value.is_empty())))
}

fn read_expires(text: &str) -> Result<u32, AuthError> {
    Some(text)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .filter(|seconds| (1..=MAX_EXPIRES_SECONDS).contains(seconds))
        .ok_or_else(|| {
            AuthError::IncompleteSignature(format!(
                "X-Amz-Expires must be a number of seconds from 1 to {MAX_EXPIRES_SECONDS}. Got \
                 '{text}'"
            ))
        })
}

fn decoded(text: &str) -> Option<String> {
    percent::decode(text, Plus::Literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20150830%2Fr%2Fs\
                        %2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&\
                        X-Amz-Expires=60&X-Amz-Signature=00&X-Amz-Security-Token=a%2Bb";

    fn refusal(query: &str) -> String {
        read(&HeaderMap::new(), query).unwrap_err().to_string()
    }

    #[test]
    fn the_parameters_are_read() {
        let claim = read(&HeaderMap::new(), GOOD).unwrap();
        assert_eq!(
            claim.form,
            Form::Presigned {
                expires_seconds: 60
            }
        );
        assert_eq!(claim.session_token.as_deref(), Some("a+b"));
    }

    #[test]
    fn a_half_removed_signature_is_still_an_attempt() {
        for query in [
            "X-Amz-Algorithm=a",
            "a=b&X-Amz-Signature",
            "X%2DAmz-Credential=",
        ] {
            assert!(is_signed(query), "{query}");
        }
        assert!(!is_signed("x-amz-signature=1&X-Amz-Date=2"));
    }

    #[test]
    fn missing_parameters_are_named() {
        assert_eq!(
            refusal(
                "X-Amz-Algorithm=a&X-Amz-Credential=&X-Amz-Date=d&X-Amz-SignedHeaders=host&X-Amz-Expires=1"
            ),
            "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string \
             parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters."
        );
    }

    #[test]
    fn doubled_parameters_are_refused_even_in_disguise() {
        for name in [
            "X-Amz-Algorithm",
            "X-Amz-Signature",
            "X-Amz-Expires",
            "X-Amz-Security%2DToken",
        ] {
            assert!(
                refusal(&format!("{GOOD}&{name}=1")).ends_with("must be given once"),
                "{name}"
            );
        }
    }

    #[test]
    fn an_expiry_outside_a_week_is_refused() {
        for expiry in ["0", "604801", "-1", "%2B1", "99999999999", "1.5"] {
            let query = GOOD.replace("X-Amz-Expires=60", &format!("X-Amz-Expires={expiry}"));
            assert!(
                refusal(&query).starts_with("X-Amz-Expires must be"),
                "{expiry}"
            );
        }
    }

    #[test]
    fn a_token_header_beside_a_presigned_query_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(SECURITY_TOKEN, http::HeaderValue::from_static("t"));
        assert!(read(&headers, GOOD).is_err());
    }
}
