//! Laws that hold for every policy and request.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the code around the tests fails them by panicking"
)]

use proptest::prelude::*;
use thingpass_policy::{
    Context, Grammar, Named, Outcome, Policy, Request, evaluate, explain, parse,
};

const GRAMMARS: [Grammar; 4] = [
    Grammar::Identity,
    Grammar::Session,
    Grammar::Trust,
    Grammar::Iot,
];

/// Text made of what policies are made of.
fn policy_like_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"Version\"",
        "\"2012-10-17\"",
        "\"Statement\"",
        "\"Effect\"",
        "\"Allow\"",
        "\"Action\"",
        "\"Resource\"",
        "\"*\"",
        "\"Condition\"",
        "\"StringLike\"",
        "\"aws:k\"",
        "\"${aws:k, 'd'}\"",
        "\"${\"",
        "\"arn:aws:s3:::${*}\"",
        "\"Principal\"",
        "\"AWS\"",
        "1e9",
        "null",
        "true",
        " ",
        "\u{e9}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A value in a position of a well-formed policy: only the value may be at fault.
fn policy_with(value: &str) -> Vec<String> {
    let value = serde_json::to_string(value).unwrap();
    let around = |elements: String| {
        format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", {elements}}}}}"#)
    };
    let mut documents = vec![
        around(format!(r#""Action": {value}, "Resource": "*""#)),
        around(format!(r#""Action": "*", "Resource": {value}"#)),
        around(format!(
            r#""Action": "sts:AssumeRole", "Principal": {{"AWS": {value}}}"#
        )),
    ];
    for operator in [
        "StringLike",
        "ArnLike",
        "NumericEquals",
        "DateLessThan",
        "IpAddress",
        "BinaryEquals",
        "Bool",
    ] {
        documents.push(around(format!(
            r#""Action": "*", "Resource": "*", "Condition": {{"{operator}": {{"aws:k": {value}}}}}"#
        )));
    }
    documents
}

fn statement() -> impl Strategy<Value = String> {
    let resource = prop::sample::select(vec![
        "*",
        "arn:aws:s3:::a",
        "arn:aws:s3:::a*",
        "arn:aws:s3:::${aws:k}",
        "arn:aws:s3:::${aws:l}*",
    ]);
    let operator = prop::sample::select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringLikeIfExists",
        "ForAllValues:StringLike",
        "ForAnyValue:StringNotLike",
    ]);
    let selector = prop::sample::select(vec!["Resource", "NotResource"]);
    let value = prop::sample::select(vec!["a", "b*", "${aws:l}", "*"]);
    (prop::bool::ANY, selector, resource, operator, value).prop_map(
        |(allows, selector, resource, operator, value)| {
            let effect = if allows { "Allow" } else { "Deny" };
            format!(
                r#"{{"Effect": "{effect}", "Action": "s3:*", "{selector}": "{resource}",
                    "Condition": {{"{operator}": {{"aws:k": "{value}"}}}}}}"#
            )
        },
    )
}

fn policy() -> impl Strategy<Value = Policy> {
    prop::collection::vec(statement(), 1..4).prop_map(|statements| policy_of(&statements.join(",")))
}

fn policy_of(statements: &str) -> Policy {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    parse(&document, Grammar::Identity).unwrap()
}

fn context() -> impl Strategy<Value = Context> {
    let value = || prop::option::of(prop::sample::select(vec!["a", "ab", "b", "*", ""]));
    (value(), value(), 0..4u8).prop_map(|(first, second, shape)| {
        let mut context = Context::new();
        match (shape, first) {
            (0, _) => context.insert_undetermined("aws:k"),
            (1, Some(text)) => context.insert_list("aws:k", vec![text.to_owned(), "a".to_owned()]),
            (_, Some(text)) => context.insert("aws:k", text),
            (_, None) => {}
        }
        if let Some(text) = second {
            context.insert("aws:l", text);
        }
        context
    })
}

fn decide(policies: &[&Policy], context: &Context) -> Outcome {
    let request = Request {
        action: "s3:GetObject",
        resource: "arn:aws:s3:::ab",
        principal: None,
        context,
    };
    let named: Vec<Named<'_>> = policies
        .iter()
        .map(|policy| Named { name: "P", policy })
        .collect();
    let outcome = evaluate(named.iter().copied(), &request).outcome;
    assert_eq!(explain(named, &request).outcome, outcome);
    outcome
}

proptest! {
    #[test]
    fn any_text_is_a_policy_or_an_error(text in any::<String>(), likely in policy_like_text()) {
        for grammar in GRAMMARS {
            for text in [&text, &likely] {
                if let Err(error) = parse(text, grammar) {
                    prop_assert!(!error.message().is_empty() && !error.to_string().is_empty());
                }
            }
        }
    }

    #[test]
    fn any_value_is_compiled_or_refused(value in "(\\$\\{|[:*?'}, a1/.é-]|arn:aws:s3:){0,12}", asked in ".{0,20}") {
        let mut context = Context::new();
        context.insert("aws:k", asked.clone());
        for document in policy_with(&value) {
            for grammar in GRAMMARS {
                if let Ok(policy) = parse(&document, grammar) {
                    let request = Request { action: &asked, resource: &asked, principal: None, context: &context };
                    let outcome = evaluate([Named { name: "P", policy: &policy }], &request).outcome;
                    prop_assert_ne!(outcome, Outcome::ExplicitlyDenied);
                }
            }
        }
    }

    #[test]
    fn a_deny_of_everything_always_wins(policies in prop::collection::vec(policy(), 0..4), at in any::<prop::sample::Index>(), context in context()) {
        let deny = policy_of(r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#);
        let mut all: Vec<&Policy> = policies.iter().collect();
        all.insert(at.index(policies.len() + 1), &deny);
        prop_assert_eq!(decide(&all, &context), Outcome::ExplicitlyDenied);
    }

    #[test]
    fn the_order_of_policies_does_not_matter(policies in prop::collection::vec(policy(), 0..4), context in context()) {
        let forwards: Vec<&Policy> = policies.iter().collect();
        let backwards: Vec<&Policy> = policies.iter().rev().collect();
        prop_assert_eq!(decide(&forwards, &context), decide(&backwards, &context));
    }

    #[test]
    fn an_allow_takes_nothing_away_and_lifts_no_deny(policies in prop::collection::vec(policy(), 0..4), context in context()) {
        let allow = policy_of(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
        let before: Vec<&Policy> = policies.iter().collect();
        let after: Vec<&Policy> = policies.iter().chain([&allow]).collect();
        match decide(&before, &context) {
            Outcome::Allowed | Outcome::NotAllowed => prop_assert_eq!(decide(&after, &context), Outcome::Allowed),
            Outcome::ExplicitlyDenied => prop_assert_eq!(decide(&after, &context), Outcome::ExplicitlyDenied),
        }
    }

    #[test]
    fn a_policy_gives_nothing_that_its_denies_take(policy in policy(), other in policy(), context in context()) {
        let together = decide(&[&policy, &other], &context);
        let each = [decide(&[&policy], &context), decide(&[&other], &context)];
        let expected = if each.contains(&Outcome::ExplicitlyDenied) {
            Outcome::ExplicitlyDenied
        } else if each.contains(&Outcome::Allowed) {
            Outcome::Allowed
        } else {
            Outcome::NotAllowed
        };
        prop_assert_eq!(together, expected);
    }

    #[test]
    fn not_knowing_a_key_never_helps(policy in policy(), context in context(), value in "[ab*]{0,2}") {
        let mut known = context.clone();
        known.insert("aws:k", value);
        let mut unknown = context;
        unknown.insert_undetermined("aws:k");
        if decide(&[&policy], &unknown) == Outcome::Allowed {
            prop_assert_eq!(decide(&[&policy], &known), Outcome::Allowed);
        }
    }

    #[test]
    fn a_key_that_is_not_named_makes_no_difference(policy in policy(), context in context(), value in "[ab*]{0,2}") {
        let mut known = context.clone();
        known.insert("aws:l", value);
        let mut unknown = context.clone();
        unknown.insert_undetermined("aws:l");
        if !policy.names_key_under("AWS:L") {
            let outcome = decide(&[&policy], &context);
            prop_assert_eq!(decide(&[&policy], &known), outcome);
            prop_assert_eq!(decide(&[&policy], &unknown), outcome);
        }
    }
}
