//! Authorisation: one function for every signed request.
//!
//! In the order of AWS's evaluation logic: an explicit deny anywhere; then identity policies,
//! permissions boundary and session policy must each allow.

use std::borrow::Cow;
use std::net::IpAddr;

use thingpass_policy::{Context, ContextValue, Outcome, Request};
use time::OffsetDateTime;

use crate::audit::{Check, Reason};
use crate::caller::Caller;
use crate::id::Region;
use crate::policy_set::PolicySet;
use crate::request_context;

/// What a request demands: an action on a resource in a context.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// `service:Action`.
    pub action: Cow<'static, str>,
    /// The ARN, or `*` for actions that know no resource.
    pub resource: String,
    /// Keys that only this demand has.
    pub context: Vec<(Cow<'static, str>, ContextValue)>,
}

impl Demand {
    /// A demand without context of its own.
    pub fn new(action: impl Into<Cow<'static, str>>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            context: Vec::new(),
        }
    }

    /// The same with a key more.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.context
            .push((key.into(), ContextValue::Single(value.into())));
        self
    }
}

/// What the request itself tells.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// Where it came from.
    pub source_ip: IpAddr,
    /// When.
    pub now: OffsetDateTime,
    /// The region that it is for.
    pub region: Region,
    /// `User-Agent`.
    pub user_agent: Option<String>,
}

/// The decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Every demand is allowed.
    Allowed(Reason),
    /// One is not.
    Denied {
        /// In AWS's words, for the caller.
        message: String,
        /// For the audit log.
        reason: Reason,
    },
}

/// Decides about all demands of a request: each must be allowed, and there must be one.
pub fn authorize(caller: &Caller, demands: Vec<Demand>, facts: &RequestFacts) -> Decision {
    let mut allowed = None;
    let mut left = demands.len();
    let mut base = context(caller, facts);
    for demand in demands {
        left -= 1;
        // The last one, mostly the only one, takes the context for its own.
        let context = match left {
            0 => Cow::Owned(std::mem::take(&mut base)),
            _ => Cow::Borrowed(&base),
        };
        match decide(caller, demand, context) {
            Decision::Allowed(reason) => allowed = Some(reason),
            denied @ Decision::Denied { .. } => return denied,
        }
    }
    match allowed {
        Some(reason) => Decision::Allowed(reason),
        None => Decision::Denied {
            message: format!(
                "User: {} is not authorized to perform this request",
                caller.arn
            ),
            reason: Reason::new(
                Check::Request,
                "the request demands nothing that could be allowed",
            ),
        },
    }
}

/// The keys that every signed request has: its own facts and its caller's.
pub(crate) fn context(caller: &Caller, facts: &RequestFacts) -> Context {
    let mut context = request_context::of(facts.source_ip, facts.now);
    context.insert("aws:requestedregion", facts.region.as_str());
    if let Some(user_agent) = &facts.user_agent {
        context.insert("aws:useragent", user_agent.as_str());
    }
    // Tags of resources are not looked at yet: what a policy says of them is not known.
    context.insert_undetermined_family("aws:resourcetag/");
    caller.insert_context(&mut context);
    context
}

/// The caller's own policies, layer by layer; each that is there must allow.
pub(crate) fn layers(caller: &Caller) -> [(Check, Option<&PolicySet>); 3] {
    [
        (
            Check::PermissionsBoundary,
            caller.policies.boundary.as_ref(),
        ),
        (Check::SessionPolicy, caller.session_policies.as_ref()),
        (Check::IdentityPolicy, Some(&caller.policies.identity)),
    ]
}

fn decide(caller: &Caller, demand: Demand, base: Cow<'_, Context>) -> Decision {
    let Demand {
        action,
        resource,
        context: own,
    } = demand;
    let context = if own.is_empty() {
        base
    } else {
        let mut context = base.into_owned();
        for (key, value) in own {
            match value {
                ContextValue::Single(value) => context.insert(key, value),
                ContextValue::List(values) => context.insert_list(key, values),
                ContextValue::Undetermined => context.insert_undetermined(key),
            }
        }
        Cow::Owned(context)
    };
    let request = Request {
        action: &action,
        resource: &resource,
        principal: None,
        context: &context,
    };
    let evaluated = layers(caller).map(|(check, set)| {
        (
            check,
            set.map(|set: &PolicySet| (set, set.evaluate(&request))),
        )
    });
    let refused = |wanted: Outcome| {
        evaluated.iter().find_map(|(check, set)| {
            let (set, evaluation) = set.as_ref()?;
            (evaluation.outcome == wanted).then(|| (*check, set.explain(*check, &request)))
        })
    };
    for outcome in [Outcome::ExplicitlyDenied, Outcome::NotAllowed] {
        if let Some((check, reason)) = refused(outcome) {
            return Decision::Denied {
                message: message(caller, &request, check, outcome),
                reason,
            };
        }
    }
    let [.., (_, identity)] = &evaluated;
    let by = identity
        .as_ref()
        .and_then(|(_, evaluation)| evaluation.decided_by.as_ref());
    match by {
        Some(by) => {
            let text = format!("allowed by {}", crate::policy_set::name(by));
            Decision::Allowed(Reason::new(Check::IdentityPolicy, text))
        }
        // No layer refused, yet none says which statement allowed: that must not be.
        None => Decision::Denied {
            message: message(caller, &request, Check::IdentityPolicy, Outcome::NotAllowed),
            reason: Reason::new(
                Check::Server,
                "no statement is named as the one that allows",
            ),
        },
    }
}

/// AWS's sentence (IAM User Guide, "Troubleshoot access denied error messages").
fn message(caller: &Caller, request: &Request<'_>, check: Check, outcome: Outcome) -> String {
    let Request {
        action, resource, ..
    } = request;
    let (article, kind) = match check {
        Check::PermissionsBoundary => ("a", "permissions boundary"),
        Check::SessionPolicy => ("a", "session policy"),
        Check::IdentityPolicy
        | Check::ServerName
        | Check::Certificate
        | Check::Thing
        | Check::IotPolicy
        | Check::RoleAlias
        | Check::TrustPolicy
        | Check::Duration
        | Check::Signature
        | Check::Session
        | Check::Request
        | Check::Server => ("an", "identity-based policy"),
    };
    let because = match outcome {
        Outcome::ExplicitlyDenied => format!("with an explicit deny in {article} {kind}"),
        Outcome::NotAllowed | Outcome::Allowed => {
            format!("because no {kind} allows the {action} action")
        }
    };
    let arn = &caller.arn;
    format!("User: {arn} is not authorized to perform: {action} on resource: {resource} {because}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::caller::Identity;
    use crate::directory::ReadyPolicies;
    use crate::id::{AccessKeyId, AccountId, UserName};
    use crate::lookup::PolicyDocument;
    use thingpass_policy::Grammar;

    const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    const READ: &str =
        r#"{"Statement":{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}}"#;
    const NO_WRITE: &str = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
        {"Sid":"never","Effect":"Deny","Action":"dynamodb:PutItem","Resource":"*"}]}"#;

    fn set(document: &str) -> PolicySet {
        let document = PolicyDocument {
            name: "p".to_owned(),
            document: document.to_owned(),
        };
        PolicySet::parse([&document], Grammar::Identity)
    }

    fn caller(identity: PolicySet, boundary: Option<&str>, session: Option<&str>) -> Caller {
        let boundary = boundary.map(set);
        Caller {
            account: AccountId::new("123456789012").unwrap(),
            arn: "arn:aws:iam::123456789012:user/u".to_owned(),
            principal_arn: "arn:aws:iam::123456789012:user/u".to_owned(),
            user_id: "AIDA".to_owned(),
            access_key_id: AccessKeyId::new("AKIATESTTESTTESTTEST").unwrap(),
            identity: Identity::User(UserName::new("u").unwrap()),
            policies: Arc::new(ReadyPolicies { identity, boundary }),
            session_policies: session.map(set),
        }
    }

    fn put(caller: &Caller) -> Decision {
        let demand = Demand::new(
            "dynamodb:PutItem",
            "arn:aws:dynamodb:r:123456789012:table/t",
        );
        authorize(caller, vec![demand], &facts())
    }

    fn facts() -> RequestFacts {
        RequestFacts {
            source_ip: std::net::Ipv4Addr::LOCALHOST.into(),
            now: OffsetDateTime::UNIX_EPOCH,
            region: Region::new("r").unwrap(),
            user_agent: None,
        }
    }

    fn message(decision: Decision) -> String {
        match decision {
            Decision::Denied { message, .. } => message,
            Decision::Allowed(reason) => panic!("allowed: {reason:?}"),
        }
    }

    #[test]
    fn every_layer_must_allow_and_the_refusal_names_the_one_that_did_not() {
        assert!(matches!(
            put(&caller(set(ALL), None, None)),
            Decision::Allowed(_)
        ));
        assert!(matches!(
            put(&caller(set(ALL), Some(ALL), Some(ALL))),
            Decision::Allowed(_)
        ));
        let refused = message(put(&caller(set(READ), None, None)));
        assert!(
            refused
                .ends_with("because no identity-based policy allows the dynamodb:PutItem action")
        );
        let refused = message(put(&caller(set(ALL), Some(READ), None)));
        assert!(
            refused.contains("no permissions boundary allows"),
            "{refused}"
        );
        let refused = message(put(&caller(set(ALL), None, Some(READ))));
        assert!(refused.contains("no session policy allows"), "{refused}");
    }

    #[test]
    fn a_deny_in_any_layer_stands_over_every_allow() {
        for caller in [
            caller(set(NO_WRITE), None, None),
            caller(set(ALL), Some(NO_WRITE), None),
            caller(set(ALL), None, Some(NO_WRITE)),
        ] {
            assert!(message(put(&caller)).contains("with an explicit deny in"));
        }
    }

    #[test]
    fn a_request_that_demands_nothing_is_refused() {
        let decision = authorize(&caller(set(ALL), None, None), Vec::new(), &facts());
        assert!(matches!(decision, Decision::Denied { .. }));
    }

    #[test]
    fn one_refused_demand_refuses_them_all() {
        let demands = [
            Demand::new("dynamodb:GetItem", "arn:a"),
            Demand::new("dynamodb:PutItem", "arn:a"),
        ];
        let decision = authorize(&caller(set(READ), None, None), demands.into(), &facts());
        assert!(message(decision).contains("dynamodb:PutItem"));
    }

    #[test]
    fn a_policy_that_cannot_be_read_denies_everything() {
        let decision = put(&caller(set("{}"), None, None));
        let Decision::Denied { reason, .. } = decision else {
            panic!("allowed")
        };
        assert!(reason.text.contains("cannot be read"), "{reason:?}");
    }

    #[test]
    fn what_a_policy_says_of_resource_tags_is_not_known_and_fails_closed() {
        let allow = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*",
            "Condition":{"StringNotEquals":{"aws:ResourceTag/secret":"yes"}}}}"#;
        assert!(matches!(
            put(&caller(set(allow), None, None)),
            Decision::Denied { .. }
        ));
        let deny = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
            {"Effect":"Deny","Action":"*","Resource":"*",
            "Condition":{"StringEquals":{"aws:ResourceTag/secret":"yes"}}}]}"#;
        assert!(matches!(
            put(&caller(set(deny), None, None)),
            Decision::Denied { .. }
        ));
    }
}
