//! Finds the ARN of the user or role that a request names without its path, so that a policy
//! speaks about the whole ARN as it does in AWS.

use std::borrow::Cow;

use thingpass_domain::arn::{self, RoleArn};
use thingpass_domain::authorize::Demand;
use thingpass_domain::caller::{Caller, Identity};
use thingpass_domain::error::Error;
use thingpass_domain::id::{Path, RoleName, UserName};
use thingpass_domain::managed_policy::Entity;

use crate::api::operation::{Context, Demands};

/// The ARN of the boundary that a user or role has, or is to have.
pub const PERMISSIONS_BOUNDARY: &str = "iam:PermissionsBoundary";

/// Whom a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A user or role, by name.
    Entity(Entity),
    /// The user who calls.
    Caller,
}

impl From<&Entity> for Principal {
    fn from(entity: &Entity) -> Self {
        Self::Entity(entity.clone())
    }
}

impl From<&RoleName> for Principal {
    fn from(name: &RoleName) -> Self {
        Self::Entity(Entity::Role(name.clone()))
    }
}

impl From<&UserName> for Principal {
    fn from(name: &UserName) -> Self {
        Self::Entity(Entity::User(name.clone()))
    }
}

impl From<&Option<UserName>> for Principal {
    fn from(name: &Option<UserName>) -> Self {
        name.as_ref().map_or(Self::Caller, Self::from)
    }
}

/// An action on a user or role whose ARN is still to be found.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalDemand {
    principal: Principal,
    demand: Demand,
    tells_boundary: bool,
}

impl PrincipalDemand {
    /// A demand without context of its own.
    pub fn new(action: &'static str, principal: impl Into<Principal>) -> Self {
        let demand = Demand::new(action, String::new());
        Self {
            principal: principal.into(),
            demand,
            tells_boundary: false,
        }
    }

    /// The same with a key more.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.demand = self.demand.with(key, value);
        self
    }

    /// The same with the boundary that the user or role has, for the actions whose
    /// [`PERMISSIONS_BOUNDARY`] means that one (Service Authorization Reference, "IAM").
    #[must_use]
    pub fn with_standing_boundary(mut self) -> Self {
        self.tells_boundary = true;
        self
    }
}

impl From<PrincipalDemand> for Demands {
    fn from(demand: PrincipalDemand) -> Self {
        Self::OnPrincipal(demand)
    }
}

/// The demand with its ARN. A user or role that is not there is taken to have the path `/`:
/// whoever may not ask for it does not learn that it is absent.
///
/// # Errors
/// [`Error::Invalid`] where the caller is meant and is no user; the store's.
pub async fn resolve(
    demand: &PrincipalDemand,
    context: &Context,
    caller: &Caller,
) -> Result<Demand, Error> {
    let (resource, boundary) = match &demand.principal {
        Principal::Entity(Entity::Role(name)) => role(name, context).await?,
        Principal::Entity(Entity::User(name)) => user(name, context).await?,
        Principal::Caller => user(calling_user(caller)?, context).await?,
    };
    let resolved = Demand {
        resource,
        ..demand.demand.clone()
    };
    Ok(match boundary {
        Some(boundary) if demand.tells_boundary => {
            resolved.with(Cow::Borrowed(PERMISSIONS_BOUNDARY), boundary)
        }
        Some(_) | None => resolved,
    })
}

/// The user that a request names, or the one who calls.
///
/// # Errors
/// [`Error::Invalid`] where it names none and a session calls.
pub fn user_or_caller(name: Option<UserName>, caller: &Caller) -> Result<UserName, Error> {
    name.map_or_else(|| calling_user(caller).cloned(), Ok)
}

fn calling_user(caller: &Caller) -> Result<&UserName, Error> {
    match &caller.identity {
        Identity::User(name) => Ok(name),
        Identity::Session(_) => Err(Error::invalid(
            "Must specify userName when calling with non-User credentials",
        )),
    }
}

/// ARN and boundary. The ARN is written as the role is, not as the request spells it: IAM finds
/// names in any case of their letters, and policies compare ARNs letter by letter.
async fn role(name: &RoleName, context: &Context) -> Result<(String, Option<String>), Error> {
    let account = &context.home.account;
    if let Some(role) = context.store.role(account, name).await? {
        return Ok((role.arn(account), role.permissions_boundary));
    }
    let (account, name) = (account.clone(), name.clone());
    Ok((
        RoleArn {
            account,
            path: Path::root(),
            name,
        }
        .to_string(),
        None,
    ))
}

async fn user(name: &UserName, context: &Context) -> Result<(String, Option<String>), Error> {
    let account = &context.home.account;
    if let Some(user) = context.store.user(account, name).await? {
        return Ok((user.arn(account), user.permissions_boundary));
    }
    Ok((arn::user(account, &Path::root(), name), None))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::clock::Clock;
    use thingpass_domain::id::{RoleName, RoleSessionName, UniqueId, UserName};
    use thingpass_domain::session::{AssumedRoleSession, Origin, Session};
    use thingpass_policy::ContextValue;

    use super::*;
    use crate::api::iam::role::create_role::CreateRole;
    use crate::api::iam::testing::{TRUST, policy, user};
    use crate::api::testing::Bench;

    const ACTION: &str = "iam:AttachRolePolicy";

    async fn resource(bench: &Bench, principal: impl Into<Principal>) -> String {
        let caller = bench.caller("{}");
        let demand = PrincipalDemand::new(ACTION, principal);
        resolve(&demand, &bench.context, &caller)
            .await
            .unwrap()
            .resource
    }

    #[tokio::test]
    async fn the_arn_has_the_real_path_and_spelling_and_the_root_where_nobody_is() {
        let bench = Bench::new().await;
        let input =
            json!({"RoleName": "Reader", "Path": "/fleet/", "AssumeRolePolicyDocument": TRUST});
        bench.call::<CreateRole>(input).await.unwrap();
        let name = RoleName::new("READER").unwrap();
        let arn = "arn:aws:iam::123456789012:role/fleet/Reader";
        assert_eq!(resource(&bench, &name).await, arn);
        let name = RoleName::new("nobody").unwrap();
        assert_eq!(
            resource(&bench, &name).await,
            "arn:aws:iam::123456789012:role/nobody"
        );
        let name = UserName::new("nobody").unwrap();
        assert_eq!(
            resource(&bench, &name).await,
            "arn:aws:iam::123456789012:user/nobody"
        );
    }

    #[tokio::test]
    async fn without_a_name_the_caller_is_meant() {
        let bench = Bench::new().await;
        user(&bench, "tester").await;
        assert_eq!(
            resource(&bench, &None).await,
            "arn:aws:iam::123456789012:user/tester"
        );
    }

    #[tokio::test]
    async fn a_session_that_names_nobody_is_refused() {
        let bench = Bench::new().await;
        let mut caller = bench.caller("{}");
        caller.identity = Identity::Session(std::sync::Arc::new(Session {
            account: bench.account().clone(),
            role_id: UniqueId::new("AROATESTTESTTESTTEST1").unwrap(),
            issued_at: bench.clock.now(),
            expires_at: bench.clock.now(),
            origin: Origin::AssumeRole(AssumedRoleSession {
                session_name: RoleSessionName::new("me").unwrap(),
                policy: None,
                policy_arns: Vec::new(),
                device: None,
            }),
        }));
        let demand = PrincipalDemand::new("iam:GetUser", &None);
        let refused = resolve(&demand, &bench.context, &caller).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        assert!(user_or_caller(None, &caller).is_err());
        let ann = UserName::new("ann").unwrap();
        assert_eq!(user_or_caller(Some(ann.clone()), &caller).unwrap(), ann);
    }

    #[tokio::test]
    async fn the_standing_boundary_is_told_only_where_it_is_asked_for() {
        let bench = Bench::new().await;
        let boundary = policy(&bench, "limit").await;
        let input = json!({"RoleName": "r", "AssumeRolePolicyDocument": TRUST,
                           "PermissionsBoundary": boundary});
        bench.call::<CreateRole>(input).await.unwrap();
        let caller = bench.caller("{}");
        let demand = PrincipalDemand::new(ACTION, &RoleName::new("r").unwrap());
        let silent = resolve(&demand, &bench.context, &caller).await.unwrap();
        assert!(silent.context.is_empty());
        let demand = demand.with_standing_boundary();
        let telling = resolve(&demand, &bench.context, &caller).await.unwrap();
        let expected = (
            Cow::Borrowed(PERMISSIONS_BOUNDARY),
            ContextValue::Single(boundary),
        );
        assert_eq!(telling.context, [expected]);
    }
}
