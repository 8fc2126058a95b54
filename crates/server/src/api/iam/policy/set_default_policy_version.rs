//! `Action=SetDefaultPolicyVersion` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;

use super::VersionId;
use crate::api::operation::{Call, Demands, Operation};

/// SetDefaultPolicyVersion.
#[derive(Debug)]
pub struct SetDefaultPolicyVersion;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    policy_arn: PolicyArn,
    version_id: VersionId,
}

impl Operation for SetDefaultPolicyVersion {
    const NAME: &'static str = "SetDefaultPolicyVersion";
    const ACTION: &'static str = "iam:SetDefaultPolicyVersion";
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
            .set_default_policy_version(&context.home.account, &arn, number, now)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::SetDefaultPolicyVersion;
    use crate::api::iam::policy::create_policy_version::CreatePolicyVersion;
    use crate::api::iam::policy::get_policy::GetPolicy;
    use crate::api::iam::testing::{READ, assert_absent, assert_denied, assert_malformed, policy};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_version_is_in_force_and_setting_it_again_changes_nothing() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        let input = json!({"PolicyArn": arn, "PolicyDocument": READ});
        bench.call::<CreatePolicyVersion>(input).await.unwrap();
        for id in ["v2", "v2", "v1"] {
            let input = json!({"PolicyArn": arn, "VersionId": id});
            bench.call::<SetDefaultPolicyVersion>(input).await.unwrap();
            let policy = bench
                .call::<GetPolicy>(json!({"PolicyArn": arn}))
                .await
                .unwrap();
            assert_eq!(policy["Policy"]["DefaultVersionId"], id);
        }
    }

    #[tokio::test]
    async fn an_absent_version_is_not_found_and_who_may_not_sets_none() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        let input = json!({"PolicyArn": arn, "VersionId": "v2"});
        let message = format!("Policy {arn} version v2 does not exist or is not attachable.");
        assert_absent::<SetDefaultPolicyVersion>(&bench, input.clone(), &message).await;
        assert_denied::<SetDefaultPolicyVersion>(&bench, input, &arn).await;
    }

    #[tokio::test]
    async fn the_administrators_policy_is_nobodys_to_change() {
        let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
        let input = json!({"PolicyArn": arn, "VersionId": "v1"});
        let refused = Bench::new()
            .await
            .call::<SetDefaultPolicyVersion>(input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let arn = "arn:aws:iam::123456789012:policy/p";
        let changes = [
            ("PolicyArn", json!(null)),
            ("VersionId", json!(null)),
            ("VersionId", json!("v1.2")),
        ];
        let good = json!({"PolicyArn": arn, "VersionId": "v1"});
        assert_malformed::<SetDefaultPolicyVersion>(&Bench::new().await, good, &changes).await;
    }
}
