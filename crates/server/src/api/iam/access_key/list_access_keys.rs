//! `Action=ListAccessKeys` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
//! Divergences: none.

use serde::{Deserialize, Serialize};
use thingpass_domain::access_key::AccessKey;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccessKeyId, UserName};
use thingpass_domain::page::Page;
use thingpass_wire::timestamp::iso_8601;

use crate::api::form;
use crate::api::iam::paging::{self, Paging};
use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::user_or_caller;

/// ListAccessKeys.
#[derive(Debug)]
pub struct ListAccessKeys;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: Option<UserName>,
    marker: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_items: Option<u32>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    access_key_metadata: Vec<Metadata>,
    #[serde(flatten)]
    paging: Paging,
}

/// `AccessKeyMetadata` of IAM's model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    user_name: UserName,
    access_key_id: AccessKeyId,
    status: &'static str,
    create_date: String,
}

impl Operation for ListAccessKeys {
    const NAME: &'static str = "ListAccessKeys";
    const ACTION: &'static str = "iam:ListAccessKeys";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.user_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let page = paging::requested(input.max_items, input.marker.as_deref())?;
        let name = user_or_caller(input.user_name, call.caller)?;
        let keys = call
            .context
            .store
            .list_access_keys(&call.context.home.account, &name)
            .await?;
        let page = Page::select(keys, &page, |key| key.id.to_string());
        let paging = Paging::from(&page);
        Ok(Output {
            access_key_metadata: page.items.into_iter().map(metadata).collect(),
            paging,
        })
    }
}

fn metadata(key: AccessKey) -> Metadata {
    Metadata {
        user_name: key.user,
        access_key_id: key.id,
        status: key.status.as_str(),
        create_date: iso_8601(key.created_at),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ListAccessKeys;
    use crate::api::iam::access_key::create_access_key::CreateAccessKey;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, user};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn keys_are_listed_without_their_secrets_page_by_page() {
        let bench = Bench::new().await;
        user(&bench, "ann").await;
        let mut made = Vec::new();
        for _ in 0..2 {
            let key = bench
                .call::<CreateAccessKey>(json!({"UserName": "ann"}))
                .await
                .unwrap();
            made.push(key["AccessKey"]["AccessKeyId"].as_str().unwrap().to_owned());
        }
        made.sort();
        let input = json!({"UserName": "ann", "MaxItems": "1"});
        let first = bench.call::<ListAccessKeys>(input).await.unwrap();
        let metadata = json!({"UserName": "ann", "AccessKeyId": made[0], "Status": "Active",
                              "CreateDate": "2026-01-01T00:00:00Z"});
        assert_eq!(first["AccessKeyMetadata"], json!([metadata]));
        assert_eq!(first["IsTruncated"], true);
        let input = json!({"UserName": "ann", "Marker": first["Marker"]});
        let last = bench.call::<ListAccessKeys>(input).await.unwrap();
        assert_eq!(last["AccessKeyMetadata"][0]["AccessKeyId"], made[1]);
        assert_eq!(last["IsTruncated"], false);
    }

    #[tokio::test]
    async fn without_a_name_the_callers_are_listed() {
        let bench = Bench::new().await;
        user(&bench, "tester").await;
        let listed = bench.call::<ListAccessKeys>(json!({})).await.unwrap();
        assert_eq!(
            listed,
            json!({"AccessKeyMetadata": [], "IsTruncated": false})
        );
    }

    #[tokio::test]
    async fn nobody_has_no_keys_and_who_may_not_sees_none() {
        let bench = Bench::new().await;
        let input = json!({"UserName": "ann"});
        let message = "The user with name ann cannot be found.";
        assert_absent::<ListAccessKeys>(&bench, input.clone(), message).await;
        let arn = "arn:aws:iam::123456789012:user/ann";
        assert_denied::<ListAccessKeys>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("UserName", json!("")),
            ("MaxItems", json!("0")),
            ("Marker", json!("%")),
            ("PathPrefix", json!("/")),
        ];
        let good = json!({"UserName": "ann"});
        assert_malformed::<ListAccessKeys>(&Bench::new().await, good, &changes).await;
    }
}
