//! `GET /policies` — https://docs.aws.amazon.com/iot/latest/apireference/API_ListPolicies.html
//! Divergences: ordered by name.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_wire::rest_json::Binding;

use super::PolicyPage;
use crate::api::dispatch::RestOperation;
use crate::api::iot::paging;
use crate::api::operation::{Call, Demands, Operation};

/// ListPolicies.
#[derive(Debug)]
pub struct ListPolicies;

impl RestOperation for ListPolicies {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/policies";
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

impl Operation for ListPolicies {
    const NAME: &'static str = "ListPolicies";
    const ACTION: &'static str = "iot:ListPolicies";
    type Input = Input;
    type Output = PolicyPage;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<PolicyPage, Error> {
        let home = &call.context.home;
        let page = paging::page(
            input.page_size,
            input.marker.as_deref(),
            input.ascending_order,
        )?;
        let listed = call
            .context
            .store
            .list_iot_policies(&home.account, page)
            .await?;
        Ok(PolicyPage::new(listed, home))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::super::testing::policy;
    use super::ListPolicies;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn policies_are_listed_by_name_page_by_page_in_both_orders() {
        let bench = Bench::new().await;
        for name in ["b", "c", "a"] {
            policy(&bench, name).await;
        }
        for (ascending, expected) in [(true, ["a", "b", "c"]), (false, ["c", "b", "a"])] {
            let mut names = Vec::new();
            let mut input = json!({"pageSize": 2, "ascendingOrder": ascending});
            loop {
                let page = bench.call::<ListPolicies>(input.clone()).await.unwrap();
                for row in page["policies"].as_array().unwrap() {
                    let name = row["policyName"].as_str().unwrap().to_owned();
                    let arn = format!("arn:aws:iot:us-east-1:123456789012:policy/{name}");
                    assert_eq!(row["policyArn"], arn);
                    names.push(name);
                }
                let Some(marker) = page.get("nextMarker") else {
                    break;
                };
                input["marker"] = marker.clone();
            }
            assert_eq!(names, expected);
        }
    }

    #[tokio::test]
    async fn without_policies_the_list_is_empty() {
        let bench = Bench::new().await;
        let page = bench.call::<ListPolicies>(json!({})).await.unwrap();
        assert_eq!(page, json!({"policies": []}));
    }

    #[tokio::test]
    async fn page_sizes_beyond_the_bounds_and_who_may_not_list_are_refused() {
        let bench = Bench::new().await;
        for size in [-1, 0, 251] {
            let refused = bench.call::<ListPolicies>(json!({"pageSize": size})).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{size}: {refused:?}"
            );
        }
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:Get*","Resource":"*"}}"#;
        let refused = bench
            .call_with_policy::<ListPolicies>(allowed, json!({}))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
