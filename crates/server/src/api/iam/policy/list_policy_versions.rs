//! `Action=ListPolicyVersions` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html
//! Divergences: none.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::page::Page;

use super::VersionDetail;
use crate::api::form;
use crate::api::iam::paging::{self, Paging};
use crate::api::operation::{Call, Demands, Operation};

/// ListPolicyVersions.
#[derive(Debug)]
pub struct ListPolicyVersions;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    policy_arn: PolicyArn,
    marker: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_items: Option<u32>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    versions: Vec<VersionDetail>,
    #[serde(flatten)]
    paging: Paging,
}

impl Operation for ListPolicyVersions {
    const NAME: &'static str = "ListPolicyVersions";
    const ACTION: &'static str = "iam:ListPolicyVersions";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, input.policy_arn.to_string())
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let page = paging::requested(input.max_items, input.marker.as_deref())?;
        let account = &call.context.home.account;
        let versions = call
            .context
            .store
            .list_policy_versions(account, &input.policy_arn)
            .await?;
        // The newest first: the key falls as the number rises.
        let page = Page::select(versions, &page, |version| {
            format!("{:010}", u32::MAX - version.number)
        });
        let paging = Paging::from(&page);
        let versions = page
            .items
            .iter()
            .map(VersionDetail::without_document)
            .collect();
        Ok(Output { versions, paging })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::ListPolicyVersions;
    use crate::api::iam::policy::create_policy_version::CreatePolicyVersion;
    use crate::api::iam::testing::{READ, assert_absent, assert_denied, assert_malformed, policy};
    use crate::api::testing::Bench;

    fn ids(listed: &Value) -> Vec<&str> {
        let versions = listed["Versions"].as_array().unwrap();
        versions
            .iter()
            .map(|version| version["VersionId"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn the_newest_version_comes_first_and_documents_stay_away() {
        let bench = Bench::new().await;
        let arn = policy(&bench, "p").await;
        for _ in 0..2 {
            let input = json!({"PolicyArn": arn, "PolicyDocument": READ});
            bench.call::<CreatePolicyVersion>(input).await.unwrap();
        }
        let input = json!({"PolicyArn": arn, "MaxItems": "2"});
        let first = bench.call::<ListPolicyVersions>(input).await.unwrap();
        assert_eq!(
            (ids(&first), &first["IsTruncated"]),
            (vec!["v3", "v2"], &json!(true))
        );
        let input = json!({"PolicyArn": arn, "Marker": first["Marker"]});
        let last = bench.call::<ListPolicyVersions>(input).await.unwrap();
        let version = json!({"VersionId": "v1", "IsDefaultVersion": true,
                             "CreateDate": "2026-01-01T00:00:00Z"});
        assert_eq!(last, json!({"Versions": [version], "IsTruncated": false}));
    }

    #[tokio::test]
    async fn an_absent_policy_is_not_found_and_not_told_to_who_may_not_ask() {
        let bench = Bench::new().await;
        let arn = "arn:aws:iam::123456789012:policy/p";
        let input = json!({"PolicyArn": arn});
        let message = format!("Policy {arn} does not exist or is not attachable.");
        assert_absent::<ListPolicyVersions>(&bench, input.clone(), &message).await;
        assert_denied::<ListPolicyVersions>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("PolicyArn", json!(null)),
            ("MaxItems", json!("0")),
            ("Marker", json!("%")),
            ("VersionId", json!("v1")),
        ];
        let good = json!({"PolicyArn": "arn:aws:iam::123456789012:policy/p"});
        assert_malformed::<ListPolicyVersions>(&Bench::new().await, good, &changes).await;
    }
}
