//! Who may assume a role.

use thingpass_policy::{Context, Outcome, Principal, Request};
use time::OffsetDateTime;

use crate::audit::{Check, Reason};
use crate::directory::ReadyRole;
use crate::request_context;
use crate::vend::VendRequest;

/// The service that stands behind role aliases, as trust policies name it.
pub const CREDENTIALS_SERVICE: &str = "credentials.iot.amazonaws.com";

/// Whether the credentials provider may assume `role` for what a device asked.
///
/// # Errors
/// The reason, where the trust policy does not allow it.
pub fn trusts_credentials_provider(
    role: &ReadyRole,
    asked: &VendRequest<'_>,
    now: OffsetDateTime,
) -> Result<(), Reason> {
    let mut context = Context::new();
    request_context::insert(&mut context, asked.source_ip, now);
    context.insert("aws:sourceaccount", asked.home.account.as_str());
    context.insert("aws:sourcearn", asked.home.role_alias(asked.role_alias));
    trusts(role, Principal::Service(CREDENTIALS_SERVICE), &context)
}

/// Whether `principal` may assume `role` by its trust policy.
///
/// # Errors
/// The reason, where the trust policy does not allow it.
pub fn trusts(role: &ReadyRole, principal: Principal<'_>, context: &Context) -> Result<(), Reason> {
    let request = Request {
        action: "sts:AssumeRole",
        resource: &role.arn,
        principal: Some(principal),
        context,
    };
    match role.trust.evaluate(&request).outcome {
        Outcome::Allowed => Ok(()),
        Outcome::ExplicitlyDenied | Outcome::NotAllowed => {
            Err(role.trust.explain(Check::TrustPolicy, &request))
        }
    }
}
