//! `Action=ListUsers` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
//! Divergences: boundaries are told here too.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::PathPrefix;

use super::UserDetail;
use crate::api::form;
use crate::api::iam::paging::{self, Paging};
use crate::api::operation::{Call, Demands, Operation};

/// ListUsers.
#[derive(Debug)]
pub struct ListUsers;

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
    users: Vec<UserDetail>,
    #[serde(flatten)]
    paging: Paging,
}

impl Operation for ListUsers {
    const NAME: &'static str = "ListUsers";
    const ACTION: &'static str = "iam:ListUsers";
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
            .list_users(account, input.path_prefix.as_str(), page)
            .await?;
        let paging = Paging::from(&page);
        let users = page
            .items
            .into_iter()
            .map(|user| UserDetail::of(user, account))
            .collect();
        Ok(Output { users, paging })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::ListUsers;
    use crate::api::iam::testing::{assert_denied, assert_malformed, user};
    use crate::api::iam::user::create_user::CreateUser;
    use crate::api::testing::Bench;

    fn names(listed: &Value) -> Vec<&str> {
        let users = listed["Users"].as_array().unwrap();
        users
            .iter()
            .map(|user| user["UserName"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn users_are_listed_by_name_page_by_page() {
        let bench = Bench::new().await;
        for name in ["carl", "ann", "bob"] {
            user(&bench, name).await;
        }
        let first = bench
            .call::<ListUsers>(json!({"MaxItems": "2"}))
            .await
            .unwrap();
        assert_eq!(
            (names(&first), &first["IsTruncated"]),
            (vec!["ann", "bob"], &json!(true))
        );
        let input = json!({"MaxItems": "2", "Marker": first["Marker"]});
        let last = bench.call::<ListUsers>(input).await.unwrap();
        assert_eq!(
            (names(&last), &last["IsTruncated"]),
            (vec!["carl"], &json!(false))
        );
        assert!(last.get("Marker").is_none());
    }

    #[tokio::test]
    async fn a_path_prefix_narrows_the_list() {
        let bench = Bench::new().await;
        user(&bench, "ann").await;
        bench
            .call::<CreateUser>(json!({"UserName": "bob", "Path": "/ops/eu/"}))
            .await
            .unwrap();
        let listed = bench
            .call::<ListUsers>(json!({"PathPrefix": "/ops"}))
            .await
            .unwrap();
        assert_eq!(names(&listed), ["bob"]);
        let listed = bench
            .call::<ListUsers>(json!({"PathPrefix": "/%"}))
            .await
            .unwrap();
        assert!(names(&listed).is_empty());
    }

    #[tokio::test]
    async fn who_may_not_sees_nobody() {
        assert_denied::<ListUsers>(&Bench::new().await, json!({}), "*").await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("MaxItems", json!("0")),
            ("MaxItems", json!("1001")),
            ("MaxItems", json!("x")),
            ("Marker", json!("%")),
            ("PathPrefix", json!("ops")),
        ];
        assert_malformed::<ListUsers>(&Bench::new().await, json!({}), &changes).await;
    }
}
