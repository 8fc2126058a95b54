//! The decision: an explicit deny wins, then an allow, else the request is not allowed.
//!
//! Source: IAM user guide, "Policy evaluation logic". How the layers (boundary, session policy, identity
//! policies) combine is the caller's business: each layer is one call.

use serde::Serialize;

use crate::context::Context;
use crate::document::{Effect, Policy, Selection, Statement};
use crate::pattern::Pattern;
use crate::pattern::arn::ArnPattern;
use crate::principal::Principal;
use crate::truth::Truth;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `service:Name`, in any case.
    pub action: &'a str,
    /// The ARN, or `*` for actions that have no resource.
    pub resource: &'a str,
    /// Who asks; only trust policies look at it, and they trust nobody without.
    pub principal: Option<Principal<'a>>,
    /// The condition keys.
    pub context: &'a Context,
}

/// A policy with the name that reasons refer to it by.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The ARN, or the name of an inline policy.
    pub name: &'a str,
    /// The policy.
    pub policy: &'a Policy,
}

/// A decision with the statement that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The decision.
    pub outcome: Outcome,
    /// The first statement that denied, else the first that allowed.
    pub decided_by: Option<StatementRef>,
}

/// What a set of policies says about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it.
    ExplicitlyDenied,
    /// No statement allows it.
    NotAllowed,
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementRef {
    /// The name of the policy.
    pub policy: String,
    /// The place in the policy, from 0.
    pub index: usize,
    /// The statement id, if it has one.
    pub sid: Option<String>,
}

/// Decides a request. Allocates nothing but the [`StatementRef`].
pub fn evaluate<'a>(
    policies: impl IntoIterator<Item = Named<'a>>,
    request: &Request<'_>,
) -> Evaluation {
    let mut allowed_by = None;
    for Named { name, policy } in policies {
        for (index, statement) in policy.statements.iter().enumerate() {
            match statement.effect {
                Effect::Deny if statement.takes_effect(request) => {
                    return Evaluation {
                        outcome: Outcome::ExplicitlyDenied,
                        decided_by: Some(statement.reference(name, index)),
                    };
                }
                Effect::Allow if allowed_by.is_none() && statement.takes_effect(request) => {
                    allowed_by = Some((name, index, statement));
                }
                Effect::Deny | Effect::Allow => {}
            }
        }
    }
    match allowed_by {
        Some((name, index, statement)) => Evaluation {
            outcome: Outcome::Allowed,
            decided_by: Some(statement.reference(name, index)),
        },
        None => Evaluation {
            outcome: Outcome::NotAllowed,
            decided_by: None,
        },
    }
}

impl Statement {
    /// Whether the statement decides about the request. What is unknown does not allow, and does deny.
    pub(crate) fn takes_effect(&self, request: &Request<'_>) -> bool {
        let applies = self.applies(request);
        match self.effect {
            Effect::Allow => applies == Truth::True,
            Effect::Deny => applies != Truth::False,
        }
    }

    pub(crate) fn reference(&self, policy: &str, index: usize) -> StatementRef {
        StatementRef {
            policy: policy.to_owned(),
            index,
            sid: self.sid().map(str::to_owned),
        }
    }

    fn applies(&self, request: &Request<'_>) -> Truth {
        self.actions
            .covers_action(request.action)
            .and(|| match &self.principals {
                Some(principals) => principals.matches(request.principal, self.effect),
                None => Truth::True,
            })
            .and(|| match &self.resources {
                Some(resources) => resources.covers_resource(request.resource, request.context),
                None => Truth::True,
            })
            .and(|| Truth::all(self.conditions.iter().map(|it| it.holds(request.context))))
    }
}

impl Selection<Pattern> {
    pub(crate) fn covers_action(&self, action: &str) -> Truth {
        let matches = |pattern: &Pattern| pattern.matches_name(action);
        Truth::from(self.patterns.iter().any(matches)).negated_if(self.is_excluding)
    }
}

impl Selection<ArnPattern> {
    /// A pattern with a variable that has no value matches no resource. Under `NotResource` that would
    /// open the statement to every resource, so there it leaves the answer unknown.
    pub(crate) fn covers_resource(&self, resource: &str, context: &Context) -> Truth {
        Truth::any(self.patterns.iter().map(|pattern| {
            if self.is_excluding && pattern.obstacle(context).is_some() {
                Truth::Unknown
            } else {
                pattern.matches(resource, context)
            }
        }))
        .negated_if(self.is_excluding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Grammar, parse};

    fn decide(document: &str, resource: &str, context: &Context) -> Evaluation {
        let policy = parse(document, Grammar::Identity).unwrap();
        let request = Request {
            action: "s3:GetObject",
            resource,
            principal: None,
            context,
        };
        evaluate(
            [Named {
                name: "p",
                policy: &policy,
            }],
            &request,
        )
    }

    #[test]
    fn a_deny_wins_wherever_it_stands() {
        let document = r#"{"Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Sid": "No", "Effect": "Deny", "Action": "S3:get*", "Resource": "arn:aws:s3:::b/*"}]}"#;
        let denied = decide(document, "arn:aws:s3:::b/k", &Context::new());
        assert_eq!(denied.outcome, Outcome::ExplicitlyDenied);
        let by = StatementRef {
            policy: "p".into(),
            index: 1,
            sid: Some("No".into()),
        };
        assert_eq!(denied.decided_by, Some(by));
        assert_eq!(
            decide(document, "arn:aws:s3:::c/k", &Context::new()).outcome,
            Outcome::Allowed
        );
    }

    #[test]
    fn a_missing_variable_in_not_resource_opens_nothing() {
        for (effect, outcome) in [
            ("Allow", Outcome::NotAllowed),
            ("Deny", Outcome::ExplicitlyDenied),
        ] {
            let document = format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "{effect}", "Action": "s3:*",
                    "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::${{aws:userid}}"]}}}}"#
            );
            assert_eq!(
                decide(&document, "arn:aws:s3:::b", &Context::new()).outcome,
                outcome
            );
            assert_eq!(
                decide(&document, "arn:aws:s3:::a", &Context::new()).outcome,
                Outcome::NotAllowed
            );
        }
    }

    #[test]
    fn nothing_allows_without_policies() {
        let context = Context::new();
        let request = Request {
            action: "a:b",
            resource: "*",
            principal: None,
            context: &context,
        };
        assert_eq!(
            evaluate([], &request),
            Evaluation {
                outcome: Outcome::NotAllowed,
                decided_by: None
            }
        );
    }
}
