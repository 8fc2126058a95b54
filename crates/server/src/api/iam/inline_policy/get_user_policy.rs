//! `Action=GetUserPolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html
//! Divergences: none.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{PolicyName, UserName};
use thingpass_domain::managed_policy::Entity;

use crate::api::iam::inline_policy;
use crate::api::operation::{Call, Demands, Operation};

/// GetUserPolicy.
#[derive(Debug)]
pub struct GetUserPolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: UserName,
    policy_name: PolicyName,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    user_name: UserName,
    policy_name: PolicyName,
    policy_document: String,
}

impl Operation for GetUserPolicy {
    const NAME: &'static str = "GetUserPolicy";
    const ACTION: &'static str = "iam:GetUserPolicy";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.user_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let Input {
            user_name,
            policy_name,
        } = input;
        let entity = Entity::User(user_name.clone());
        let policy_document = inline_policy::document(call, entity, &policy_name).await?;
        Ok(Output {
            user_name,
            policy_name,
            policy_document,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::GetUserPolicy;
    use crate::api::iam::inline_policy::put_user_policy::PutUserPolicy;
    use crate::api::iam::inline_policy::testing as story;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn a_policy_is_told_encoded() {
        story::a_policy_is_told_encoded::<PutUserPolicy, GetUserPolicy>(Subject::User).await;
    }

    #[tokio::test]
    async fn one_policy_is_refused_where_it_must_be() {
        story::one_policy_is_refused_where_it_must_be::<GetUserPolicy>(Subject::User).await;
    }
}
