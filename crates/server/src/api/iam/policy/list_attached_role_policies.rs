//! `Action=ListAttachedRolePolicies` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{Path, RoleName};
use thingpass_domain::managed_policy::Entity;

use super::attachment::{self, Attached, Listing};
use crate::api::form;
use crate::api::operation::{Call, Demands, Operation};

/// ListAttachedRolePolicies.
#[derive(Debug)]
pub struct ListAttachedRolePolicies;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
    path_prefix: Option<Path>,
    marker: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_items: Option<u32>,
}

impl Operation for ListAttachedRolePolicies {
    const NAME: &'static str = "ListAttachedRolePolicies";
    const ACTION: &'static str = "iam:ListAttachedRolePolicies";
    type Input = Input;
    type Output = Attached;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.role_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Attached, Error> {
        let Input {
            role_name,
            path_prefix,
            marker,
            max_items,
        } = input;
        let listing = Listing {
            path_prefix,
            marker,
            max_items,
        };
        attachment::list(call, Entity::Role(role_name), listing).await
    }
}

#[cfg(test)]
mod tests {
    use super::ListAttachedRolePolicies;
    use crate::api::iam::policy::attach_role_policy::AttachRolePolicy;
    use crate::api::iam::policy::attachment::testing as story;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn pages_and_prefixes_narrow_the_list() {
        type Attach = AttachRolePolicy;
        story::pages_and_prefixes_narrow_the_list::<Attach, ListAttachedRolePolicies>(
            Subject::Role,
        )
        .await;
    }

    #[tokio::test]
    async fn a_list_is_refused_where_it_must_be() {
        story::a_list_is_refused_where_it_must_be::<ListAttachedRolePolicies>(Subject::Role).await;
    }
}
