//! Requests that a careless verifier lets in, and odd ones that a strict verifier must.

#![allow(
    clippy::unwrap_used,
    reason = "all of this file is test code, which may panic"
)]

use http::{HeaderMap, HeaderValue, Method};
use thingpass_wire::sigv4::{
    AuthError, Credentials, Received, payload_sha256, presign, read, sign,
};
use time::OffsetDateTime;
use time::macros::datetime;

const AT: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);
const SECRET: &str = "wJalrXUtnFEMI";
const CREDENTIALS: Credentials<'_> = Credentials {
    access_key_id: "AKID",
    secret_access_key: SECRET,
    session_token: None,
};

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("h:1"));
    for (name, value) in pairs {
        headers.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn signed(target: &str, mut headers: HeaderMap, body: &[u8]) -> HeaderMap {
    sign(
        &Method::POST,
        target,
        &mut headers,
        body,
        &CREDENTIALS,
        "r",
        "s",
        AT,
    )
    .unwrap();
    headers
}

fn presigned(target: &str, headers: &HeaderMap) -> String {
    presign(
        &Method::POST,
        target,
        headers,
        b"",
        &CREDENTIALS,
        "r",
        "s",
        AT,
        60,
    )
    .unwrap()
}

fn check(target: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), AuthError> {
    check_at(target, headers, body, None)
}

fn check_at(
    target: &str,
    headers: &HeaderMap,
    body: &[u8],
    host: Option<&str>,
) -> Result<(), AuthError> {
    let received = Received {
        method: "POST",
        target,
        headers,
        host,
    };
    let claim = read(&received)?;
    claim.check_scope("s", None)?;
    claim.verify(&received, &payload_sha256(body), SECRET)
}

#[test]
fn a_request_without_any_signature_is_refused() {
    assert_eq!(
        check("/?a=b", &headers(&[]), b""),
        Err(AuthError::MissingAuthenticationToken)
    );
}

#[test]
fn both_forms_at_once_are_refused_even_when_both_are_good() {
    let target = presigned("/", &headers(&[]));
    assert_eq!(check(&target, &headers(&[]), b""), Ok(()));
    let both = signed(&target, headers(&[]), b"");
    assert_eq!(check(&target, &both, b""), Err(AuthError::BothForms));
}

#[test]
fn a_body_hash_that_is_stated_must_be_true() {
    let hash = data_encoding::HEXLOWER.encode(&payload_sha256(b"body"));
    let good = signed("/", headers(&[("x-amz-content-sha256", &hash)]), b"body");
    assert_eq!(check("/", &good, b"body"), Ok(()));
    for marker in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
        &hash.to_uppercase(),
        "",
    ] {
        let stated = signed("/", headers(&[("x-amz-content-sha256", marker)]), b"body");
        let refused = check("/", &stated, b"body");
        assert!(
            matches!(refused, Err(AuthError::PayloadMismatch(_))),
            "{marker}: {refused:?}"
        );
    }
}

#[test]
fn a_token_header_may_be_added_after_signing() {
    let mut headers = signed("/", headers(&[]), b"");
    headers.insert("x-amz-security-token", HeaderValue::from_static("later"));
    assert_eq!(check("/", &headers, b""), Ok(()));
}

#[test]
fn the_authority_of_http_2_stands_in_for_the_host_header() {
    let mut headers = signed("/", headers(&[]), b"");
    headers.remove("host");
    assert_eq!(check_at("/", &headers, b"", Some("h:1")), Ok(()));
    assert_eq!(
        check_at("/", &headers, b"", Some("h:2")),
        Err(AuthError::DoesNotMatch)
    );
    assert_eq!(
        check_at("/", &headers, b"", None),
        Err(AuthError::DoesNotMatch)
    );
}

#[test]
fn a_signature_over_a_reduced_path_does_not_fit_another_reduced_path() {
    let headers = signed("/a/b", headers(&[]), b"");
    assert_eq!(check("/a//x/../b", &headers, b""), Ok(()));
    for other in ["/a/b/", "/a/../b", "/a/%2e/b", "/a/b/x", "/a%2Fb"] {
        assert_eq!(
            check(other, &headers, b""),
            Err(AuthError::DoesNotMatch),
            "{other}"
        );
    }
}

#[test]
fn an_escape_in_the_path_is_signed_as_sent() {
    for (signed_path, sent) in [
        ("/a%2Fb", "/a/b"),
        ("/%41", "/A"),
        ("/%c3", "/%C3"),
        ("/a+b", "/a%20b"),
    ] {
        let headers = signed(signed_path, headers(&[]), b"");
        assert_eq!(check(signed_path, &headers, b""), Ok(()));
        assert_eq!(
            check(sent, &headers, b""),
            Err(AuthError::DoesNotMatch),
            "{sent}"
        );
    }
}

#[test]
fn a_plus_in_the_query_is_a_plus() {
    let headers = signed("/?a=b+c", headers(&[]), b"");
    assert_eq!(check("/?a=b%2Bc", &headers, b""), Ok(()));
    assert_eq!(
        check("/?a=b%20c", &headers, b""),
        Err(AuthError::DoesNotMatch)
    );
}

#[test]
fn a_scope_of_another_day_or_with_another_end_is_refused_by_verify_alone() {
    for (from, to) in [
        ("/20261122/", "/20261121/"),
        ("aws4_request", "aws5_request"),
    ] {
        let mut headers = signed("/", headers(&[]), b"");
        let changed = headers
            .get("authorization")
            .unwrap()
            .to_str()
            .unwrap()
            .replace(from, to);
        headers.insert("authorization", HeaderValue::from_str(&changed).unwrap());
        let received = Received {
            method: "POST",
            target: "/",
            headers: &headers,
            host: None,
        };
        let claim = read(&received).unwrap();
        assert!(claim.check_scope("s", Some("r")).is_err());
        let hash = payload_sha256(b"");
        assert!(claim.verify(&received, &hash, SECRET).is_err(), "{to}");
    }
}

#[test]
fn the_services_and_regions_of_a_scope_are_not_interchangeable() {
    let headers = signed("/", headers(&[]), b"");
    let claim = read(&Received {
        method: "POST",
        target: "/",
        headers: &headers,
        host: None,
    })
    .unwrap();
    assert!(claim.check_scope("s", Some("r")).is_ok());
    assert!(claim.check_scope("other", Some("r")).is_err());
    assert!(claim.check_scope("s", Some("other")).is_err());
}
