//! `Action=ListUserPolicies` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::UserName;
use thingpass_domain::managed_policy::Entity;

use crate::api::form;
use crate::api::iam::inline_policy::{self, Names};
use crate::api::operation::{Call, Demands, Operation};

/// ListUserPolicies.
#[derive(Debug)]
pub struct ListUserPolicies;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: UserName,
    marker: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_items: Option<u32>,
}

impl Operation for ListUserPolicies {
    const NAME: &'static str = "ListUserPolicies";
    const ACTION: &'static str = "iam:ListUserPolicies";
    type Input = Input;
    type Output = Names;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.user_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Names, Error> {
        let Input {
            user_name,
            marker,
            max_items,
        } = input;
        inline_policy::list(call, Entity::User(user_name), marker.as_deref(), max_items).await
    }
}

#[cfg(test)]
mod tests {
    use super::ListUserPolicies;
    use crate::api::iam::inline_policy::put_user_policy::PutUserPolicy;
    use crate::api::iam::inline_policy::testing as story;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn names_are_listed_in_order_page_by_page() {
        story::names_are_listed_in_order_page_by_page::<PutUserPolicy, ListUserPolicies>(
            Subject::User,
        )
        .await;
    }

    #[tokio::test]
    async fn a_list_is_refused_where_it_must_be() {
        story::a_list_is_refused_where_it_must_be::<ListUserPolicies>(Subject::User).await;
    }
}
