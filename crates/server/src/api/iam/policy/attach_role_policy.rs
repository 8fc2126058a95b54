//! `Action=AttachRolePolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleName;
use thingpass_domain::managed_policy::Entity;

use super::attachment;
use crate::api::operation::{Call, Demands, Operation};

/// AttachRolePolicy.
#[derive(Debug)]
pub struct AttachRolePolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
    policy_arn: PolicyArn,
}

impl Operation for AttachRolePolicy {
    const NAME: &'static str = "AttachRolePolicy";
    const ACTION: &'static str = "iam:AttachRolePolicy";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        attachment::demands(Self::ACTION, &input.role_name, &input.policy_arn)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        attachment::attach(call, Entity::Role(input.role_name), &input.policy_arn).await
    }
}

#[cfg(test)]
mod tests {
    use super::AttachRolePolicy;
    use crate::api::iam::policy::attachment::testing as story;
    use crate::api::iam::policy::list_attached_role_policies::ListAttachedRolePolicies;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn attaching_twice_attaches_once() {
        story::attaching_twice_attaches_once::<AttachRolePolicy, ListAttachedRolePolicies>(
            Subject::Role,
        )
        .await;
    }

    #[tokio::test]
    async fn the_eleventh_policy_is_one_too_many() {
        story::the_eleventh_policy_is_one_too_many::<AttachRolePolicy>(Subject::Role).await;
    }

    #[tokio::test]
    async fn what_is_absent_is_not_found() {
        story::what_is_absent_is_not_found::<AttachRolePolicy>(Subject::Role).await;
        story::an_absent_policy_is_not_attachable::<AttachRolePolicy>(Subject::Role).await;
    }

    #[tokio::test]
    async fn policy_and_boundary_are_conditions() {
        story::the_policy_is_a_condition::<AttachRolePolicy>(Subject::Role).await;
        story::an_unbounded_one_is_not_for_who_may_change_bounded_ones::<AttachRolePolicy>(
            Subject::Role,
        )
        .await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        story::malformed_requests_are_refused::<AttachRolePolicy>(Subject::Role).await;
    }
}
