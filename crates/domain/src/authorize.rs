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
pub fn authorize(caller: &Caller, demands: &[Demand], facts: &RequestFacts) -> Decision {
    let base = context(caller, facts);
    let mut allowed = None;
    for demand in demands {
        match decide(caller, demand, &base) {
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
    let mut context = Context::new();
    request_context::insert(&mut context, facts.source_ip, facts.now);
    context.insert("aws:requestedregion", facts.region.as_str());
    if let Some(user_agent) = &facts.user_agent {
        context.insert("aws:useragent", user_agent.as_str());
    }
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

fn decide(caller: &Caller, demand: &Demand, base: &Context) -> Decision {
    let mut own;
    let context = if demand.context.is_empty() {
        base
    } else {
        own = base.clone();
        for (key, value) in &demand.context {
            match value {
                ContextValue::Single(value) => own.insert(key.clone(), value.clone()),
                ContextValue::List(values) => own.insert_list(key.clone(), values.clone()),
                ContextValue::Undetermined => own.insert_undetermined(key.clone()),
            }
        }
        &own
    };
    let request = Request {
        action: &demand.action,
        resource: &demand.resource,
        principal: None,
        context,
    };
    let layers = [
        (
            Check::PermissionsBoundary,
            caller.policies.boundary.as_ref(),
        ),
        (Check::SessionPolicy, caller.session_policies.as_ref()),
        (Check::IdentityPolicy, Some(&caller.policies.identity)),
    ];
    let evaluated = layers.map(|(check, set)| {
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
                message: message(caller, demand, check, outcome),
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
            message: message(caller, demand, Check::IdentityPolicy, Outcome::NotAllowed),
            reason: Reason::new(
                Check::Server,
                "no statement is named as the one that allows",
            ),
        },
    }
}

/// AWS's sentence (IAM User Guide, "Troubleshoot access denied error messages").
fn message(caller: &Caller, demand: &Demand, check: Check, outcome: Outcome) -> String {
    let Demand {
        action, resource, ..
    } = demand;
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
