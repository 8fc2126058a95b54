//! `Action=DetachUserPolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachUserPolicy.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::id::UserName;
use thingpass_domain::managed_policy::Entity;

use super::attachment;
use crate::api::operation::{Call, Demands, Operation};

/// DetachUserPolicy.
#[derive(Debug)]
pub struct DetachUserPolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: UserName,
    policy_arn: PolicyArn,
}

impl Operation for DetachUserPolicy {
    const NAME: &'static str = "DetachUserPolicy";
    const ACTION: &'static str = "iam:DetachUserPolicy";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        attachment::demands(Self::ACTION, &input.user_name, &input.policy_arn)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        attachment::detach(call, Entity::User(input.user_name), &input.policy_arn).await
    }
}

#[cfg(test)]
mod tests {
    use super::DetachUserPolicy;
    use crate::api::iam::policy::attach_user_policy::AttachUserPolicy;
    use crate::api::iam::policy::attachment::testing as story;
    use crate::api::iam::policy::list_attached_user_policies::ListAttachedUserPolicies;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn a_detached_policy_cannot_be_detached_again() {
        type List = ListAttachedUserPolicies;
        story::a_detached_policy_cannot_be_detached_again::<AttachUserPolicy, DetachUserPolicy, List>(
            Subject::User,
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_absent_is_not_found() {
        story::what_is_absent_is_not_found::<DetachUserPolicy>(Subject::User).await;
    }

    #[tokio::test]
    async fn policy_and_boundary_are_conditions() {
        story::the_policy_is_a_condition::<DetachUserPolicy>(Subject::User).await;
        story::an_unbounded_one_is_not_for_who_may_change_bounded_ones::<DetachUserPolicy>(
            Subject::User,
        )
        .await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        story::malformed_requests_are_refused::<DetachUserPolicy>(Subject::User).await;
    }
}
