//! `Action=PutUserPolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{PolicyName, UserName};
use thingpass_domain::managed_policy::Entity;

use crate::api::iam::document::Document;
use crate::api::iam::inline_policy;
use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::PrincipalDemand;

/// PutUserPolicy.
#[derive(Debug)]
pub struct PutUserPolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: UserName,
    policy_name: PolicyName,
    policy_document: Document,
}

impl Operation for PutUserPolicy {
    const NAME: &'static str = "PutUserPolicy";
    const ACTION: &'static str = "iam:PutUserPolicy";
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
            policy_document,
        } = input;
        inline_policy::put(
            call,
            Entity::User(user_name),
            &policy_name,
            &policy_document,
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::PutUserPolicy;
    use crate::api::iam::inline_policy::get_user_policy::GetUserPolicy;
    use crate::api::iam::inline_policy::testing as story;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn a_policy_stands_and_a_second_replaces_it() {
        story::a_policy_stands_and_a_second_replaces_it::<PutUserPolicy, GetUserPolicy>(
            Subject::User,
        )
        .await;
    }

    #[tokio::test]
    async fn all_policies_together_stay_within_the_quota() {
        story::all_policies_together_stay_within_the_quota::<PutUserPolicy>(Subject::User).await;
    }

    #[tokio::test]
    async fn a_document_that_is_no_policy_is_malformed() {
        story::a_document_that_is_no_policy_is_malformed::<PutUserPolicy>(Subject::User).await;
    }

    #[tokio::test]
    async fn a_put_is_refused_where_it_must_be() {
        story::a_put_is_refused_where_it_must_be::<PutUserPolicy>(Subject::User).await;
    }
}
