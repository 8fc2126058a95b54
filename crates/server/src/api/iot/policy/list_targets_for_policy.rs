//! `POST /policy-targets/{policyName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_ListTargetsForPolicy.html
//! Divergences: ordered by certificate id.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::IotPolicyName;
use thingpass_domain::iot_policy::PolicyTarget;
use thingpass_wire::rest_json::Binding;

use crate::api::dispatch::{RestOperation, label};
use crate::api::iot::paging;
use crate::api::operation::{Call, Demands, Operation};

/// ListTargetsForPolicy.
#[derive(Debug)]
pub struct ListTargetsForPolicy;

impl RestOperation for ListTargetsForPolicy {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/policy-targets/{policyName}";
    const BINDINGS: &'static [Binding] = &[label("policyName"), paging::MARKER, paging::PAGE_SIZE];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    policy_name: IotPolicyName,
    marker: Option<String>,
    page_size: Option<u32>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    targets: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

impl Operation for ListTargetsForPolicy {
    const NAME: &'static str = "ListTargetsForPolicy";
    const ACTION: &'static str = "iot:ListTargetsForPolicy";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.iot_policy(&input.policy_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let page = paging::page(input.page_size, input.marker.as_deref(), None)?;
        let store = &call.context.store;
        let listed = store
            .list_targets_for_iot_policy(&home.account, &input.policy_name, page)
            .await?;
        let next_marker = listed.token();
        let targets = listed
            .map(|PolicyTarget::Certificate(id)| home.certificate(&id))
            .items;
        Ok(Output {
            targets,
            next_marker,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::super::attach_policy::AttachPolicy;
    use super::super::testing::{certificate, policy};
    use super::ListTargetsForPolicy;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_targets_of_a_policy_are_listed_as_arns_page_by_page() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let targets = [certificate(&bench, 1).await, certificate(&bench, 2).await];
        for target in &targets {
            let input = json!({"policyName": "p", "target": target});
            bench.call::<AttachPolicy>(input).await.unwrap();
        }
        let mut input = json!({"policyName": "p", "pageSize": 1});
        let first = bench
            .call::<ListTargetsForPolicy>(input.clone())
            .await
            .unwrap();
        assert_eq!(first["targets"], json!([targets[0]]));
        input["marker"] = first["nextMarker"].clone();
        let second = bench.call::<ListTargetsForPolicy>(input).await.unwrap();
        assert_eq!(second, json!({"targets": [targets[1]]}));
    }

    #[tokio::test]
    async fn an_absent_policy_is_not_found_and_a_made_up_marker_refused() {
        let bench = Bench::new().await;
        let absent = bench
            .call::<ListTargetsForPolicy>(json!({"policyName": "p"}))
            .await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        policy(&bench, "p").await;
        let input = json!({"policyName": "p", "marker": "%"});
        let refused = bench.call::<ListTargetsForPolicy>(input).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn who_may_not_list_them_is_denied() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:ListTargetsForPolicy",
            "Resource":"arn:aws:iot:us-east-1:123456789012:policy/mine"}}"#;
        let input = json!({"policyName": "p"});
        let refused = bench
            .call_with_policy::<ListTargetsForPolicy>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
