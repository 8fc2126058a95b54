//! `GET /things/{thingName}/principals` — https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingPrincipals.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::ThingName;
use thingpass_wire::rest_json::Binding;

use crate::api::dispatch::{RestOperation, label};
use crate::api::iot::paging;
use crate::api::operation::{Call, Demands, Operation};

/// ListThingPrincipals.
#[derive(Debug)]
pub struct ListThingPrincipals;

impl RestOperation for ListThingPrincipals {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/things/{thingName}/principals";
    const BINDINGS: &'static [Binding] =
        &[label("thingName"), paging::NEXT_TOKEN, paging::MAX_RESULTS];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    thing_name: ThingName,
    next_token: Option<String>,
    max_results: Option<u32>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    principals: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Operation for ListThingPrincipals {
    const NAME: &'static str = "ListThingPrincipals";
    const ACTION: &'static str = "iot:ListThingPrincipals";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let page = paging::registry_page(input.max_results, input.next_token.as_deref())?;
        let store = &call.context.store;
        let found = store
            .list_thing_principals(&home.account, &input.thing_name, page)
            .await?;
        Ok(Output {
            next_token: found.token(),
            principals: found.items.iter().map(|id| home.certificate(id)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::ListThingPrincipals;
    use crate::api::iot::certificate::create_keys_and_certificate::CreateKeysAndCertificate;
    use crate::api::iot::thing::attach_thing_principal::AttachThingPrincipal;
    use crate::api::iot::thing::create_thing::CreateThing;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_certificates_of_a_thing_are_listed_page_by_page() {
        let bench = Bench::new().await;
        bench
            .call::<CreateThing>(json!({"thingName": "t"}))
            .await
            .unwrap();
        let none = bench
            .call::<ListThingPrincipals>(json!({"thingName": "t"}))
            .await;
        assert_eq!(none.unwrap(), json!({"principals": []}));
        let mut arns = Vec::new();
        for _ in 0..2 {
            let made = bench
                .call::<CreateKeysAndCertificate>(json!({}))
                .await
                .unwrap();
            let input = json!({"thingName": "t", "principal": made["certificateArn"]});
            bench.call::<AttachThingPrincipal>(input).await.unwrap();
            arns.push(made["certificateArn"].as_str().unwrap().to_owned());
        }
        arns.sort();
        let mut token = Value::Null;
        for arn in arns {
            let input = json!({"thingName": "t", "maxResults": 1, "nextToken": token});
            let listed = bench.call::<ListThingPrincipals>(input).await.unwrap();
            assert_eq!(listed["principals"], json!([arn]));
            token = listed["nextToken"].clone();
        }
        assert_eq!(token, Value::Null);
    }

    #[tokio::test]
    async fn an_absent_thing_is_not_found_and_a_page_out_of_bounds_is_refused() {
        let bench = Bench::new().await;
        let absent = bench
            .call::<ListThingPrincipals>(json!({"thingName": "t"}))
            .await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let input = json!({"thingName": "t", "maxResults": 251});
        let refused = bench.call::<ListThingPrincipals>(input).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn who_may_not_list_learns_nothing() {
        let bench = Bench::new().await;
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:ListThings","Resource":"*"}}"#;
        let input = json!({"thingName": "t"});
        let refused = bench
            .call_with_policy::<ListThingPrincipals>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
