//! `Action=ListEntitiesForPolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html
//! Divergences: `PathPrefix` and `PolicyUsageFilter` are refused, and so are the filters
//! `LocalManagedPolicy` and `AWSManagedPolicy`; to be bounded by the policy is not to have it attached.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::id::{RoleName, UniqueId, UserName};
use thingpass_domain::managed_policy::Entity;
use thingpass_domain::page::Page;

use crate::api::form;
use crate::api::iam::paging::{self, Paging};
use crate::api::operation::{Call, Demands, Operation};

/// ListEntitiesForPolicy.
#[derive(Debug)]
pub struct ListEntitiesForPolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    policy_arn: PolicyArn,
    entity_filter: Option<EntityFilter>,
    marker: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_items: Option<u32>,
}

/// Who is listed; there are no groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum EntityFilter {
    User,
    Role,
    Group,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    policy_groups: [(); 0],
    policy_users: Vec<PolicyUser>,
    policy_roles: Vec<PolicyRole>,
    #[serde(flatten)]
    paging: Paging,
}

/// `PolicyUser` of IAM's model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyUser {
    user_name: UserName,
    user_id: UniqueId,
}

/// `PolicyRole` of IAM's model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyRole {
    role_name: RoleName,
    role_id: UniqueId,
}

impl Operation for ListEntitiesForPolicy {
    const NAME: &'static str = "ListEntitiesForPolicy";
    const ACTION: &'static str = "iam:ListEntitiesForPolicy";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, input.policy_arn.to_string())
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let page = paging::requested(input.max_items, input.marker.as_deref())?;
        let (store, account) = (&call.context.store, &call.context.home.account);
        let mut entities = store
            .list_entities_for_managed_policy(account, &input.policy_arn)
            .await?;
        entities.retain(|(entity, _)| input.entity_filter.is_none_or(|filter| filter.is(entity)));
        let key = |(entity, _): &(Entity, UniqueId)| format!("{} {}", entity.kind(), entity.name());
        let page = Page::select(entities, &page, key);
        let paging = Paging::from(&page);
        let (mut policy_users, mut policy_roles) = (Vec::new(), Vec::new());
        for (entity, id) in page.items {
            match entity {
                Entity::User(user_name) => policy_users.push(PolicyUser {
                    user_name,
                    user_id: id,
                }),
                Entity::Role(role_name) => policy_roles.push(PolicyRole {
                    role_name,
                    role_id: id,
                }),
            }
        }
        Ok(Output {
            policy_groups: [],
            policy_users,
            policy_roles,
            paging,
        })
    }
}

impl EntityFilter {
    fn is(self, entity: &Entity) -> bool {
        match entity {
            Entity::User(_) => self == Self::User,
            Entity::Role(_) => self == Self::Role,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::ListEntitiesForPolicy;
    use crate::api::iam::policy::attach_role_policy::AttachRolePolicy;
    use crate::api::iam::policy::attach_user_policy::AttachUserPolicy;
    use crate::api::iam::testing::{
        assert_absent, assert_denied, assert_malformed, policy, role, user,
    };
    use crate::api::testing::Bench;

    fn names<'a>(listed: &'a Value, list: &str, member: &str) -> Vec<&'a str> {
        let rows = listed[list].as_array().unwrap();
        rows.iter()
            .map(|row| row[member].as_str().unwrap())
            .collect()
    }

    fn listed(output: &Value) -> (Vec<&str>, Vec<&str>) {
        assert_eq!(output["PolicyGroups"], json!([]));
        let roles = names(output, "PolicyRoles", "RoleName");
        (roles, names(output, "PolicyUsers", "UserName"))
    }

    async fn attached(bench: &Bench) -> String {
        let arn = policy(bench, "p").await;
        for name in ["s", "r"] {
            role(bench, name).await;
            let input = json!({"RoleName": name, "PolicyArn": arn});
            bench.call::<AttachRolePolicy>(input).await.unwrap();
        }
        user(bench, "ann").await;
        let input = json!({"UserName": "ann", "PolicyArn": arn});
        bench.call::<AttachUserPolicy>(input).await.unwrap();
        arn
    }

    #[tokio::test]
    async fn roles_and_users_are_listed_page_by_page() {
        let bench = Bench::new().await;
        let arn = attached(&bench).await;
        let input = json!({"PolicyArn": arn, "MaxItems": "2"});
        let first = bench.call::<ListEntitiesForPolicy>(input).await.unwrap();
        assert_eq!(listed(&first), (vec!["r", "s"], vec![]));
        assert!(
            first["PolicyRoles"][0]["RoleId"]
                .as_str()
                .unwrap()
                .starts_with("AROA")
        );
        let input = json!({"PolicyArn": arn, "Marker": first["Marker"]});
        let last = bench.call::<ListEntitiesForPolicy>(input).await.unwrap();
        assert_eq!(listed(&last), (vec![], vec!["ann"]));
        assert_eq!(last["IsTruncated"], false);
    }

    #[tokio::test]
    async fn a_filter_leaves_one_kind() {
        let bench = Bench::new().await;
        let arn = attached(&bench).await;
        for (filter, expected) in [
            ("Role", (vec!["r", "s"], vec![])),
            ("User", (vec![], vec!["ann"])),
            ("Group", (vec![], vec![])),
        ] {
            let input = json!({"PolicyArn": arn, "EntityFilter": filter});
            let output = bench.call::<ListEntitiesForPolicy>(input).await.unwrap();
            assert_eq!(listed(&output), expected, "{filter}");
        }
    }

    #[tokio::test]
    async fn an_absent_policy_is_not_found_and_not_told_to_who_may_not_ask() {
        let bench = Bench::new().await;
        let arn = "arn:aws:iam::123456789012:policy/p";
        let input = json!({"PolicyArn": arn});
        let message = format!("Policy {arn} does not exist or is not attachable.");
        assert_absent::<ListEntitiesForPolicy>(&bench, input.clone(), &message).await;
        assert_denied::<ListEntitiesForPolicy>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("PolicyArn", json!(null)),
            ("EntityFilter", json!("role")),
            ("PolicyUsageFilter", json!("PermissionsPolicy")),
            ("MaxItems", json!("0")),
            ("Marker", json!("%")),
        ];
        let good = json!({"PolicyArn": "arn:aws:iam::123456789012:policy/p"});
        assert_malformed::<ListEntitiesForPolicy>(&Bench::new().await, good, &changes).await;
    }
}
