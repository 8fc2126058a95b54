//! `Action=CreatePolicyVersion` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html
//! Divergences: none.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::managed_policy::check_managed_document;

use super::VersionDetail;
use crate::api::form;
use crate::api::iam::document::Document;
use crate::api::operation::{Call, Demands, Operation};

/// CreatePolicyVersion.
#[derive(Debug)]
pub struct CreatePolicyVersion;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    policy_arn: PolicyArn,
    policy_document: Document,
    #[serde(default, deserialize_with = "form::boolean")]
    set_as_default: bool,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    policy_version: VersionDetail,
}

impl Operation for CreatePolicyVersion {
    const NAME: &'static str = "CreatePolicyVersion";
    const ACTION: &'static str = "iam:CreatePolicyVersion";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, input.policy_arn.to_string())
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let Input {
            policy_arn: arn,
            policy_document,
            set_as_default,
        } = input;
        let document = policy_document.as_str();
        check_managed_document(document)?;
        let (context, now) = (call.context, call.context.clock.now());
        let account = &context.home.account;
        let version =
            context
                .store
                .create_policy_version(account, &arn, document, set_as_default, now);
        Ok(Output {
            policy_version: VersionDetail::without_document(&version.await?),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::CreatePolicyVersion;
    use crate::api::iam::policy::get_policy::GetPolicy;
    use crate::api::iam::testing::{
        READ, TRUST, assert_absent, assert_denied, assert_malformed, policy,
    };
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_version_is_in_force_only_where_that_is_asked_for() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        bench.clock.advance_seconds(60);
        for (set_as_default, id, in_force) in [
            (json!(null), "v2", "v1"),
            (json!("false"), "v3", "v1"),
            (json!("true"), "v4", "v4"),
        ] {
            let mut input = json!({"PolicyArn": arn, "PolicyDocument": READ});
            if !set_as_default.is_null() {
                input["SetAsDefault"] = set_as_default;
            }
            let made = bench.call::<CreatePolicyVersion>(input).await.unwrap();
            let version = json!({"VersionId": id, "IsDefaultVersion": id == in_force,
                                 "CreateDate": "2026-01-01T00:01:00Z"});
            assert_eq!(made, json!({"PolicyVersion": version}));
            let policy = bench
                .call::<GetPolicy>(json!({"PolicyArn": arn}))
                .await
                .unwrap();
            assert_eq!(policy["Policy"]["DefaultVersionId"], in_force);
            assert_eq!(policy["Policy"]["UpdateDate"], "2026-01-01T00:01:00Z");
        }
    }

    #[tokio::test]
    async fn a_sixth_version_is_one_too_many() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        let input = json!({"PolicyArn": arn, "PolicyDocument": READ});
        for _ in 0..4 {
            bench
                .call::<CreatePolicyVersion>(input.clone())
                .await
                .unwrap();
        }
        let sixth = bench.call::<CreatePolicyVersion>(input).await;
        assert!(
            matches!(sixth, Err(Error::VersionsLimitExceeded(_))),
            "{sixth:?}"
        );
    }

    #[tokio::test]
    async fn the_administrators_policy_and_a_malformed_document_are_refused() {
        let bench = Bench::new().await;
        let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
        let input = json!({"PolicyArn": arn, "PolicyDocument": READ});
        let refused = bench.call::<CreatePolicyVersion>(input).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let arn = policy(&bench, "p").await;
        let input = json!({"PolicyArn": arn, "PolicyDocument": TRUST});
        let refused = bench.call::<CreatePolicyVersion>(input).await;
        assert!(
            matches!(refused, Err(Error::MalformedPolicy(_))),
            "{refused:?}"
        );
    }

    #[tokio::test]
    async fn an_absent_policy_has_no_versions_and_who_may_not_makes_none() {
        let bench = Bench::new().await;
        let arn = "arn:aws:iam::123456789012:policy/p";
        let input = json!({"PolicyArn": arn, "PolicyDocument": READ});
        let message = format!("Policy {arn} does not exist or is not attachable.");
        assert_absent::<CreatePolicyVersion>(&bench, input.clone(), &message).await;
        assert_denied::<CreatePolicyVersion>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let arn = "arn:aws:iam::123456789012:policy/p";
        let changes = [
            ("PolicyArn", json!(null)),
            ("PolicyDocument", json!(null)),
            ("SetAsDefault", json!("1")),
            ("Tags", json!([])),
        ];
        let good = json!({"PolicyArn": arn, "PolicyDocument": READ});
        assert_malformed::<CreatePolicyVersion>(&Bench::new().await, good, &changes).await;
    }
}
