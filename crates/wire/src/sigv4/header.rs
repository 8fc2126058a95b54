//! The signature in the `Authorization` header.

use http::HeaderMap;
use http::header::{AUTHORIZATION, DATE};

use super::{AuthError, Claim, Form, Parts, SECURITY_TOKEN, only};
use crate::timestamp;

/// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; commas, spaces or both
/// stand between the parameters.
pub(super) fn read(headers: &HeaderMap) -> Result<Claim, AuthError> {
    let authorization = only(headers, AUTHORIZATION.as_str())?.unwrap_or_default();
    if !authorization.starts_with("AWS4-") {
        return Err(AuthError::MissingAuthenticationToken);
    }
    let (algorithm, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
    let [credential, signature, signed_headers] = fields(rest)?;
    let (date, signed_at) = match only(headers, "x-amz-date")? {
        Some(date) => (Some(date), timestamp::parse_amz_basic(date)),
        None => match only(headers, DATE.as_str())? {
            Some(date) => (Some(date), read_date(date)),
            None => (None, None),
        },
    };
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (credential, signature, signed_headers, date)
    else {
        let absent = [
            credential.is_none(),
            signature.is_none(),
            signed_headers.is_none(),
        ];
        return Err(incomplete(absent, date.is_none(), authorization));
    };
    let session_token = only(headers, SECURITY_TOKEN)?.map(str::to_owned);
    let form = Form::Header;
    Parts {
        algorithm,
        credential,
        signed_headers,
        signature,
        date,
        signed_at,
        session_token,
        form,
    }
    .claim()
}

const NAMES: [&str; 3] = ["Credential", "Signature", "SignedHeaders"];

/// The values of [`NAMES`]. An empty value counts as absent; an unknown or second one is refused.
fn fields(text: &str) -> Result<[Option<&str>; 3], AuthError> {
    let mut found = [None; 3];
    for part in text.split([',', ' ']).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let slot = NAMES
            .iter()
            .zip(&mut found)
            .find(|(known, _)| **known == name);
        match slot {
            Some((_, slot @ None)) => *slot = Some(value),
            Some((_, Some(_))) | None => {
                return Err(AuthError::IncompleteSignature(format!(
                    "Authorization header has '{name}' twice, or it is not one of its parameters"
                )));
            }
        }
    }
    Ok(found.map(|value: Option<&str>| value.filter(|value| !value.is_empty())))
}

fn incomplete(absent: [bool; 3], without_date: bool, authorization: &str) -> AuthError {
    let mut text = String::new();
    for (name, _) in NAMES.iter().zip(absent).filter(|(_, absent)| *absent) {
        text.push_str("Authorization header requires '");
        text.push_str(name);
        text.push_str("' parameter. ");
    }
    if without_date {
        text.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    text.push_str("Authorization=");
    text.push_str(authorization);
    AuthError::IncompleteSignature(text)
}

/// A `Date` header may be of either form.
fn read_date(text: &str) -> Option<time::OffsetDateTime> {
    timestamp::parse_amz_basic(text).or_else(|| timestamp::parse_http_date(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const GOOD: &str = "AWS4-HMAC-SHA256 Credential=AKID/20150830/r/s/aws4_request, \
                        SignedHeaders=host;x-amz-date, Signature=00";

    fn read_with(
        authorization: &str,
        date: Option<(&'static str, &str)>,
    ) -> Result<Claim, AuthError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
        if let Some((name, value)) = date {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        read(&headers)
    }

    fn refusal(authorization: &str) -> String {
        read_with(authorization, Some(("x-amz-date", "20150830T123600Z")))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_parts_are_read_with_or_without_spaces() {
        for authorization in [
            GOOD.to_owned(),
            GOOD.replace(", ", ","),
            GOOD.replace(", ", " "),
        ] {
            let claim =
                read_with(&authorization, Some(("x-amz-date", "20150830T123600Z"))).unwrap();
            assert_eq!(claim.access_key_id, "AKID");
            assert_eq!(claim.scope.to_string(), "20150830/r/s/aws4_request");
            assert_eq!(timestamp::amz_basic(claim.signed_at), "20150830T123600Z");
        }
    }

    #[test]
    fn a_date_header_will_do_in_either_form() {
        for date in ["20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT"] {
            let claim = read_with(GOOD, Some(("date", date))).unwrap();
            assert_eq!(timestamp::amz_basic(claim.signed_at), "20150830T123600Z");
        }
    }

    #[test]
    fn missing_parts_are_named_in_the_words_and_order_of_aws() {
        let refused = read_with("AWS4-HMAC-SHA256 x", None).unwrap_err();
        assert!(
            matches!(refused, AuthError::IncompleteSignature(_)),
            "{refused}"
        );
        assert_eq!(
            read_with("AWS4-", None).unwrap_err().to_string(),
            "Authorization header requires 'Credential' parameter. Authorization header requires \
             'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \
             Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. \
             Authorization=AWS4-"
        );
    }

    #[test]
    fn faults_come_in_the_order_of_dynamodb() {
        let bad_date = read_with(
            "AWS4-X Credential=a, SignedHeaders=a, Signature=a",
            Some(("date", "x")),
        );
        assert_eq!(
            bad_date.unwrap_err().to_string(),
            "Date must be in ISO-8601 'basic format'. Got 'x'. See http://en.wikipedia.org/wiki/ISO_8601"
        );
        assert_eq!(
            refusal("AWS4-X Credential=a, SignedHeaders=a, Signature=a"),
            "'Host' must be a 'SignedHeader' in the AWS Authorization."
        );
        assert_eq!(
            refusal("AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=a"),
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). "
        );
        assert_eq!(
            refusal("AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=a"),
            "Credential must have exactly 5 slash-delimited elements, e.g. \
             keyid/date/region/service/term, got 'a/b/c/d'"
        );
    }

    #[test]
    fn another_scheme_is_no_signature() {
        for other in [
            "Bearer abc",
            "aws4-hmac-sha256 Credential=a",
            "AWS AKID:sig",
        ] {
            assert_eq!(
                read_with(other, None).unwrap_err(),
                AuthError::MissingAuthenticationToken
            );
        }
    }

    #[test]
    fn doubled_unknown_and_unsorted_parts_are_refused() {
        for bad in [
            GOOD.replace("Signature=00", "Signature=00, Signature=01"),
            GOOD.replace("Signature=00", "Signature=00, Extra=1"),
            GOOD.replace("host;x-amz-date", "x-amz-date;host"),
            GOOD.replace("host;x-amz-date", "host;host"),
            GOOD.replace("host;x-amz-date", "Host;x-amz-date"),
            GOOD.replace("host;x-amz-date", "host;;x-amz-date"),
        ] {
            let error = read_with(&bad, Some(("x-amz-date", "20150830T123600Z"))).unwrap_err();
            assert!(
                matches!(error, AuthError::IncompleteSignature(_)),
                "{bad}: {error}"
            );
        }
    }

    #[test]
    fn a_header_given_twice_is_refused() {
        for name in ["authorization", "x-amz-date", "x-amz-security-token"] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(GOOD));
            headers.insert("x-amz-date", HeaderValue::from_static("20150830T123600Z"));
            headers.insert("x-amz-security-token", HeaderValue::from_static("t"));
            assert!(read(&headers).is_ok());
            let again = headers.get(name).cloned().unwrap();
            headers.append(name, again);
            assert!(read(&headers).is_err(), "{name}");
        }
    }
}
