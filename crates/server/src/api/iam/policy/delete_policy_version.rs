//! `Action=DeletePolicyVersion` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;

use super::VersionId;
use crate::api::operation::{Call, Demands, Operation};

/// DeletePolicyVersion.
#[derive(Debug)]
pub struct DeletePolicyVersion;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    policy_arn: PolicyArn,
    version_id: VersionId,
}

impl Operation for DeletePolicyVersion {
    const NAME: &'static str = "DeletePolicyVersion";
    const ACTION: &'static str = "iam:DeletePolicyVersion";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, input.policy_arn.to_string())
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let Input {
            policy_arn: arn,
            version_id: VersionId(number),
        } = input;
        let (context, now) = (call.context, call.context.clock.now());
        context
            .store
            .delete_policy_version(&context.home.account, &arn, number, now)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DeletePolicyVersion;
    use crate::api::iam::policy::create_policy_version::CreatePolicyVersion;
    use crate::api::iam::testing::{READ, assert_absent, assert_denied, assert_malformed, policy};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_deleted_version_is_gone_and_its_number_is_not_given_again() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        let version = json!({"PolicyArn": arn, "PolicyDocument": READ});
        bench
            .call::<CreatePolicyVersion>(version.clone())
            .await
            .unwrap();
        let input = json!({"PolicyArn": arn, "VersionId": "v2"});
        assert_eq!(
            bench
                .call::<DeletePolicyVersion>(input.clone())
                .await
                .unwrap(),
            json!(null)
        );
        let message = format!("Policy {arn} version v2 does not exist or is not attachable.");
        assert_absent::<DeletePolicyVersion>(&bench, input, &message).await;
        let made = bench.call::<CreatePolicyVersion>(version).await.unwrap();
        assert_eq!(made["PolicyVersion"]["VersionId"], "v3");
    }

    #[tokio::test]
    async fn the_version_in_force_stays() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        let input = json!({"PolicyArn": arn, "VersionId": "v1"});
        let refused = bench.call::<DeletePolicyVersion>(input.clone()).await;
        let Err(Error::DeleteConflict(message)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(message, "Cannot delete the default version of a policy.");
        assert_denied::<DeletePolicyVersion>(&bench, input, &arn).await;
    }

    #[tokio::test]
    async fn the_administrators_policy_is_nobodys_to_change() {
        let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
        let input = json!({"PolicyArn": arn, "VersionId": "v1"});
        let refused = Bench::new().await.call::<DeletePolicyVersion>(input).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let arn = "arn:aws:iam::123456789012:policy/p";
        let changes = [
            ("PolicyArn", json!(null)),
            ("VersionId", json!(null)),
            ("VersionId", json!("v01")),
        ];
        let good = json!({"PolicyArn": arn, "VersionId": "v1"});
        assert_malformed::<DeletePolicyVersion>(&Bench::new().await, good, &changes).await;
    }
}
