//! Replays `tests/corpus/*.json`: decisions with their reasons, conditions by their truth, the keys
//! that documents name, refused documents.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the code around the tests fails them by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use thingpass_policy::{
    Context, Evaluation, Explanation, Grammar, Named, Outcome, Policy, Principal, Request,
    evaluate, explain, parse,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    #[serde(default)]
    policies: BTreeMap<String, Document>,
    #[serde(default)]
    cases: Vec<Case>,
    #[serde(default)]
    conditions: Vec<ConditionCase>,
    #[serde(default)]
    keys: Vec<KeyCase>,
    #[serde(default)]
    refusals: Vec<Refusal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    grammar: Kind,
    document: Value,
}

/// Which decision a set of policies makes, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    policies: Vec<String>,
    request: Asked,
    expect: Expected,
}

/// Whether a condition holds: tried in an `Allow` and in a `Deny`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionCase {
    name: String,
    condition: Value,
    context: BTreeMap<String, Value>,
    holds: Holds,
}

/// Whether a policy names a key that begins with a prefix.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyCase {
    name: String,
    grammar: Kind,
    document: Value,
    prefix: String,
    is_named: bool,
}

/// A document that is not a policy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    name: String,
    grammar: Kind,
    document: Value,
    message: String,
    path: String,
}

#[derive(Clone, Copy, Deserialize)]
enum Kind {
    Identity,
    Session,
    Trust,
    Iot,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Holds {
    Yes,
    No,
    Unknown,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    action: String,
    resource: String,
    principal: Option<Who>,
    #[serde(default)]
    context: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Who {
    Service {
        service: String,
    },
    Aws {
        account: String,
        arn: String,
        session_arn: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    outcome: String,
    decided_by: Option<String>,
    reason: Option<String>,
}

#[test]
fn decisions_and_reasons_are_as_recorded() {
    let mut count = 0;
    for file in files() {
        let policies: BTreeMap<&str, Policy> = file
            .policies
            .iter()
            .map(|(name, it)| (name.as_str(), read(it.grammar, &it.document)))
            .collect();
        for case in &file.cases {
            check_case(case, &policies);
            count += 1;
        }
    }
    assert!(count >= 70, "only {count} cases were found");
}

#[test]
fn conditions_hold_as_recorded() {
    let mut count = 0;
    for case in files().iter().flat_map(|file| &file.conditions) {
        let (allow, deny) = match case.holds {
            Holds::Yes => (Outcome::Allowed, Outcome::ExplicitlyDenied),
            Holds::No => (Outcome::NotAllowed, Outcome::NotAllowed),
            Holds::Unknown => (Outcome::NotAllowed, Outcome::ExplicitlyDenied),
        };
        for (effect, expected) in [("Allow", allow), ("Deny", deny)] {
            let document = serde_json::json!({"Version": "2012-10-17", "Statement": {
                "Effect": effect, "Action": "*", "Resource": "*", "Condition": case.condition}});
            let policy = read(Kind::Iot, &document);
            let context = context(&case.context);
            let request = Request {
                action: "a:b",
                resource: "*",
                principal: None,
                context: &context,
            };
            let outcome = evaluate(
                [Named {
                    name: "P",
                    policy: &policy,
                }],
                &request,
            )
            .outcome;
            assert_eq!(outcome, expected, "{effect}: {}", case.name);
        }
        count += 1;
    }
    assert!(count >= 90, "only {count} conditions were found");
}

#[test]
fn policies_name_the_keys_that_are_recorded() {
    let mut count = 0;
    for case in files().iter().flat_map(|file| &file.keys) {
        let policy = read(case.grammar, &case.document);
        assert_eq!(
            policy.names_key_under(&case.prefix),
            case.is_named,
            "{}",
            case.name
        );
        count += 1;
    }
    assert!(count >= 14, "only {count} keys were found");
}

#[test]
fn refused_documents_get_the_sentence_and_the_place() {
    let mut count = 0;
    for refusal in files().iter().flat_map(|file| &file.refusals) {
        let error =
            parse(&text(&refusal.document), refusal.grammar.into()).expect_err(&refusal.name);
        assert_eq!(
            (error.message(), error.path()),
            (&*refusal.message, &*refusal.path),
            "{}",
            refusal.name
        );
        count += 1;
    }
    assert!(count >= 20, "only {count} refusals were found");
}

fn check_case(case: &Case, policies: &BTreeMap<&str, Policy>) {
    let named: Vec<Named<'_>> = case
        .policies
        .iter()
        .map(|name| Named {
            name,
            policy: &policies[name.as_str()],
        })
        .collect();
    let context = context(&case.request.context);
    let principal = case.request.principal.as_ref().map(|who| match who {
        Who::Service { service } => Principal::Service(service),
        Who::Aws {
            account,
            arn,
            session_arn,
        } => Principal::Aws {
            account,
            arn,
            session_arn: session_arn.as_deref(),
        },
    });
    let Asked {
        action, resource, ..
    } = &case.request;
    let request = Request {
        action,
        resource,
        principal,
        context: &context,
    };

    let Evaluation {
        outcome,
        decided_by,
    } = evaluate(named.iter().copied(), &request);
    assert_eq!(format!("{outcome:?}"), case.expect.outcome, "{}", case.name);
    let place = decided_by
        .as_ref()
        .map(|by| format!("{}[{}]", by.policy, by.index));
    if case.expect.decided_by.is_some() {
        assert_eq!(place, case.expect.decided_by, "{}", case.name);
    }
    assert_eq!(
        place.is_some(),
        outcome != Outcome::NotAllowed,
        "{}",
        case.name
    );

    let explanation: Explanation = explain(named, &request);
    assert_eq!(
        (explanation.outcome, &explanation.decided_by),
        (outcome, &decided_by),
        "{}",
        case.name
    );
    let prose = explanation.to_string();
    let reason = case.expect.reason.as_deref().unwrap_or_default();
    assert!(
        prose.contains(reason),
        "{}: expected `{reason}` in:\n{prose}",
        case.name
    );
}

fn files() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(read).collect()
}

fn read(kind: Kind, document: &Value) -> Policy {
    parse(&text(document), kind.into()).unwrap_or_else(|error| panic!("{document}: {error}"))
}

fn text(document: &Value) -> String {
    document
        .as_str()
        .map_or_else(|| document.to_string(), str::to_owned)
}

/// A string is a value, an array a list, and null an undetermined value.
fn context(entries: &BTreeMap<String, Value>) -> Context {
    let mut context = Context::new();
    for (key, value) in entries {
        match value {
            Value::String(text) => context.insert(key.clone(), text),
            Value::Array(items) => context.insert_list(
                key.clone(),
                items
                    .iter()
                    .map(|item| item.as_str().unwrap().to_owned())
                    .collect(),
            ),
            Value::Null => context.insert_undetermined(key.clone()),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                panic!("`{value}` is not a context value")
            }
        }
    }
    context
}

impl From<Kind> for Grammar {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identity => Self::Identity,
            Kind::Session => Self::Session,
            Kind::Trust => Self::Trust,
            Kind::Iot => Self::Iot,
        }
    }
}
