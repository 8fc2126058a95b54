//! `GET /role-aliases` — https://docs.aws.amazon.com/iot/latest/apireference/API_ListRoleAliases.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleAliasName;
use thingpass_wire::rest_json::Binding;

use crate::api::dispatch::RestOperation;
use crate::api::iot::paging;
use crate::api::operation::{Call, Demands, Operation};

/// ListRoleAliases.
#[derive(Debug)]
pub struct ListRoleAliases;

impl RestOperation for ListRoleAliases {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/role-aliases";
    const BINDINGS: &'static [Binding] =
        &[paging::PAGE_SIZE, paging::MARKER, paging::ASCENDING_ORDER];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    page_size: Option<u32>,
    marker: Option<String>,
    ascending_order: Option<bool>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    role_aliases: Vec<RoleAliasName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

impl Operation for ListRoleAliases {
    const NAME: &'static str = "ListRoleAliases";
    const ACTION: &'static str = "iot:ListRoleAliases";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let account = &call.context.home.account;
        let page = paging::page(
            input.page_size,
            input.marker.as_deref(),
            input.ascending_order,
        )?;
        let listed = call.context.store.list_role_aliases(account, page).await?;
        let next_marker = listed.token();
        Ok(Output {
            role_aliases: listed.items,
            next_marker,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::super::testing::alias;
    use super::ListRoleAliases;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn aliases_are_listed_by_name_page_by_page_in_both_orders() {
        let bench = Bench::new().await;
        for name in ["b", "c", "a"] {
            alias(&bench, name).await;
        }
        for (ascending, first_page, second_page) in [
            (true, json!(["a", "b"]), json!(["c"])),
            (false, json!(["c", "b"]), json!(["a"])),
        ] {
            let mut input = json!({"pageSize": 2, "ascendingOrder": ascending});
            let first = bench.call::<ListRoleAliases>(input.clone()).await.unwrap();
            assert_eq!(first["roleAliases"], first_page);
            input["marker"] = first["nextMarker"].clone();
            let second = bench.call::<ListRoleAliases>(input).await.unwrap();
            assert_eq!(second, json!({"roleAliases": second_page}));
        }
    }

    #[tokio::test]
    async fn page_sizes_beyond_the_bounds_and_who_may_not_list_are_refused() {
        let bench = Bench::new().await;
        for size in [-1, 0, 251] {
            let refused = bench
                .call::<ListRoleAliases>(json!({"pageSize": size}))
                .await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{size}: {refused:?}"
            );
        }
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:Describe*","Resource":"*"}}"#;
        let refused = bench
            .call_with_policy::<ListRoleAliases>(allowed, json!({}))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
