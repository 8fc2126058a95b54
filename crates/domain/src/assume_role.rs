//! `sts:AssumeRole`: who may become a role of their account, for how long, narrowed by what.
//!
//! The role's trust policy must allow, and no policy of the caller's own may deny. Beyond that AWS
//! tells two kinds of trust apart (IAM User Guide, "Policy evaluation logic" and "AWS JSON policy
//! elements: Principal"):
//! - the trust policy names the caller: the user's, the role's or the session's ARN. Then no
//!   identity policy need allow.
//! - it names the account, which hands the decision to the account's identity policies: one must
//!   allow `sts:AssumeRole` on the role's ARN.
//!
//! Where AWS's rule is unclear or lets more through, the narrower reading holds here: `*` counts as
//! naming the account; a permissions boundary and a session policy, where there are any, must allow
//! whatever the trust policy names (AWS lets a user's and a session's ARN pass both).

mod external_id;
mod session_policies;

use std::sync::Arc;

use thingpass_policy::{Context, Outcome, Principal, Request};
use time::Duration;

use crate::arn::{self, PolicyArn, RoleArn};
use crate::audit::{Check, Reason};
use crate::authorize::{self, RequestFacts};
use crate::caller::Caller;
use crate::directory::{Directory, ReadyRole};
use crate::entropy::Entropy;
use crate::error::Error;
use crate::id::{InvalidName, RoleSessionName};
use crate::key_ring::KeyRing;
use crate::lookup::Lookup;
use crate::quota;
use crate::session::{AssumedRoleSession, Origin, Session};
use crate::token::{self, Credentials};
use crate::trust;
use crate::vend::whole_seconds;

pub use self::external_id::ExternalId;

/// The action that trust and identity policies allow.
pub const ACTION: &str = "sts:AssumeRole";

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct AssumeRoleRequest {
    /// The role.
    pub role_arn: RoleArn,
    /// The name of the session.
    pub session_name: RoleSessionName,
    /// How long, seconds; an hour where nothing is said.
    pub duration_seconds: Option<u32>,
    /// A session policy, as it was sent.
    pub policy: Option<String>,
    /// Managed policies that narrow the session too.
    pub policy_arns: Vec<PolicyArn>,
    /// `sts:ExternalId`.
    pub external_id: Option<ExternalId>,
}

/// What sessions are made with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// Where roles are.
    pub directory: &'a Directory,
    /// Where managed policies are.
    pub lookup: &'a dyn Lookup,
    /// Seals the session token.
    pub key_ring: &'a KeyRing,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
}

impl std::fmt::Debug for Means<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Means(..)")
    }
}

/// A session that was given out.
#[derive(Debug)]
pub struct Assumed {
    /// Its credentials.
    pub credentials: Credentials,
    /// `AROA…:SESSION`
    pub assumed_role_id: String,
    /// `arn:aws:sts::A:assumed-role/ROLE/SESSION`
    pub arn: String,
    /// Per cent of [`quota::SESSION_POLICY_SIZE_MAX`] that the session policies take, if there are
    /// any.
    pub packed_policy_size: Option<u32>,
}

/// Decides, and gives out a session.
///
/// # Errors
/// [`Error::Refused`] without a word about whether the role is there; [`Error::Invalid`] and
/// [`Error::MalformedPolicy`] for the request itself; [`Error::LimitExceeded`] for session policies
/// that are too long.
pub fn assume_role(
    means: &Means<'_>,
    caller: &Caller,
    request: &AssumeRoleRequest,
    facts: &RequestFacts,
) -> Result<Assumed, Error> {
    check_duration(request.duration_seconds)?;
    let packed_policy_size = session_policies::check(request)?;
    let role = authorized_role(means, caller, request, facts)?;
    let seconds = duration(caller, &role, request.duration_seconds)?;
    let policy_arns = session_policies::existing(means, caller, &request.policy_arns)?;
    let issued_at = whole_seconds(facts.now);
    let name = &request.session_name;
    let session = Session {
        account: caller.account.clone(),
        role_id: role.role.id.clone(),
        issued_at,
        expires_at: issued_at + Duration::seconds(i64::from(seconds)),
        origin: Origin::AssumeRole(AssumedRoleSession {
            session_name: name.clone(),
            policy: request.policy.clone(),
            policy_arns,
            device: caller.session().and_then(Session::device).cloned(),
        }),
    };
    Ok(Assumed {
        credentials: token::mint(means.key_ring, &session, means.entropy)?,
        assumed_role_id: format!("{}:{name}", role.role.id),
        arn: arn::assumed_role(&caller.account, &role.role.name, name),
        packed_policy_size,
    })
}

fn authorized_role(
    means: &Means<'_>,
    caller: &Caller,
    request: &AssumeRoleRequest,
    facts: &RequestFacts,
) -> Result<Arc<ReadyRole>, Error> {
    // The sentence names the ARN as it was asked for: one of the stored role's would tell that it
    // is there.
    let wanted = &request.role_arn;
    let refuse = |reason| Error::Refused {
        message: format!(
            "User: {} is not authorized to perform: {ACTION} on resource: {wanted}",
            caller.arn
        ),
        reason,
    };
    let absent = |text: String| refuse(Reason::new(Check::TrustPolicy, text));
    if wanted.account != caller.account {
        return Err(absent(format!(
            "role `{wanted}` is in another account than the caller, {}",
            caller.account
        )));
    }
    let found = means
        .directory
        .role_by_name(&wanted.account, &wanted.name)?;
    let role = found
        .filter(|role| wanted.names(&wanted.account, &role.role))
        .ok_or_else(|| absent(format!("role `{wanted}` does not exist")))?;
    let mut context = authorize::context(caller, facts);
    context.insert("sts:rolesessionname", request.session_name.as_str());
    if let Some(external_id) = &request.external_id {
        context.insert("sts:externalid", external_id.as_str());
    }
    let named = named_by_trust(&role, caller, &context).map_err(refuse)?;
    own_policies_allow(caller, &role, named, &context).map_err(refuse)?;
    Ok(role)
}

/// Whom the statements of a trust policy name that let a caller in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Caller,
    Account,
}

/// The trust policy's word. Asked without an account it allows those only whose ARN it names, and
/// everyone; asked for nobody in particular, everyone.
fn named_by_trust(role: &ReadyRole, caller: &Caller, context: &Context) -> Result<Named, Reason> {
    let session_arn = caller.is_session().then_some(caller.arn.as_str());
    let arn = caller.principal_arn.as_str();
    let asking = |account, arn, session_arn| {
        trust::trusts(
            role,
            Principal::Aws {
                account,
                arn,
                session_arn,
            },
            context,
        )
    };
    asking(caller.account.as_str(), arn, session_arn)?;
    let by_arn = asking("", arn, session_arn).is_ok();
    let everyone = asking("", "", None).is_ok();
    Ok(if by_arn && !everyone {
        Named::Caller
    } else {
        Named::Account
    })
}

fn own_policies_allow(
    caller: &Caller,
    role: &ReadyRole,
    named: Named,
    context: &Context,
) -> Result<(), Reason> {
    let request = Request {
        action: ACTION,
        resource: &role.arn,
        principal: None,
        context,
    };
    let evaluated = authorize::layers(caller)
        .map(|(check, set)| (check, set.map(|set| (set, set.evaluate(&request).outcome))));
    for unwanted in [Outcome::ExplicitlyDenied, Outcome::NotAllowed] {
        for (check, layer) in &evaluated {
            let Some((set, outcome)) = layer else {
                continue;
            };
            let is_identity = *check == Check::IdentityPolicy;
            let spared = unwanted == Outcome::NotAllowed && is_identity && named == Named::Caller;
            if *outcome != unwanted || spared {
                continue;
            }
            let mut reason = set.explain(*check, &request);
            if unwanted == Outcome::NotAllowed && is_identity {
                reason.findings.push(format!(
                    "the trust policy names the account or everyone, not `{}`: then an identity \
                     policy must allow {ACTION} on `{}` too",
                    caller.principal_arn, role.arn
                ));
            }
            return Err(reason);
        }
    }
    Ok(())
}

/// The bounds of the request member itself.
fn check_duration(seconds: Option<u32>) -> Result<(), Error> {
    let Some(seconds) = seconds else {
        return Ok(());
    };
    let (min, max) = (
        quota::CREDENTIAL_DURATION_MIN_SECONDS,
        quota::CREDENTIAL_DURATION_MAX_SECONDS,
    );
    let constraint = if seconds < min {
        format!("have value greater than or equal to {min}")
    } else if seconds > max {
        format!("have value less than or equal to {max}")
    } else {
        return Ok(());
    };
    Err(InvalidName::new("durationSeconds", &seconds.to_string(), constraint).into())
}

fn duration(caller: &Caller, role: &ReadyRole, wanted: Option<u32>) -> Result<u32, Error> {
    let seconds = wanted.unwrap_or(quota::CREDENTIAL_DURATION_DEFAULT_SECONDS);
    if caller.is_session() && seconds > quota::CHAINED_SESSION_MAX_SECONDS {
        return Err(Error::invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining",
        ));
    }
    if seconds > role.role.max_session_duration_seconds {
        return Err(Error::invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::check_duration;

    #[test]
    fn durations_outside_900_to_43200_seconds_are_refused_in_aws_words() {
        for seconds in [None, Some(900), Some(43_200)] {
            assert!(check_duration(seconds).is_ok(), "{seconds:?}");
        }
        for (seconds, end) in [
            (899, "greater than or equal to 900"),
            (43_201, "less than or equal to 43200"),
        ] {
            let refusal = check_duration(Some(seconds)).unwrap_err().to_string();
            assert!(refusal.ends_with(end), "{refusal}");
        }
    }
}
