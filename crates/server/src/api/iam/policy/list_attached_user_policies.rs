//! `Action=ListAttachedUserPolicies` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{Path, UserName};
use thingpass_domain::managed_policy::Entity;

use super::attachment::{self, Attached, Listing};
use crate::api::form;
use crate::api::operation::{Call, Demands, Operation};

/// ListAttachedUserPolicies.
#[derive(Debug)]
pub struct ListAttachedUserPolicies;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: UserName,
    path_prefix: Option<Path>,
    marker: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_items: Option<u32>,
}

impl Operation for ListAttachedUserPolicies {
    const NAME: &'static str = "ListAttachedUserPolicies";
    const ACTION: &'static str = "iam:ListAttachedUserPolicies";
    type Input = Input;
    type Output = Attached;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.user_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Attached, Error> {
        let Input {
            user_name,
            path_prefix,
            marker,
            max_items,
        } = input;
        let listing = Listing {
            path_prefix,
            marker,
            max_items,
        };
        attachment::list(call, Entity::User(user_name), listing).await
    }
}

#[cfg(test)]
mod tests {
    use super::ListAttachedUserPolicies;
    use crate::api::iam::policy::attach_user_policy::AttachUserPolicy;
    use crate::api::iam::policy::attachment::testing as story;
    use crate::api::iam::testing::Subject;

    #[tokio::test]
    async fn pages_and_prefixes_narrow_the_list() {
        type Attach = AttachUserPolicy;
        story::pages_and_prefixes_narrow_the_list::<Attach, ListAttachedUserPolicies>(
            Subject::User,
        )
        .await;
    }

    #[tokio::test]
    async fn a_list_is_refused_where_it_must_be() {
        story::a_list_is_refused_where_it_must_be::<ListAttachedUserPolicies>(Subject::User).await;
    }
}
