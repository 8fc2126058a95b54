//! Foreign vectors: what awslabs/aws-c-auth and boto/botocore sign, we compute, make and accept; and
//! with anything changed, refuse.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "all of this file is test code, which may panic"
)]

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use thingpass_wire::sigv4::{
    AuthError, Claim, Credentials, Form, Received, payload_sha256, presign, read, sign,
};
use thingpass_wire::timestamp::parse_iso_8601;
use time::Duration;

#[derive(Deserialize)]
struct Vector {
    name: String,
    suite: String,
    kind: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    region: String,
    service: String,
    timestamp: String,
    normalize_path: bool,
    token_signed: Option<bool>,
    expires: Option<u32>,
    request: Request,
    canonical_request: String,
    string_to_sign: String,
    signature: String,
    signed_request: Request,
}

#[derive(Clone, Deserialize)]
struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Vector {
    fn id(&self) -> String {
        format!("{} {} {}", self.suite, self.kind, self.name)
    }

    /// botocore's vectors have it among the headers only.
    fn token(&self) -> Option<String> {
        let headers = self.signed_request.headers();
        let sent = headers
            .get("x-amz-security-token")
            .map(|value| value.to_str().unwrap());
        self.session_token.clone().or(sent.map(str::to_owned))
    }

    fn accepts(&self, request: &Request) -> Result<Claim, AuthError> {
        self.accepts_with(request, &self.secret_access_key)
    }

    fn accepts_with(&self, request: &Request, secret: &str) -> Result<Claim, AuthError> {
        let headers = request.headers();
        let received = request.received(&headers);
        let claim = read(&received)?;
        let at = parse_iso_8601(&self.timestamp).unwrap();
        claim.check_time(at, Duration::ZERO)?;
        claim.check_scope(&self.service, Some(&self.region))?;
        claim.verify(&received, &payload_sha256(request.body.as_bytes()), secret)?;
        Ok(claim)
    }

    /// The signed request, each time with one thing changed.
    fn tampered(&self) -> Vec<(&'static str, Request)> {
        let change = |what: &'static str, change: &dyn Fn(&mut Request)| {
            let mut request = self.signed_request.clone();
            change(&mut request);
            (what, request)
        };
        let flip = |text: &mut String, position: usize| {
            let flipped = if text.as_bytes()[position] == b'0' {
                "1"
            } else {
                "0"
            };
            text.replace_range(position..=position, flipped);
        };
        vec![
            change("method", &|request| {
                request.method.replace_range(.., "PATCH");
            }),
            change("path", &|request| {
                let end = request.target.find('?').unwrap_or(request.target.len());
                request.target.insert(end, 'z');
            }),
            change("query", &|request| {
                let mark = if request.target.contains('?') {
                    '&'
                } else {
                    '?'
                };
                request.target = format!("{}{mark}added=1", request.target);
            }),
            change("header", &|request| {
                let named = |header: &&mut (String, String)| header.0.eq_ignore_ascii_case("host");
                request.headers.iter_mut().find(named).unwrap().1.push('z');
            }),
            change("header absent", &|request| {
                request
                    .headers
                    .retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
            }),
            change("body", &|request| request.body.push('z')),
            change("signature", &|request| {
                let place = |text: &str| text.find(&self.signature);
                if let Some(position) = place(&request.target) {
                    flip(&mut request.target, position + 63);
                }
                for (_, value) in &mut request.headers {
                    if let Some(position) = place(value) {
                        flip(value, position);
                    }
                }
            }),
        ]
    }
}

impl Request {
    /// As an HTTP server hands them on: with folded lines unfolded (RFC 9112, section 5.2).
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let value = value.replace('\n', " ");
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        headers
    }

    fn received<'a>(&'a self, headers: &'a HeaderMap) -> Received<'a> {
        Received {
            method: &self.method,
            target: &self.target,
            headers,
            host: None,
        }
    }
}

fn vectors() -> Vec<Vector> {
    let lines = include_str!("vectors/sigv4/vectors.jsonl").lines();
    let vectors: Vec<Vector> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(vectors.len(), 110);
    vectors
}

/// `id: reason` per line: vectors that a server cannot or will not accept.
fn expected_failures() -> Vec<(&'static str, &'static str)> {
    include_str!("vectors/sigv4/expected-failures.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").expect("every line has a reason"))
        .collect()
}

#[test]
fn every_vector_is_accepted_but_those_listed_with_a_reason() {
    let listed = expected_failures();
    let mut ids = Vec::new();
    for vector in vectors() {
        let id = vector.id();
        let accepted = vector.accepts(&vector.signed_request);
        let expected = listed.iter().all(|(listed, _)| *listed != id);
        assert_eq!(accepted.is_ok(), expected, "{id}: {accepted:?}");
        ids.push(id);
    }
    for (id, _) in listed {
        assert!(
            ids.iter().any(|known| known == id),
            "no vector is called `{id}`"
        );
    }
}

#[test]
fn the_canonical_request_and_the_string_to_sign_are_those_of_the_vector() {
    for vector in vectors() {
        let request = &vector.signed_request;
        let headers = request.headers();
        let received = request.received(&headers);
        let claim = read(&received).unwrap();
        let reading = claim
            .readings(&received)
            .filter(|reading| reading.covers_query_token == vector.token_signed.unwrap_or(true))
            .max_by_key(|reading| reading.path_is_normalized == vector.normalize_path)
            .unwrap_or_else(|| claim.readings(&received).next().unwrap());
        let payload = payload_sha256(request.body.as_bytes());
        let explanation = claim.explain(&received, &payload, reading).unwrap();
        assert_eq!(
            explanation.canonical_request,
            vector.canonical_request,
            "{}",
            vector.id()
        );
        assert_eq!(
            explanation.string_to_sign,
            vector.string_to_sign,
            "{}",
            vector.id()
        );
    }
}

#[test]
fn what_the_claim_says_is_what_the_vector_says() {
    for vector in vectors() {
        let claim = vector.accepts(&vector.signed_request).unwrap();
        assert_eq!(claim.access_key_id, vector.access_key_id);
        assert_eq!(claim.session_token, vector.token(), "{}", vector.id());
        let form = match vector.expires {
            Some(expires_seconds) => Form::Presigned { expires_seconds },
            None => Form::Header,
        };
        assert_eq!(claim.form, form);
    }
}

#[test]
fn every_vector_with_anything_changed_is_refused() {
    for vector in vectors() {
        for (what, request) in vector.tampered() {
            let refused = vector.accepts(&request);
            assert!(
                refused.is_err(),
                "{} with another {what} was accepted",
                vector.id()
            );
        }
        let other = vector
            .accepts_with(&vector.signed_request, "another secret")
            .unwrap_err();
        assert_eq!(other, AuthError::DoesNotMatch, "{}", vector.id());
    }
}

/// We sign reduced paths and cover the token, as SDKs do for all services but S3; other vectors
/// describe other signers.
#[test]
fn we_sign_as_the_vectors_do() {
    let mut signed = 0;
    for vector in vectors() {
        let has_dots = vector.request.target.contains("/.") || vector.request.target.contains("//");
        if (has_dots && !vector.normalize_path) || vector.token_signed == Some(false) {
            continue;
        }
        if vector.name.ends_with("post-sts-header-after") {
            continue;
        }
        let Request {
            method,
            target,
            body,
            ..
        } = &vector.request;
        let mut headers = vector.request.headers();
        let expected = vector.signed_request.headers();
        if let Some(hash) = expected.get("x-amz-content-sha256") {
            headers.insert("x-amz-content-sha256", hash.clone());
        }
        let token = vector.token();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let credentials = Credentials {
            access_key_id: &vector.access_key_id,
            secret_access_key: &vector.secret_access_key,
            session_token: token.as_deref(),
        };
        let at = parse_iso_8601(&vector.timestamp).unwrap();
        let (region, service) = (vector.region.as_str(), vector.service.as_str());
        let made = if let Some(expires) = vector.expires {
            presign(
                &method,
                target,
                &headers,
                body.as_bytes(),
                &credentials,
                region,
                service,
                at,
                expires,
            )
            .unwrap()
        } else {
            sign(
                &method,
                target,
                &mut headers,
                body.as_bytes(),
                &credentials,
                region,
                service,
                at,
            )
            .unwrap();
            headers
                .get("authorization")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert!(made.contains(&vector.signature), "{}: {made}", vector.id());
        signed += 1;
    }
    assert!(signed >= 90, "only {signed} vectors were of our kind");
}
