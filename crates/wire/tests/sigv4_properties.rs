//! What holds for every request: signed means accepted, changed means refused, and no bytes from
//! outside make a parser panic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "all of this file is test code, which may panic"
)]

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use proptest::sample::Index;
use thingpass_wire::rest_json::{Binding, Kind, Location, PathTemplate};
use thingpass_wire::sigv4::{
    Credentials, Received, payload_sha256, presign, read, sign, signing_key,
};
use thingpass_wire::{json_1_0, query_xml, rest_json, timestamp};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const AT: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);

#[derive(Clone, Debug)]
struct Sample {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    secret: String,
    token: Option<String>,
}

impl Sample {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            access_key_id: "AKIDEXAMPLE",
            secret_access_key: &self.secret,
            session_token: self.token.as_deref(),
        }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("iot.example:8443"));
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(format!("x-{name}").as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    fn method(&self) -> Method {
        Method::from_bytes(self.method.as_bytes()).unwrap()
    }

    /// The target and headers to send, signed in either form.
    fn signed(&self, presigned: bool) -> (String, HeaderMap) {
        let (mut headers, credentials) = (self.headers(), self.credentials());
        let (method, region, service) = (self.method(), "eu-west-1", "iot");
        if presigned {
            let target = presign(
                &method,
                &self.target,
                &headers,
                &self.body,
                &credentials,
                region,
                service,
                AT,
                60,
            );
            return (target.unwrap(), headers);
        }
        sign(
            &method,
            &self.target,
            &mut headers,
            &self.body,
            &credentials,
            region,
            service,
            AT,
        )
        .unwrap();
        (self.target.clone(), headers)
    }
}

fn accepted(method: &str, target: &str, headers: &HeaderMap, body: &[u8], secret: &str) -> bool {
    let received = Received {
        method,
        target,
        headers,
        host: None,
    };
    let Ok(claim) = read(&received) else {
        return false;
    };
    let payload = payload_sha256(body);
    let verified = claim.verify(&received, &payload, secret);
    let key = signing_key(secret, &claim.scope);
    assert_eq!(verified, claim.verify_with_key(&received, &payload, &key));
    verified.is_ok()
        && claim.check_time(AT, Duration::ZERO).is_ok()
        && claim.check_scope("iot", Some("eu-west-1")).is_ok()
}

fn samples() -> impl Strategy<Value = Sample> {
    let path = "(/([a-zA-Z0-9._~:@$!'()*,;=+ -]|%2F|%25|%c3%A9|é|ሴ|%|\\.\\.|\\.){0,8}){1,4}/?";
    let query = "(\\?([a-c+%é ]|%20|%2B|=|&){0,20})?";
    let header = (
        "[a-d]{1,2}",
        "[ -~\\t\u{80}-\u{ff}]{0,12}".prop_map(String::into_bytes),
    );
    (
        "(GET|POST|PUT|DELETE|PATCH)",
        (path, query).prop_map(|(path, query)| path + &query),
        prop::collection::vec(header, 0..5),
        prop::collection::vec(any::<u8>(), 0..40),
        "[!-~]{1,40}",
        prop::option::of("[A-Za-z0-9+/=]{1,40}"),
    )
        .prop_map(|(method, target, headers, body, secret, token)| Sample {
            method,
            target,
            headers,
            body,
            secret,
            token,
        })
}

proptest! {
    #[test]
    fn what_is_signed_is_accepted(sample in samples(), presigned: bool) {
        let (target, headers) = sample.signed(presigned);
        prop_assert!(accepted(&sample.method, &target, &headers, &sample.body, &sample.secret));
    }

    #[test]
    fn the_token_of_a_presigned_request_may_be_appended_after_signing(sample in samples()) {
        let without = Sample { token: None, ..sample };
        let (target, headers) = without.signed(true);
        let target = format!("{target}&X-Amz-Security-Token=appended%2B");
        prop_assert!(accepted(&without.method, &target, &headers, &without.body, &without.secret));
    }

    #[test]
    fn a_changed_method_body_or_secret_is_refused(
        sample in samples(), presigned: bool, at: Index, bit in 0u8..8,
    ) {
        let (target, headers) = sample.signed(presigned);
        let Sample { method, body, secret, .. } = &sample;
        prop_assert!(!accepted("HEAD", &target, &headers, body, secret));
        prop_assert!(!accepted(method, &target, &headers, body, &(secret.clone() + "x")));
        let mut changed = body.clone();
        changed.push(0);
        let place = at.index(changed.len());
        changed[place] ^= 1 << bit;
        prop_assert!(!accepted(method, &target, &headers, &changed, secret));
    }

    #[test]
    fn a_changed_byte_of_the_target_is_refused(sample in samples(), presigned: bool, at: Index) {
        // Only text without escapes, spaces or reducible segments: there each byte has one meaning.
        let target: String = sample.target.chars().filter(char::is_ascii_alphanumeric).collect();
        let sample = Sample { target: format!("/a{target}?k={target}"), ..sample };
        let (target, headers) = sample.signed(presigned);
        let mut changed = target.clone().into_bytes();
        // Escapes in credential and token may change the case of their digits without a change of
        // meaning, so letters become others altogether.
        let place = 1 + at.index(changed.len() - 1);
        changed[place] = if changed[place] == b'_' { b'.' } else { b'_' };
        let changed = String::from_utf8(changed).unwrap();
        let Sample { method, body, secret, .. } = &sample;
        prop_assert!(!accepted(method, &changed, &headers, body, secret), "{changed}");
    }

    #[test]
    fn a_changed_dropped_or_doubled_header_is_refused(sample in samples(), presigned: bool) {
        let (target, headers) = sample.signed(presigned);
        let Sample { method, body, secret, .. } = &sample;
        for name in headers.keys() {
            let mut changed = headers.clone();
            changed.append(name, HeaderValue::from_static("more"));
            prop_assert!(!accepted(method, &target, &changed, body, secret), "{name} doubled");
            changed.remove(name);
            prop_assert!(!accepted(method, &target, &changed, body, secret), "{name} dropped");
            changed.insert(name, HeaderValue::from_static("other"));
            prop_assert!(!accepted(method, &target, &changed, body, secret), "{name} changed");
        }
    }

    #[test]
    fn a_changed_byte_of_the_authorization_is_refused(sample in samples(), at: Index) {
        let (target, mut headers) = sample.signed(false);
        let mut bytes = headers["authorization"].as_bytes().to_vec();
        let place = at.index(bytes.len());
        bytes[place] = if bytes[place] == b'_' { b'-' } else { b'_' };
        headers.insert("authorization", HeaderValue::from_bytes(&bytes).unwrap());
        let Sample { method, body, secret, .. } = &sample;
        let received = Received { method, target: &target, headers: &headers, host: None };
        // Another key id has another secret: that is the caller's to find out.
        let same_key = read(&received).is_ok_and(|claim| claim.access_key_id == "AKIDEXAMPLE");
        prop_assert!(!same_key || !accepted(method, &target, &headers, body, secret));
    }

    #[test]
    fn no_text_makes_a_reader_panic(
        text in "\\PC{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..80), presigned: bool,
    ) {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-date", HeaderValue::from_static("20261122T120000Z"));
        for name in ["authorization", "date", "x-amz-target", "x-amz-content-sha256", "host"] {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                headers.insert(name, value);
            }
            let start = "AWS4-HMAC-SHA256 Credential=";
            if let Ok(value) = HeaderValue::from_str(&format!("{start}{text}")) {
                headers.insert("authorization", value);
            }
        }
        let target = if presigned { format!("/?X-Amz-Algorithm={text}&{text}") } else { text.clone() };
        let received = Received { method: "GET", target: &target, headers: &headers, host: None };
        if let Ok(claim) = read(&received) {
            prop_assert!(claim.verify(&received, &[0; 32], "secret").is_err());
        }
        let _ = (timestamp::parse_amz_basic(&text), timestamp::parse_http_date(&text));
        let _ = (timestamp::parse_iso_8601(&text), json_1_0::target(&headers).is_ok());
        let binding = Binding {
            member: "a", location: Location::Query, name: "a", kind: Kind::Integer,
        };
        let _ = rest_json::input(&[binding], &[], Some(&text), &headers, &bytes);
        let _ = PathTemplate::new("/a/{b}").matches(&text);
        let _ = query_xml::input(&bytes, Some(&text));
    }

    #[test]
    fn instants_are_read_back_as_written(seconds in 0i64..250_000_000_000) {
        let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        prop_assert_eq!(timestamp::parse_amz_basic(&timestamp::amz_basic(at)), Some(at));
        prop_assert_eq!(timestamp::parse_iso_8601(&timestamp::iso_8601(at)), Some(at));
        prop_assert_eq!(timestamp::parse_http_date(&timestamp::http_date(at)), Some(at));
        prop_assert_eq!(timestamp::iso_8601(at).len(), 20);
    }

    #[test]
    fn a_flat_form_is_read_back(members in prop::collection::btree_map("[A-Z][a-z]{1,6}", "\\PC{0,12}", 0..8)) {
        let mut form = form_of("Action", "Verify") + &form_of("Version", "2011-06-15");
        for (name, value) in members.iter().filter(|(name, _)| !["Action", "Version"].contains(&name.as_str())) {
            form += &form_of(name, value);
        }
        let call = query_xml::input(form.as_bytes(), None).unwrap();
        for (name, value) in &members {
            prop_assert_eq!(call.input[name.as_str()].as_str(), Some(value.as_str()));
        }
    }
}

fn form_of(name: &str, value: &str) -> String {
    let escaped: Vec<_> = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("{name}={}&", escaped.concat())
}
