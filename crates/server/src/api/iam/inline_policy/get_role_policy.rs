//! `Action=GetRolePolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
//! Divergences: none.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{PolicyName, RoleName};
use thingpass_domain::managed_policy::Entity;

use crate::api::iam::inline_policy;
use crate::api::operation::{Call, Demands, Operation};

/// GetRolePolicy.
#[derive(Debug)]
pub struct GetRolePolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
    policy_name: PolicyName,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    role_name: RoleName,
    policy_name: PolicyName,
    policy_document: String,
}

impl Operation for GetRolePolicy {
    const NAME: &'static str = "GetRolePolicy";
    const ACTION: &'static str = "iam:GetRolePolicy";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.role_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let Input {
            role_name,
            policy_name,
        } = input;
        let entity = Entity::Role(role_name.clone());
        let policy_document = inline_policy::document(call, entity, &policy_name).await?;
        Ok(Output {
            role_name,
            policy_name,
            policy_document,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::GetRolePolicy;
    use crate::api::iam::inline_policy::put_role_policy::PutRolePolicy;
    use crate::api::iam::inline_policy::testing as story;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn a_policy_is_told_encoded() {
        story::a_policy_is_told_encoded::<PutRolePolicy, GetRolePolicy>(Subject::Role).await;
    }

    #[tokio::test]
    async fn one_policy_is_refused_where_it_must_be() {
        story::one_policy_is_refused_where_it_must_be::<GetRolePolicy>(Subject::Role).await;
    }
}
