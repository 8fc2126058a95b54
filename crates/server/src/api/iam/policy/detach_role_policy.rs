//! `Action=DetachRolePolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleName;
use thingpass_domain::managed_policy::Entity;

use super::attachment;
use crate::api::operation::{Call, Demands, Operation};

/// DetachRolePolicy.
#[derive(Debug)]
pub struct DetachRolePolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
    policy_arn: PolicyArn,
}

impl Operation for DetachRolePolicy {
    const NAME: &'static str = "DetachRolePolicy";
    const ACTION: &'static str = "iam:DetachRolePolicy";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        attachment::demands(Self::ACTION, &input.role_name, &input.policy_arn)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        attachment::detach(call, Entity::Role(input.role_name), &input.policy_arn).await
    }
}

#[cfg(test)]
mod tests {
    use super::DetachRolePolicy;
    use crate::api::iam::policy::attach_role_policy::AttachRolePolicy;
    use crate::api::iam::policy::attachment::testing as story;
    use crate::api::iam::policy::list_attached_role_policies::ListAttachedRolePolicies;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn a_detached_policy_cannot_be_detached_again() {
        type List = ListAttachedRolePolicies;
        story::a_detached_policy_cannot_be_detached_again::<AttachRolePolicy, DetachRolePolicy, List>(
            Subject::Role,
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_absent_is_not_found() {
        story::what_is_absent_is_not_found::<DetachRolePolicy>(Subject::Role).await;
    }

    #[tokio::test]
    async fn policy_and_boundary_are_conditions() {
        story::the_policy_is_a_condition::<DetachRolePolicy>(Subject::Role).await;
        story::an_unbounded_one_is_not_for_who_may_change_bounded_ones::<DetachRolePolicy>(
            Subject::Role,
        )
        .await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        story::malformed_requests_are_refused::<DetachRolePolicy>(Subject::Role).await;
    }
}
