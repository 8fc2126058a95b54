//! `Action=DeleteRolePolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{PolicyName, RoleName};
use thingpass_domain::managed_policy::Entity;

use crate::api::iam::inline_policy;
use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::PrincipalDemand;

/// DeleteRolePolicy.
#[derive(Debug)]
pub struct DeleteRolePolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
    policy_name: PolicyName,
}

impl Operation for DeleteRolePolicy {
    const NAME: &'static str = "DeleteRolePolicy";
    const ACTION: &'static str = "iam:DeleteRolePolicy";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        PrincipalDemand::new(Self::ACTION, &input.role_name)
            .with_standing_boundary()
            .into()
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let Input {
            role_name,
            policy_name,
        } = input;
        inline_policy::delete(call, Entity::Role(role_name), &policy_name).await
    }
}

#[cfg(test)]
mod tests {
    use super::DeleteRolePolicy;
    use crate::api::iam::inline_policy::put_role_policy::PutRolePolicy;
    use crate::api::iam::inline_policy::testing as story;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn a_deleted_policy_cannot_be_deleted_again() {
        story::a_deleted_policy_cannot_be_deleted_again::<PutRolePolicy, DeleteRolePolicy>(
            Subject::Role,
        )
        .await;
    }

    #[tokio::test]
    async fn one_policy_is_refused_where_it_must_be() {
        story::one_policy_is_refused_where_it_must_be::<DeleteRolePolicy>(Subject::Role).await;
    }
}
