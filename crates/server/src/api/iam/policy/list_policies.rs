//! `Action=ListPolicies` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
//! Divergences: `PolicyUsageFilter` is refused, `PermissionsBoundaryUsageCount` not told; to bound
//! somebody is not to be attached.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::Path;
use thingpass_domain::managed_policy::PolicyFilter;

use super::PolicyDetail;
use crate::api::form;
use crate::api::iam::paging::{self, Paging};
use crate::api::operation::{Call, Demands, Operation};

/// ListPolicies.
#[derive(Debug)]
pub struct ListPolicies;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    scope: Scope,
    #[serde(default, deserialize_with = "form::boolean")]
    only_attached: bool,
    #[serde(default)]
    path_prefix: Path,
    marker: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_items: Option<u32>,
}

/// Whose policies are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
enum Scope {
    #[default]
    All,
    #[serde(rename = "AWS")]
    Aws,
    Local,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    policies: Vec<PolicyDetail>,
    #[serde(flatten)]
    paging: Paging,
}

impl Operation for ListPolicies {
    const NAME: &'static str = "ListPolicies";
    const ACTION: &'static str = "iam:ListPolicies";
    type Input = Input;
    type Output = Output;

    fn demands(_input: &Input, _home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let page = paging::requested(input.max_items, input.marker.as_deref())?;
        let filter = PolicyFilter {
            path_prefix: input.path_prefix.into(),
            only_attached: input.only_attached,
            aws: input.scope != Scope::Local,
            local: input.scope != Scope::Aws,
        };
        let account = &call.context.home.account;
        let page = call
            .context
            .store
            .list_managed_policies(account, &filter, page)
            .await?;
        let paging = Paging::from(&page);
        Ok(Output {
            policies: page.items.into_iter().map(PolicyDetail::from).collect(),
            paging,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::ListPolicies;
    use crate::api::iam::policy::attach_role_policy::AttachRolePolicy;
    use crate::api::iam::policy::create_policy::CreatePolicy;
    use crate::api::iam::testing::{READ, assert_denied, assert_malformed, policy, role};
    use crate::api::testing::Bench;

    fn names(listed: &Value) -> Vec<&str> {
        let policies = listed["Policies"].as_array().unwrap();
        policies
            .iter()
            .map(|policy| policy["PolicyName"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn scope_path_and_attachment_narrow_the_list() {
        let bench = Bench::new().await;
        let attached = policy(&bench, "p").await;
        let input = json!({"PolicyName": "q", "Path": "/x/", "PolicyDocument": READ});
        bench.call::<CreatePolicy>(input).await.unwrap();
        role(&bench, "r").await;
        let input = json!({"RoleName": "r", "PolicyArn": attached});
        bench.call::<AttachRolePolicy>(input).await.unwrap();
        for (input, expected) in [
            (json!({}), vec!["AdministratorAccess", "p", "q"]),
            (
                json!({"Scope": "All", "OnlyAttached": "false"}),
                vec!["AdministratorAccess", "p", "q"],
            ),
            (json!({"Scope": "AWS"}), vec!["AdministratorAccess"]),
            (json!({"Scope": "Local"}), vec!["p", "q"]),
            (json!({"OnlyAttached": "true"}), vec!["p"]),
            (json!({"PathPrefix": "/x/"}), vec!["q"]),
        ] {
            let listed = bench.call::<ListPolicies>(input.clone()).await.unwrap();
            assert_eq!(names(&listed), expected, "{input}");
        }
    }

    #[tokio::test]
    async fn policies_are_listed_page_by_page() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let first = bench
            .call::<ListPolicies>(json!({"MaxItems": "1"}))
            .await
            .unwrap();
        assert_eq!(
            (names(&first), &first["IsTruncated"]),
            (vec!["AdministratorAccess"], &json!(true))
        );
        let last = bench
            .call::<ListPolicies>(json!({"Marker": first["Marker"]}))
            .await
            .unwrap();
        assert_eq!(
            (names(&last), &last["IsTruncated"]),
            (vec!["p"], &json!(false))
        );
    }

    #[tokio::test]
    async fn who_may_not_sees_none() {
        assert_denied::<ListPolicies>(&Bench::new().await, json!({}), "*").await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("Scope", json!("local")),
            ("OnlyAttached", json!("yes")),
            ("PathPrefix", json!("/x")),
            ("MaxItems", json!("-1")),
            ("Marker", json!("%")),
            ("PolicyUsageFilter", json!("PermissionsPolicy")),
        ];
        assert_malformed::<ListPolicies>(&Bench::new().await, json!({}), &changes).await;
    }
}
