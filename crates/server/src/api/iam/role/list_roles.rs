//! `Action=ListRoles` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
//! Divergences: boundaries are told here too.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::PathPrefix;

use super::RoleDetail;
use crate::api::form;
use crate::api::iam::paging::{self, Paging};
use crate::api::operation::{Call, Demands, Operation};

/// ListRoles.
#[derive(Debug)]
pub struct ListRoles;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    path_prefix: PathPrefix,
    marker: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_items: Option<u32>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    roles: Vec<RoleDetail>,
    #[serde(flatten)]
    paging: Paging,
}

impl Operation for ListRoles {
    const NAME: &'static str = "ListRoles";
    const ACTION: &'static str = "iam:ListRoles";
    type Input = Input;
    type Output = Output;

    fn demands(_input: &Input, _home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let account = &call.context.home.account;
        let page = paging::requested(input.max_items, input.marker.as_deref())?;
        let page = call
            .context
            .store
            .list_roles(account, input.path_prefix.as_str(), page)
            .await?;
        let paging = Paging::from(&page);
        let roles = page
            .items
            .into_iter()
            .map(|role| RoleDetail::of(role, account))
            .collect();
        Ok(Output { roles, paging })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::ListRoles;
    use crate::api::iam::document::encoded;
    use crate::api::iam::role::create_role::CreateRole;
    use crate::api::iam::testing::{TRUST, assert_denied, assert_malformed, role};
    use crate::api::testing::Bench;

    fn names(listed: &Value) -> Vec<&str> {
        let roles = listed["Roles"].as_array().unwrap();
        roles
            .iter()
            .map(|role| role["RoleName"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn roles_are_listed_by_name_page_by_page() {
        let bench = Bench::new().await;
        for name in ["c", "a", "b"] {
            role(&bench, name).await;
        }
        let first = bench
            .call::<ListRoles>(json!({"MaxItems": "2"}))
            .await
            .unwrap();
        assert_eq!(
            (names(&first), &first["IsTruncated"]),
            (vec!["a", "b"], &json!(true))
        );
        assert_eq!(
            first["Roles"][0]["AssumeRolePolicyDocument"],
            encoded(TRUST)
        );
        let input = json!({"MaxItems": "2", "Marker": first["Marker"]});
        let last = bench.call::<ListRoles>(input).await.unwrap();
        assert_eq!(
            (names(&last), &last["IsTruncated"]),
            (vec!["c"], &json!(false))
        );
    }

    #[tokio::test]
    async fn a_path_prefix_narrows_the_list() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let input = json!({"RoleName": "other", "AssumeRolePolicyDocument": TRUST});
        bench.call::<CreateRole>(input).await.unwrap();
        let listed = bench
            .call::<ListRoles>(json!({"PathPrefix": "/fle"}))
            .await
            .unwrap();
        assert_eq!(names(&listed), ["r"]);
    }

    #[tokio::test]
    async fn who_may_not_sees_none() {
        assert_denied::<ListRoles>(&Bench::new().await, json!({}), "*").await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("MaxItems", json!("1001")),
            ("Marker", json!("%")),
            ("PathPrefix", json!("fleet")),
            ("RoleName", json!("r")),
        ];
        assert_malformed::<ListRoles>(&Bench::new().await, json!({}), &changes).await;
    }
}
