//! Foreign vectors: what awslabs/aws-c-auth and boto/botocore sign, we compute, make and accept; and
//! with anything changed, refuse.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this file is test code, which may panic"
)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use thingpass_wire::error::AuthFailure;
use thingpass_wire::sigv4::{AuthError, Claim, Credentials, Form, presign, read, sign};
use thingpass_wire::timestamp::parse_iso_8601;
use vector::{Rejected, Request};

#[path = "../examples/verify_vectors/vector.rs"]
mod vector;

const LINES: &str = include_str!("vectors/sigv4/vectors.jsonl");

/// A vector with how it was made.
#[derive(Deserialize)]
struct Vector {
    #[serde(flatten)]
    signed: vector::Vector,
    suite: String,
    kind: String,
    normalize_path: bool,
    token_signed: Option<bool>,
    expires: Option<u32>,
    request: Request,
    canonical_request: String,
    string_to_sign: String,
    signature: String,
}

impl Vector {
    fn id(&self) -> String {
        format!("{} {} {}", self.suite, self.kind, self.signed.name)
    }

    /// botocore's vectors have it among the headers only.
    fn token(&self) -> Option<String> {
        let headers = self.signed.signed_request.header_map().unwrap();
        let sent = headers
            .get("x-amz-security-token")
            .map(|value| value.to_str().unwrap());
        self.signed
            .session_token
            .clone()
            .or(sent.map(str::to_owned))
    }

    fn verify_with(&self, change: impl Fn(&mut vector::Vector)) -> Result<Claim, Rejected> {
        let mut signed = self.signed.clone();
        change(&mut signed);
        signed.verify()
    }

    /// The signed request, each time with one thing changed.
    fn tampered(&self) -> Vec<(&'static str, Request)> {
        let change = |what: &'static str, change: &dyn Fn(&mut Request)| {
            let mut request = self.signed.signed_request.clone();
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

fn vectors() -> Vec<Vector> {
    let vectors: Vec<Vector> = LINES
        .lines()
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
        let accepted = vector.signed.verify();
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
        let request = &vector.signed.signed_request;
        let headers = request.header_map().unwrap();
        let received = request.received(&headers);
        let claim = read(&received).unwrap();
        let reading = claim
            .readings(&received)
            .filter(|reading| reading.covers_query_token == vector.token_signed.unwrap_or(true))
            .max_by_key(|reading| reading.path_is_normalized == vector.normalize_path)
            .unwrap_or_else(|| claim.readings(&received).next().unwrap());
        let payload = thingpass_wire::sigv4::payload_sha256(request.body.as_bytes());
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
        let claim = vector.signed.verify().unwrap();
        assert_eq!(claim.access_key_id, vector.signed.access_key_id);
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
            let refused = vector.verify_with(|signed| signed.signed_request = request.clone());
            assert!(
                refused.is_err(),
                "{} with another {what} was accepted",
                vector.id()
            );
        }
        let refused = |change: &dyn Fn(&mut vector::Vector)| {
            let Err(Rejected::Unauthenticated(failure)) = vector.verify_with(change) else {
                panic!("{} was accepted", vector.id())
            };
            failure
        };
        assert_eq!(
            refused(&|signed| signed.secret_access_key.push('z')),
            AuthError::DoesNotMatch.into()
        );
        assert_eq!(
            refused(&|signed| signed.access_key_id.push('z')),
            AuthFailure::UnknownKey
        );
        assert_eq!(
            refused(&|signed| signed.session_token = Some("another".to_owned())),
            AuthFailure::BadSessionToken
        );
    }
}

/// We sign reduced paths and cover the token, as SDKs do for all services but S3; other vectors
/// describe other signers.
#[test]
fn we_sign_as_the_vectors_do() {
    let mut made_by_us = 0;
    for vector in vectors() {
        let has_dots = vector.request.target.contains("/.") || vector.request.target.contains("//");
        if (has_dots && !vector.normalize_path) || vector.token_signed == Some(false) {
            continue;
        }
        if vector.signed.name.ends_with("post-sts-header-after") {
            continue;
        }
        let Request {
            method,
            target,
            body,
            ..
        } = &vector.request;
        let mut headers = vector.request.header_map().unwrap();
        let expected = vector.signed.signed_request.header_map().unwrap();
        if let Some(hash) = expected.get("x-amz-content-sha256") {
            headers.insert("x-amz-content-sha256", hash.clone());
        }
        let token = vector.token();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let signed = &vector.signed;
        let credentials = Credentials {
            access_key_id: &signed.access_key_id,
            secret_access_key: &signed.secret_access_key,
            session_token: token.as_deref(),
        };
        let at = parse_iso_8601(&signed.timestamp).unwrap();
        let (region, service) = (signed.region.as_str(), signed.service.as_str());
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
        made_by_us += 1;
    }
    assert!(
        made_by_us >= 90,
        "only {made_by_us} vectors were of our kind"
    );
}

/// What the example `verify_vectors` answers to `input`, line by line.
fn answers(input: &str) -> Vec<Value> {
    let own = std::env::current_exe().unwrap();
    let built: PathBuf = own
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/verify_vectors");
    let mut example = Command::new(&built)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "`{}`: {error}: `cargo test -p thingpass-wire` builds it",
                built.display()
            )
        });
    let mut stdin = example.stdin.take().unwrap();
    let input = input.to_owned();
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = example.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_example_answers_each_vector_in_order() {
    let listed = expected_failures();
    let answered = answers(LINES);
    assert_eq!(answered.len(), vectors().len());
    for (vector, answer) in vectors().iter().zip(answered) {
        let id = vector.id();
        if listed.iter().any(|(listed, _)| *listed == id) {
            assert_eq!(
                (&answer["name"], &answer["result"]),
                (&json!(vector.signed.name), &json!("reject"))
            );
        } else {
            let accepted = json!({"name": vector.signed.name, "result": "accept", "error": null});
            assert_eq!(answer, accepted, "{id}");
        }
    }
}

#[test]
fn the_example_rejects_what_was_changed_and_what_is_no_vector() {
    let first = LINES.lines().next().unwrap();
    let mut changed: Value = serde_json::from_str(first).unwrap();
    changed["signed_request"]["body"] = json!("z");
    let mut odd_header = changed.clone();
    odd_header["signed_request"]["headers"] = json!([["a b", "c"]]);
    let mut odd_time = changed.clone();
    odd_time["timestamp"] = json!("yesterday");
    let lines = [
        changed.to_string(),
        odd_header.to_string(),
        odd_time.to_string(),
        json!({"name": "half"}).to_string(),
        String::new(),
        "{".to_owned(),
        first.to_owned(),
    ];
    let own = changed["name"].as_str().unwrap();
    let expected = [
        (
            own,
            "reject",
            "The request signature we calculated does not match",
        ),
        (own, "reject", "`a b` is not a header"),
        (own, "reject", "`timestamp` is not of the form"),
        ("half", "reject", "not a vector: missing field"),
        ("line 6", "reject", "not a vector: EOF"),
        (own, "accept", ""),
    ];
    let answered = answers(&lines.join("\n"));
    assert_eq!(answered.len(), expected.len());
    for (answer, (name, result, error)) in answered.iter().zip(expected) {
        assert_eq!(
            (&answer["name"], &answer["result"]),
            (&json!(name), &json!(result))
        );
        assert!(
            answer["error"]
                .as_str()
                .unwrap_or_default()
                .starts_with(error),
            "{answer}"
        );
    }
}
