//! `Action=DeleteUserPolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{PolicyName, UserName};
use thingpass_domain::managed_policy::Entity;

use crate::api::iam::inline_policy;
use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::PrincipalDemand;

/// DeleteUserPolicy.
#[derive(Debug)]
pub struct DeleteUserPolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: UserName,
    policy_name: PolicyName,
}

impl Operation for DeleteUserPolicy {
    const NAME: &'static str = "DeleteUserPolicy";
    const ACTION: &'static str = "iam:DeleteUserPolicy";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        PrincipalDemand::new(Self::ACTION, &input.user_name)
            .with_standing_boundary()
            .into()
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let Input {
            user_name,
            policy_name,
        } = input;
        inline_policy::delete(call, Entity::User(user_name), &policy_name).await
    }
}

#[cfg(test)]
mod tests {
    use super::DeleteUserPolicy;
    use crate::api::iam::inline_policy::put_user_policy::PutUserPolicy;
    use crate::api::iam::inline_policy::testing as story;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn a_deleted_policy_cannot_be_deleted_again() {
        story::a_deleted_policy_cannot_be_deleted_again::<PutUserPolicy, DeleteUserPolicy>(
            Subject::User,
        )
        .await;
    }

    #[tokio::test]
    async fn one_policy_is_refused_where_it_must_be() {
        story::one_policy_is_refused_where_it_must_be::<DeleteUserPolicy>(Subject::User).await;
    }
}
