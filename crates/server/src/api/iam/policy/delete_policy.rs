//! `Action=DeletePolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;

use crate::api::operation::{Call, Demands, Operation};

/// DeletePolicy.
#[derive(Debug)]
pub struct DeletePolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    policy_arn: PolicyArn,
}

impl Operation for DeletePolicy {
    const NAME: &'static str = "DeletePolicy";
    const ACTION: &'static str = "iam:DeletePolicy";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, input.policy_arn.to_string())
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let account = &call.context.home.account;
        call.context
            .store
            .delete_managed_policy(account, &input.policy_arn)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DeletePolicy;
    use crate::api::iam::policy::create_policy_version::CreatePolicyVersion;
    use crate::api::iam::testing::{
        READ, Subject, assert_absent, assert_denied, assert_malformed, policy,
    };
    use crate::api::testing::Bench;

    async fn assert_kept(bench: &Bench, arn: &str, message: &str) {
        let refused = bench.call::<DeletePolicy>(json!({"PolicyArn": arn})).await;
        let Err(Error::DeleteConflict(text)) = refused else {
            panic!("{refused:?}")
        };
        assert!(text.starts_with(message), "{text}");
    }

    #[tokio::test]
    async fn a_deleted_policy_is_gone_and_cannot_be_deleted_again() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        let input = json!({"PolicyArn": arn});
        assert_eq!(
            bench.call::<DeletePolicy>(input.clone()).await.unwrap(),
            json!(null)
        );
        let message = format!("Policy {arn} does not exist or is not attachable.");
        assert_absent::<DeletePolicy>(&bench, input, &message).await;
    }

    #[tokio::test]
    async fn a_policy_that_bounds_somebody_stays() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        Subject::Role.make(&bench).await;
        Subject::Role.bound(&bench, &arn).await;
        assert_kept(&bench, &arn, "Cannot delete a policy attached to entities.").await;
    }

    #[tokio::test]
    async fn a_policy_with_a_second_version_stays() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        let input = json!({"PolicyArn": arn, "PolicyDocument": READ});
        bench.call::<CreatePolicyVersion>(input).await.unwrap();
        assert_kept(&bench, &arn, "This policy has more than one version.").await;
    }

    #[tokio::test]
    async fn the_administrators_policy_is_nobodys_to_delete() {
        let bench = Bench::new().await;
        let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
        let input = json!({"PolicyArn": arn});
        let refused = bench.call::<DeletePolicy>(input.clone()).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert_denied::<DeletePolicy>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [("PolicyArn", json!(null)), ("PolicyArn", json!("p"))];
        let good = json!({"PolicyArn": "arn:aws:iam::123456789012:policy/p"});
        assert_malformed::<DeletePolicy>(&Bench::new().await, good, &changes).await;
    }
}
