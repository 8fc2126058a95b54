//! `GET /principals/things` — https://docs.aws.amazon.com/iot/latest/apireference/API_ListPrincipalThings.html
//! Divergences: principals are certificates of this account and region only.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::ThingName;
use thingpass_wire::rest_json::Binding;

use super::PRINCIPAL_HEADER;
use crate::api::dispatch::{RestOperation, header};
use crate::api::iot::paging;
use crate::api::operation::{Call, Demands, Operation};

/// ListPrincipalThings.
#[derive(Debug)]
pub struct ListPrincipalThings;

impl RestOperation for ListPrincipalThings {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/principals/things";
    const BINDINGS: &'static [Binding] = &[
        paging::NEXT_TOKEN,
        paging::MAX_RESULTS,
        header("principal", PRINCIPAL_HEADER),
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    principal: String,
    next_token: Option<String>,
    max_results: Option<u32>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    things: Vec<ThingName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Operation for ListPrincipalThings {
    const NAME: &'static str = "ListPrincipalThings";
    const ACTION: &'static str = "iot:ListPrincipalThings";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let id = home.read_certificate(&input.principal)?;
        let page = paging::registry_page(input.max_results, input.next_token.as_deref())?;
        let found = call
            .context
            .store
            .list_principal_things(&home.account, &id, page)
            .await?;
        Ok(Output {
            next_token: found.token(),
            things: found.items,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::ListPrincipalThings;
    use crate::api::iot::certificate::create_keys_and_certificate::CreateKeysAndCertificate;
    use crate::api::iot::thing::attach_thing_principal::AttachThingPrincipal;
    use crate::api::iot::thing::create_thing::CreateThing;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_things_of_a_certificate_are_listed_page_by_page() {
        let bench = Bench::new().await;
        let made = bench
            .call::<CreateKeysAndCertificate>(json!({}))
            .await
            .unwrap();
        let principal = &made["certificateArn"];
        for name in ["b", "a"] {
            bench
                .call::<CreateThing>(json!({"thingName": name}))
                .await
                .unwrap();
            let input = json!({"thingName": name, "principal": principal});
            bench.call::<AttachThingPrincipal>(input).await.unwrap();
        }
        let mut token = Value::Null;
        for name in ["a", "b"] {
            let input = json!({"principal": principal, "maxResults": 1, "nextToken": token});
            let listed = bench.call::<ListPrincipalThings>(input).await.unwrap();
            assert_eq!(listed["things"], json!([name]));
            token = listed["nextToken"].clone();
        }
        assert_eq!(token, Value::Null);
    }

    #[tokio::test]
    async fn an_absent_certificate_is_not_found_and_a_bad_principal_is_refused() {
        let bench = Bench::new().await;
        let arn = format!(
            "arn:aws:iot:us-east-1:123456789012:cert/{}",
            "ab".repeat(32)
        );
        let absent = bench
            .call::<ListPrincipalThings>(json!({"principal": arn}))
            .await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        for input in [
            json!({}),
            json!({"principal": "x"}),
            json!({"principal": arn, "maxResults": 0}),
        ] {
            let refused = bench.call::<ListPrincipalThings>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_not_list_learns_nothing() {
        let bench = Bench::new().await;
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:ListThings","Resource":"*"}}"#;
        let refused = bench
            .call_with_policy::<ListPrincipalThings>(allowed, json!({"principal": "x"}))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
