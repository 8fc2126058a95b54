//! Parsed policies that are evaluated together. One that cannot be read denies everything: what it
//! would have denied is not known.

use thingpass_policy::{Evaluation, Grammar, Named, Outcome, Policy, Request, StatementRef};

use crate::audit::{Check, Reason};
use crate::lookup::PolicyDocument;

/// Policies that speak together for one principal.
#[derive(Debug, Default)]
pub struct PolicySet {
    policies: Vec<(String, Policy)>,
    unreadable: Option<(String, String)>,
}

impl PolicySet {
    /// Parses documents by a grammar.
    pub fn parse<'a>(
        documents: impl IntoIterator<Item = &'a PolicyDocument>,
        grammar: Grammar,
    ) -> Self {
        let mut set = Self::default();
        for document in documents {
            set.add(&document.name, &document.document, grammar);
        }
        set
    }

    /// The set of a single document.
    pub fn parse_one(name: &str, document: &str, grammar: Grammar) -> Self {
        let mut set = Self::default();
        set.add(name, document, grammar);
        set
    }

    /// The set of a policy that was named and is not there any more.
    pub fn gone(name: &str) -> Self {
        Self {
            policies: Vec::new(),
            unreadable: Some((name.to_owned(), "it has been deleted".to_owned())),
        }
    }

    /// This set and another's policies.
    pub fn extend(&mut self, other: Self) {
        self.policies.extend(other.policies);
        self.unreadable = self.unreadable.take().or(other.unreadable);
    }

    fn add(&mut self, name: &str, document: &str, grammar: Grammar) {
        match thingpass_policy::parse(document, grammar) {
            Ok(policy) => self.policies.push((name.to_owned(), policy)),
            Err(error) => self.unreadable = Some((name.to_owned(), error.to_string())),
        }
    }

    /// Whether a policy of the set asks for a key or variable that begins with `prefix`.
    pub fn names_key_under(&self, prefix: &str) -> bool {
        let mut policies = self.policies.iter();
        policies.any(|(_, policy)| policy.names_key_under(prefix))
    }

    /// Decides.
    pub fn evaluate(&self, request: &Request<'_>) -> Evaluation {
        if let Some((name, _)) = &self.unreadable {
            let policy = name.clone();
            return Evaluation {
                outcome: Outcome::ExplicitlyDenied,
                decided_by: Some(StatementRef {
                    policy,
                    index: 0,
                    sid: None,
                }),
            };
        }
        thingpass_policy::evaluate(self.named(), request)
    }

    /// Why [`PolicySet::evaluate`] decides as it does, for the audit log.
    pub fn explain(&self, check: Check, request: &Request<'_>) -> Reason {
        if let Some((name, error)) = &self.unreadable {
            return Reason::new(check, format!("policy `{name}` cannot be read: {error}"));
        }
        if self.policies.is_empty() {
            let (action, resource) = (request.action, request.resource);
            let text = format!("no policy speaks here, so none allows {action} on `{resource}`");
            return Reason::new(check, text);
        }
        let explanation = thingpass_policy::explain(self.named(), request);
        let text = match (&explanation.outcome, &explanation.decided_by) {
            (Outcome::Allowed, Some(by)) => format!("allowed by {}", name(by)),
            (Outcome::ExplicitlyDenied, Some(by)) => format!("denied by {}", name(by)),
            (Outcome::Allowed | Outcome::ExplicitlyDenied | Outcome::NotAllowed, _) => {
                format!(
                    "no statement allows {} on `{}`",
                    request.action, request.resource
                )
            }
        };
        let findings = explanation.findings.iter().map(ToString::to_string);
        Reason::with_findings(check, text, findings)
    }

    fn named(&self) -> impl Iterator<Item = Named<'_>> {
        self.policies
            .iter()
            .map(|(name, policy)| Named { name, policy })
    }
}

/// `statement 0 of `NAME``, or its Sid.
pub(crate) fn name(statement: &StatementRef) -> String {
    let StatementRef { policy, index, sid } = statement;
    match sid {
        Some(sid) => format!("statement `{sid}` of `{policy}`"),
        None => format!("statement {index} of `{policy}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use thingpass_policy::Context;

    #[test]
    fn a_policy_that_is_gone_denies_what_the_others_allow() {
        let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let mut set = PolicySet::parse_one("all", all, Grammar::Identity);
        let context = Context::new();
        let request = Request {
            action: "a:b",
            resource: "*",
            principal: None,
            context: &context,
        };
        assert_eq!(set.evaluate(&request).outcome, Outcome::Allowed);
        set.extend(PolicySet::gone("arn:p"));
        assert_eq!(set.evaluate(&request).outcome, Outcome::ExplicitlyDenied);
        let reason = set.explain(Check::SessionPolicy, &request);
        assert!(reason.text.contains("has been deleted"), "{reason:?}");
    }
}
