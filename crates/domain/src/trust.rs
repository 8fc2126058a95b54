//! Who may assume a role.

use thingpass_policy::{Context, Outcome, Principal, Request};

use crate::audit::{Check, Reason};
use crate::directory::ReadyRole;
use crate::vend::VendRequest;

/// The service that stands behind role aliases, as trust policies name it.
pub const CREDENTIALS_SERVICE: &str = "credentials.iot.amazonaws.com";

/// Whether the credentials provider may assume `role` for what a device asked, in the context that
/// every request has.
///
/// # Errors
/// The reason, where the trust policy does not allow it.
pub fn trusts_credentials_provider(
    role: &ReadyRole,
    asked: &VendRequest<'_>,
    mut context: Context,
) -> Result<(), Reason> {
    context.insert("aws:sourceaccount", asked.home.account.as_str());
    context.insert("aws:sourcearn", asked.role_alias_arn);
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
