//! `POST /attached-policies/{target}` — https://docs.aws.amazon.com/iot/latest/apireference/API_ListAttachedPolicies.html
//! Divergences: targets are certificates only, so `recursive`, which follows groups, changes nothing.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::certificate::{self, CertificateStore};
use thingpass_domain::error::Error;
use thingpass_domain::iot_policy::PolicyTarget;
use thingpass_wire::rest_json::{Binding, Kind};

use super::PolicyPage;
use crate::api::dispatch::{RestOperation, label, query_parameter};
use crate::api::iot::paging;
use crate::api::operation::{Call, Demands, Operation};

/// ListAttachedPolicies.
#[derive(Debug)]
pub struct ListAttachedPolicies;

impl RestOperation for ListAttachedPolicies {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/attached-policies/{target}";
    const BINDINGS: &'static [Binding] = &[
        label("target"),
        query_parameter("recursive", "recursive", Kind::Boolean),
        paging::MARKER,
        paging::PAGE_SIZE,
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    target: String,
    #[serde(rename = "recursive")]
    _recursive: Option<bool>,
    marker: Option<String>,
    page_size: Option<u32>,
}

impl Operation for ListAttachedPolicies {
    const NAME: &'static str = "ListAttachedPolicies";
    const ACTION: &'static str = "iot:ListAttachedPolicies";
    type Input = Input;
    type Output = PolicyPage;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, super::target_resource(&input.target, home))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<PolicyPage, Error> {
        let home = &call.context.home;
        let store = &*call.context.store;
        let target = super::read_target(&input.target, home)?;
        let page = paging::page(input.page_size, input.marker.as_deref(), None)?;
        let PolicyTarget::Certificate(id) = target;
        let found = CertificateStore::certificate(store, &home.account, &id).await?;
        found.ok_or_else(|| certificate::absent(&id))?;
        let listed = store
            .list_attached_iot_policies(&home.account, &target, page)
            .await?;
        Ok(PolicyPage::new(listed, home))
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::super::attach_policy::AttachPolicy;
    use super::super::testing::{certificate, policy};
    use super::ListAttachedPolicies;
    use crate::api::dispatch::find_rest;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_policies_of_a_certificate_are_listed_page_by_page() {
        let bench = Bench::new().await;
        let target = certificate(&bench, 1).await;
        for name in ["b", "a"] {
            policy(&bench, name).await;
            let input = json!({"policyName": name, "target": target});
            bench.call::<AttachPolicy>(input).await.unwrap();
        }
        policy(&bench, "unattached").await;
        let mut input = json!({"target": target, "recursive": true, "pageSize": 1});
        let first = bench
            .call::<ListAttachedPolicies>(input.clone())
            .await
            .unwrap();
        assert_eq!(first["policies"][0]["policyName"], "a");
        input["marker"] = first["nextMarker"].clone();
        let second = bench.call::<ListAttachedPolicies>(input).await.unwrap();
        let arn = "arn:aws:iot:us-east-1:123456789012:policy/b";
        let expected = json!({"policies": [{"policyName": "b", "policyArn": arn}]});
        assert_eq!(second, expected);
    }

    #[tokio::test]
    async fn absent_certificates_are_not_found_and_other_targets_refused() {
        let bench = Bench::new().await;
        let target = certificate(&bench, 1).await.replace("0101", "0202");
        let absent = bench
            .call::<ListAttachedPolicies>(json!({"target": target}))
            .await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let group = json!({"target": "arn:aws:iot:us-east-1:123456789012:thinggroup/g"});
        let refused = bench.call::<ListAttachedPolicies>(group).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn who_may_not_list_them_is_denied() {
        let bench = Bench::new().await;
        let target = certificate(&bench, 1).await;
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:ListPolicies","Resource":"*"}}"#;
        let input = json!({"target": target});
        let refused = bench
            .call_with_policy::<ListAttachedPolicies>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }

    #[test]
    fn an_arn_in_the_path_is_one_label() {
        let path = "/attached-policies/arn%3Aaws%3Aiot%3Aus-east-1%3A123456789012%3Acert%2Fabc";
        let table = &*crate::api::iot::OPERATIONS;
        let (row, labels) = find_rest(table, &Method::POST, path).unwrap();
        assert_eq!(row.name, "ListAttachedPolicies");
        let arn = "arn:aws:iot:us-east-1:123456789012:cert/abc".to_owned();
        assert_eq!(labels, [("target", arn)]);
    }
}
