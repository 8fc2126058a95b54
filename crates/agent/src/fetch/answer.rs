//! The server's yes.

use super::{FetchError, Fetched};
use crate::config::Endpoint;
use crate::credentials::Credentials;
use crate::failure::Failure;
use hyper::header::{DATE, HeaderMap};
use serde::Deserialize;
use thingpass_wire::timestamp::parse_http_date;
use time::{Duration, OffsetDateTime};

/// Services refuse a signature whose time is further off.
const CLOCK_SKEW: Duration = Duration::minutes(5);

#[derive(Deserialize)]
struct Body {
    credentials: Credentials,
}

/// Reads the credentials; what the device's clock makes of them is a warning.
pub(super) fn read(
    headers: &HeaderMap,
    body: &[u8],
    endpoint: &Endpoint,
    now: OffsetDateTime,
) -> Result<Fetched, FetchError> {
    let credentials = serde_json::from_slice::<Body>(body)
        .ok()
        .map(|body| body.credentials)
        .filter(Credentials::is_complete)
        .ok_or_else(|| {
            Failure::exchange(
                format!("the answer of `{endpoint}` holds no usable credentials"),
                "check that --endpoint is the address of the device endpoint",
            )
        })?;
    let mut warnings = Vec::from_iter(skew_warning(headers, now));
    if credentials.expiration <= now {
        warnings.push("by this device's clock the credentials have ended already".to_owned());
    }
    Ok(Fetched {
        credentials,
        warnings,
    })
}

fn skew_warning(headers: &HeaderMap, now: OffsetDateTime) -> Option<String> {
    let server = parse_http_date(headers.get(DATE)?.to_str().ok()?)?;
    let skew = now - server;
    let direction = if skew.is_positive() { "fast" } else { "slow" };
    (skew.abs() > CLOCK_SKEW).then(|| {
        format!(
            "this device's clock is {} seconds {direction}; services will refuse its signatures until it is set",
            skew.abs().whole_seconds()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2030-01-01 00:00:00 UTC);

    fn answer(date: &str, body: &str) -> Result<Fetched, FetchError> {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, date.parse().unwrap());
        read(
            &headers,
            body.as_bytes(),
            &"localhost".parse().unwrap(),
            NOW,
        )
    }

    fn body(expiration: &str) -> String {
        format!(
            r#"{{"credentials":{{"accessKeyId":"A","secretAccessKey":"B","sessionToken":"C","expiration":"{expiration}","more":1}}}}"#
        )
    }

    #[test]
    fn a_clock_that_is_off_by_more_than_five_minutes_is_warned_of() {
        let cases = [
            ("Tue, 01 Jan 2030 00:05:00 GMT", None),
            ("Mon, 31 Dec 2029 23:55:00 GMT", None),
            ("Tue, 01 Jan 2030 00:05:01 GMT", Some("301 seconds slow")),
            ("Mon, 31 Dec 2029 23:54:59 GMT", Some("301 seconds fast")),
            ("nonsense", None),
        ];
        for (date, expected) in cases {
            let warnings = answer(date, &body("2030-01-01T01:00:00Z"))
                .unwrap()
                .warnings;
            assert_eq!(warnings.len(), usize::from(expected.is_some()), "{date}");
            assert!(
                expected.is_none_or(|text| warnings[0].contains(text)),
                "{warnings:?}"
            );
        }
    }

    #[test]
    fn credentials_that_have_ended_are_warned_of() {
        let warnings = answer("x", &body("2030-01-01T00:00:00Z")).unwrap().warnings;
        assert!(warnings[0].contains("ended already"), "{warnings:?}");
    }

    #[test]
    fn an_answer_without_whole_credentials_is_refused_and_not_shown() {
        for bad in [
            "",
            "<html>very-secret",
            r#"{"credentials":{"accessKeyId":"A","secretAccessKey":"very-secret"}}"#,
            r#"{"credentials":{"accessKeyId":"","secretAccessKey":"very-secret","sessionToken":"C","expiration":"2030-01-01T01:00:00Z"}}"#,
            &body("tomorrow"),
        ] {
            let error = answer("x", bad).unwrap_err();
            assert!(
                error.to_string().contains("no usable credentials"),
                "{error}"
            );
            assert!(!format!("{error:?}").contains("very-secret"));
            assert!(!error.is_outage());
        }
    }
}
