//! `Action=CreatePolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
//! Divergences: `Tags` are refused; `PermissionsBoundaryUsageCount` is not told.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, Path, PolicyName};
use thingpass_domain::managed_policy::{
    ManagedPolicy, check_description, check_managed_document, check_policy_path,
};

use super::PolicyDetail;
use crate::api::iam::document::Document;
use crate::api::operation::{Call, Demands, Operation};

/// CreatePolicy.
#[derive(Debug)]
pub struct CreatePolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    policy_name: PolicyName,
    #[serde(default)]
    path: Path,
    policy_document: Document,
    description: Option<String>,
}

impl Input {
    fn arn(&self, account: &AccountId) -> PolicyArn {
        let (path, name) = (self.path.clone(), self.policy_name.clone());
        PolicyArn {
            account: account.to_string(),
            path,
            name,
        }
    }
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    policy: PolicyDetail,
}

impl Operation for CreatePolicy {
    const NAME: &'static str = "CreatePolicy";
    const ACTION: &'static str = "iam:CreatePolicy";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, input.arn(&home.account).to_string())
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        check_policy_path(&input.path)?;
        check_description(input.description.as_deref().unwrap_or_default())?;
        let document = input.policy_document.as_str();
        check_managed_document(document)?;
        let context = call.context;
        let account = &context.home.account;
        let now = context.clock.now();
        let policy = ManagedPolicy {
            arn: input.arn(account),
            id: entropy::unique_id(&*context.entropy, "ANPA")?,
            default_version: 1,
            attachment_count: 0,
            description: input.description,
            created_at: now,
            updated_at: now,
        };
        context
            .store
            .create_managed_policy(account, policy.clone(), document)
            .await?;
        Ok(Output {
            policy: policy.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::CreatePolicy;
    use crate::api::iam::testing::{READ, TRUST, assert_denied, assert_malformed};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_policy_is_made_with_its_first_version_in_force() {
        let input = json!({"PolicyName": "p", "Path": "/ops/", "PolicyDocument": READ,
                           "Description": "reads"});
        let mut made = Bench::new()
            .await
            .call::<CreatePolicy>(input)
            .await
            .unwrap();
        let id = made["Policy"]["PolicyId"].take();
        assert!(id.as_str().unwrap().starts_with("ANPA"), "{id}");
        let at = "2026-01-01T00:00:00Z";
        let expected = json!({
            "PolicyName": "p", "PolicyId": null, "Path": "/ops/",
            "Arn": "arn:aws:iam::123456789012:policy/ops/p", "DefaultVersionId": "v1",
            "AttachmentCount": 0, "IsAttachable": true, "Description": "reads",
            "CreateDate": at, "UpdateDate": at,
        });
        assert_eq!(made["Policy"], expected);
    }

    #[tokio::test]
    async fn the_same_name_twice_is_refused_under_any_path() {
        let bench = Bench::new().await;
        let input = json!({"PolicyName": "p", "PolicyDocument": READ});
        bench.call::<CreatePolicy>(input).await.unwrap();
        let input = json!({"PolicyName": "P", "PolicyDocument": READ, "Path": "/x/"});
        let second = bench.call::<CreatePolicy>(input).await;
        let Err(Error::AlreadyExists { message, .. }) = second else {
            panic!("{second:?}")
        };
        assert_eq!(
            message,
            "A policy called P already exists. Duplicate names are not allowed."
        );
    }

    #[tokio::test]
    async fn a_document_that_is_no_policy_is_malformed_and_one_too_long_over_the_quota() {
        let bench = Bench::new().await;
        for document in [TRUST, "{}", "no json"] {
            let input = json!({"PolicyName": "p", "PolicyDocument": document});
            let refused = bench.call::<CreatePolicy>(input).await;
            assert!(
                matches!(refused, Err(Error::MalformedPolicy(_))),
                "{document}: {refused:?}"
            );
        }
        let sid = format!(r#""Sid":"{}","Effect""#, "x".repeat(6144));
        let long = READ.replacen(r#""Effect""#, &sid, 1);
        let input = json!({"PolicyName": "p", "PolicyDocument": long});
        let refused = bench.call::<CreatePolicy>(input).await;
        assert!(
            matches!(refused, Err(Error::LimitExceeded(_))),
            "{refused:?}"
        );
    }

    #[tokio::test]
    async fn who_may_not_makes_none() {
        let input = json!({"PolicyName": "p", "Path": "/ops/", "PolicyDocument": READ});
        let arn = "arn:aws:iam::123456789012:policy/ops/p";
        assert_denied::<CreatePolicy>(&Bench::new().await, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("PolicyName", json!(null)),
            ("PolicyName", json!("a*b")),
            ("PolicyDocument", json!(null)),
            ("PolicyDocument", json!("")),
            ("Path", json!("/a*b/")),
            ("Path", json!("ops")),
            ("Description", json!("d".repeat(1001))),
            ("Tags", json!([])),
        ];
        let good = json!({"PolicyName": "p", "PolicyDocument": READ});
        assert_malformed::<CreatePolicy>(&Bench::new().await, good, &changes).await;
    }
}
