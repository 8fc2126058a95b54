//! `Action=GetPolicyVersion` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
//! Divergences: none.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::managed_policy::absent_version;

use super::{VersionDetail, VersionId};
use crate::api::operation::{Call, Demands, Operation};

/// GetPolicyVersion.
#[derive(Debug)]
pub struct GetPolicyVersion;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    policy_arn: PolicyArn,
    version_id: VersionId,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    policy_version: VersionDetail,
}

impl Operation for GetPolicyVersion {
    const NAME: &'static str = "GetPolicyVersion";
    const ACTION: &'static str = "iam:GetPolicyVersion";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, input.policy_arn.to_string())
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let Input {
            policy_arn: arn,
            version_id: VersionId(number),
        } = input;
        let account = &call.context.home.account;
        let version = call
            .context
            .store
            .policy_version(account, &arn, number)
            .await?;
        let version = version.ok_or_else(|| absent_version(&arn, number))?;
        Ok(Output {
            policy_version: VersionDetail::with_document(&version),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::GetPolicyVersion;
    use crate::api::iam::document::encoded;
    use crate::api::iam::testing::{READ, assert_absent, assert_denied, assert_malformed, policy};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_version_is_told_with_its_document_encoded() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        let input = json!({"PolicyArn": arn, "VersionId": "v1"});
        let found = bench.call::<GetPolicyVersion>(input).await.unwrap();
        let version = json!({"Document": encoded(READ), "VersionId": "v1",
                             "IsDefaultVersion": true, "CreateDate": "2026-01-01T00:00:00Z"});
        assert_eq!(found, json!({"PolicyVersion": version}));
    }

    #[tokio::test]
    async fn the_administrators_policy_can_be_read() {
        let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
        let input = json!({"PolicyArn": arn, "VersionId": "v1"});
        let found = Bench::new()
            .await
            .call::<GetPolicyVersion>(input)
            .await
            .unwrap();
        let document = found["PolicyVersion"]["Document"].as_str().unwrap();
        assert!(document.contains("%22Action%22%3A%22%2A%22"), "{document}");
    }

    #[tokio::test]
    async fn an_absent_version_is_not_found_and_not_told_to_who_may_not_ask() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        let input = json!({"PolicyArn": arn, "VersionId": "v2"});
        let message = format!("Policy {arn} version v2 does not exist or is not attachable.");
        assert_absent::<GetPolicyVersion>(&bench, input.clone(), &message).await;
        assert_denied::<GetPolicyVersion>(&bench, input, &arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let arn = "arn:aws:iam::123456789012:policy/p";
        let changes = [
            ("PolicyArn", json!(null)),
            ("VersionId", json!(null)),
            ("VersionId", json!("1")),
            ("VersionId", json!("v0")),
        ];
        let good = json!({"PolicyArn": arn, "VersionId": "v1"});
        assert_malformed::<GetPolicyVersion>(&Bench::new().await, good, &changes).await;
    }
}
