//! `Action=GetPolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html
//! Divergences: `PermissionsBoundaryUsageCount` is not told.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::managed_policy::{ManagedPolicyStore, absent};

use super::PolicyDetail;
use crate::api::operation::{Call, Demands, Operation};

/// GetPolicy.
#[derive(Debug)]
pub struct GetPolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    policy_arn: PolicyArn,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    policy: PolicyDetail,
}

impl Operation for GetPolicy {
    const NAME: &'static str = "GetPolicy";
    const ACTION: &'static str = "iam:GetPolicy";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, input.policy_arn.to_string())
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let (store, account) = (&*call.context.store, &call.context.home.account);
        let policy = ManagedPolicyStore::managed_policy(store, account, &input.policy_arn).await?;
        let policy = policy.ok_or_else(|| absent(&input.policy_arn))?;
        Ok(Output {
            policy: policy.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::GetPolicy;
    use crate::api::iam::policy::attach_user_policy::AttachUserPolicy;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, policy, user};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_policy_tells_to_how_many_it_is_attached() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        for (count, name) in ["ann", "bob"].iter().enumerate() {
            let found = bench
                .call::<GetPolicy>(json!({"PolicyArn": arn}))
                .await
                .unwrap();
            assert_eq!(found["Policy"]["AttachmentCount"], count);
            user(&bench, name).await;
            let input = json!({"UserName": name, "PolicyArn": arn});
            bench.call::<AttachUserPolicy>(input).await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_administrators_policy_is_there_for_every_account() {
        let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
        let input = json!({"PolicyArn": arn});
        let found = Bench::new().await.call::<GetPolicy>(input).await.unwrap();
        assert_eq!(found["Policy"]["Arn"], arn);
        assert_eq!(found["Policy"]["DefaultVersionId"], "v1");
    }

    #[tokio::test]
    async fn an_absent_policy_is_not_found_and_not_told_to_who_may_not_ask() {
        let bench = Bench::new().await;
        let arn = "arn:aws:iam::123456789012:policy/p";
        let input = json!({"PolicyArn": arn});
        let message = format!("Policy {arn} does not exist or is not attachable.");
        assert_absent::<GetPolicy>(&bench, input.clone(), &message).await;
        assert_denied::<GetPolicy>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("PolicyArn", json!(null)),
            ("PolicyArn", json!("p")),
            ("PolicyArn", json!("arn:aws:iam::12:policy/p")),
            ("PolicyName", json!("p")),
        ];
        let good = json!({"PolicyArn": "arn:aws:iam::123456789012:policy/p"});
        assert_malformed::<GetPolicy>(&Bench::new().await, good, &changes).await;
    }
}
