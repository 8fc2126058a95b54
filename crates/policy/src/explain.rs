//! Why a request was refused, statement by statement. The slow path: it formats what
//! [`evaluate`](crate::evaluate()) only decides.

use std::fmt;

use serde::Serialize;

use crate::condition::Condition;
use crate::context::{Context, ContextValue};
use crate::document::{Effect, Selection, Statement};
use crate::evaluate::{Named, Outcome, Request, StatementRef, evaluate};
use crate::pattern::Pattern;
use crate::pattern::arn::ArnPattern;
use crate::principal::{Principal, PrincipalElement, PrincipalPattern};
use crate::truth::Truth;
use crate::variable::Variable;

/// A decision, and what each statement had to do with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The decision, the same as that of [`evaluate`](crate::evaluate()).
    pub outcome: Outcome,
    /// The statement that decided.
    pub decided_by: Option<StatementRef>,
    /// One per statement, in order.
    pub findings: Vec<Finding>,
}

/// What one statement has to do with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the policy.
    pub policy: String,
    /// The place of the statement in the policy, from 0.
    pub index: usize,
    /// The statement id, if it has one.
    pub sid: Option<String>,
    /// What the statement does.
    pub effect: Effect,
    /// The first thing that did not match, or that the statement applies.
    pub text: String,
}

/// Decides a request and says why.
pub fn explain<'a>(
    policies: impl IntoIterator<Item = Named<'a>>,
    request: &Request<'_>,
) -> Explanation {
    let policies: Vec<Named<'a>> = policies.into_iter().collect();
    let evaluation = evaluate(policies.iter().copied(), request);
    let findings = policies
        .iter()
        .flat_map(|named| {
            named
                .policy
                .statements
                .iter()
                .enumerate()
                .map(move |at| (named.name, at))
        })
        .map(|(policy, (index, statement))| Finding {
            policy: policy.to_owned(),
            index,
            sid: statement.sid().map(str::to_owned),
            effect: statement.effect,
            text: statement.finding(request),
        })
        .collect();
    Explanation {
        outcome: evaluation.outcome,
        decided_by: evaluation.decided_by,
        findings,
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.outcome, &self.decided_by) {
            (Outcome::Allowed, Some(by)) => write!(f, "allowed by {by}")?,
            (Outcome::ExplicitlyDenied, Some(by)) => write!(f, "denied by {by}")?,
            (Outcome::Allowed, None) => f.write_str("allowed")?,
            (Outcome::ExplicitlyDenied, None) => f.write_str("denied")?,
            (Outcome::NotAllowed, _) if self.findings.is_empty() => {
                f.write_str("not allowed: there is no policy")?;
            }
            (Outcome::NotAllowed, _) => f.write_str("not allowed: no statement allows it")?,
        }
        self.findings
            .iter()
            .try_for_each(|finding| write!(f, "\n{finding}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            policy,
            index,
            text,
            ..
        } = self;
        write!(f, "statement {index} of `{policy}`: {text}")
    }
}

impl fmt::Display for StatementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {} of `{}`", self.index, self.policy)?;
        match &self.sid {
            Some(sid) => write!(f, " (`{sid}`)"),
            None => Ok(()),
        }
    }
}

impl Statement {
    fn finding(&self, request: &Request<'_>) -> String {
        let verdict = match (self.takes_effect(request), self.effect) {
            (true, Effect::Allow) => return "applies and allows".to_owned(),
            (true, Effect::Deny) => "applies and denies",
            (false, Effect::Allow | Effect::Deny) => "",
        };
        // What is false rules a statement out; short of that, what is unknown is worth telling.
        let elements = self.elements(request);
        let telling = elements
            .iter()
            .find(|(truth, _)| *truth == Truth::False)
            .or_else(|| elements.iter().find(|(truth, _)| *truth == Truth::Unknown));
        match (verdict, telling) {
            ("", Some((_, text))) => text.clone(),
            (_, Some((_, text))) => format!("{verdict}, failing closed: {text}"),
            (_, None) => verdict.to_owned(),
        }
    }

    /// Each element with its truth and what to say if it is not true.
    fn elements(&self, request: &Request<'_>) -> Vec<(Truth, String)> {
        let context = request.context;
        let mut elements = vec![(
            self.actions.covers_action(request.action),
            self.actions.mismatch(request.action),
        )];
        if let Some(principals) = &self.principals {
            elements.push((
                principals.matches(request.principal, self.effect),
                principals.mismatch(request.principal),
            ));
        }
        if let Some(resources) = &self.resources {
            let truth = resources.covers_resource(request.resource, context);
            elements.push((truth, resources.mismatch(request.resource, context)));
        }
        let conditions = self.conditions.iter();
        elements.extend(
            conditions.map(|condition| (condition.holds(context), condition.mismatch(context))),
        );
        elements
    }
}

impl Selection<Pattern> {
    fn mismatch(&self, action: &str) -> String {
        let patterns = any_of(self.patterns.iter().map(|pattern| &*pattern.written));
        let verb = if self.is_excluding {
            "is excluded by"
        } else {
            "does not match"
        };
        format!("action `{action}` {verb} {patterns}")
    }
}

impl Selection<ArnPattern> {
    fn mismatch(&self, resource: &str, context: &Context) -> String {
        let patterns = any_of(self.patterns.iter().map(|pattern| &*pattern.written));
        let verb = if self.is_excluding {
            "is excluded by"
        } else {
            "does not match"
        };
        let variables = self.patterns.iter().flat_map(ArnPattern::variables);
        format!(
            "resource `{resource}` {verb} {patterns}{}",
            variable_values(variables, context)
        )
    }
}

impl PrincipalElement {
    fn mismatch(&self, principal: Option<Principal<'_>>) -> String {
        let patterns = any_of(self.patterns.iter().map(PrincipalPattern::written));
        let who = match principal {
            Some(Principal::Service(name)) => name,
            Some(Principal::Aws {
                arn, session_arn, ..
            }) => session_arn.unwrap_or(arn),
            None => {
                return format!(
                    "the request names no principal, and the statement is about {patterns}"
                );
            }
        };
        let verb = if self.is_excluding {
            "is excluded by"
        } else {
            "is not"
        };
        let hint = match principal {
            Some(Principal::Service(_)) if !self.is_excluding && self.has_everyone() => {
                ": a star lets no service in, name it under `Service`"
            }
            Some(_) | None => "",
        };
        format!("principal `{who}` {verb} {patterns}{hint}")
    }
}

impl Condition {
    fn mismatch(&self, context: &Context) -> String {
        let key = &self.key;
        let anything_but = if self.operator.is_negated {
            "anything but "
        } else {
            ""
        };
        let wanted = any_of(self.values.iter().map(String::as_str));
        let found = match self.value(context) {
            Some(ContextValue::Single(value)) => format!("the request has `{value}`"),
            Some(ContextValue::List(values)) if !values.is_empty() => {
                let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                format!("the request has {}", values.join(", "))
            }
            Some(ContextValue::List(_)) | None => "it is not in the request".to_owned(),
            Some(ContextValue::Undetermined) => {
                "its value cannot be determined for this request".to_owned()
            }
        };
        let variables = variable_values(self.variables(), context);
        format!(
            "condition {} `{key}` wants {anything_but}{wanted}{variables}, {found}",
            self.operator.name
        )
    }
}

fn any_of<'a>(patterns: impl Iterator<Item = &'a str>) -> String {
    patterns
        .map(|pattern| format!("`{pattern}`"))
        .collect::<Vec<_>>()
        .join(" or ")
}

/// What the variables of a pattern stand for in this request, in parentheses; empty without variables.
fn variable_values<'a>(
    variables: impl IntoIterator<Item = &'a Variable>,
    context: &Context,
) -> String {
    let mut notes: Vec<String> = Vec::new();
    for variable in variables {
        let note = match variable.resolve(context) {
            Ok(value) => format!("`{}` is `{value}`", variable.name),
            Err(obstacle) => format!("`{}` {obstacle}", variable.name),
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    if notes.is_empty() {
        String::new()
    } else {
        format!(" ({})", notes.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Grammar, parse};

    fn texts(statement: &str, context: &Context) -> String {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
        let policy = parse(&document, Grammar::Iot).unwrap();
        let resource = "arn:aws:iot:r:1:rolealias/X";
        let request = Request {
            action: "iot:Assume",
            resource,
            principal: None,
            context,
        };
        explain(
            [Named {
                name: "P",
                policy: &policy,
            }],
            &request,
        )
        .to_string()
    }

    #[test]
    fn a_refusal_names_the_condition_and_both_values() {
        let mut context = Context::new();
        context.insert("iot:Connection.Thing.Attributes[Owner]", "Bob");
        let statement = r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition":
            {"StringEquals": {"iot:Connection.Thing.Attributes[Owner]": "Alice"}}}"#;
        assert_eq!(
            texts(statement, &context),
            "not allowed: no statement allows it\nstatement 0 of `P`: condition StringEquals \
             `iot:Connection.Thing.Attributes[Owner]` wants `Alice`, the request has `Bob`"
        );
    }

    #[test]
    fn a_refusal_names_the_variable_that_is_missing() {
        let statement = r#"{"Effect": "Allow", "Action": "*",
            "Resource": "arn:aws:iot:r:1:rolealias/${iot:Connection.Thing.ThingTypeName}"}"#;
        let text = texts(statement, &Context::new());
        assert!(
            text.ends_with(
                "resource `arn:aws:iot:r:1:rolealias/X` does not match \
             `arn:aws:iot:r:1:rolealias/${iot:Connection.Thing.ThingTypeName}` \
             (`iot:Connection.Thing.ThingTypeName` is not in the request)"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_deny_that_cannot_be_ruled_out_says_so() {
        let mut context = Context::new();
        context.insert_undetermined("a:b");
        let statement = r#"[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Sid": "D", "Effect": "Deny",
            "Action": "*", "Resource": "*", "Condition": {"StringNotLike": {"a:b": ["c", "d"]}}}]"#;
        assert_eq!(
            texts(statement, &context),
            "denied by statement 1 of `P` (`D`)\nstatement 0 of `P`: applies and allows\nstatement 1 of `P`: \
             applies and denies, failing closed: condition StringNotLike `a:b` wants anything but `c` or `d`, \
             its value cannot be determined for this request"
        );
    }
}
