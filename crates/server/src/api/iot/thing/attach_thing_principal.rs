//! `PUT /things/{thingName}/principals` — https://docs.aws.amazon.com/iot/latest/apireference/API_AttachThingPrincipal.html
//! Divergences: principals are certificates of this account and region only.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::authorize::Demand;
use thingpass_domain::error::Error;
use thingpass_domain::id::ThingName;
use thingpass_domain::thing::ThingPrincipalType;
use thingpass_wire::rest_json::{Binding, Kind};

use super::{PRINCIPAL_HEADER, principal_resource};
use crate::api::dispatch::{RestOperation, header, label, query_parameter};
use crate::api::operation::{Call, Demands, Operation};

/// AttachThingPrincipal.
#[derive(Debug)]
pub struct AttachThingPrincipal;

impl RestOperation for AttachThingPrincipal {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/things/{thingName}/principals";
    const BINDINGS: &'static [Binding] = &[
        label("thingName"),
        header("principal", PRINCIPAL_HEADER),
        query_parameter("thingPrincipalType", "thingPrincipalType", Kind::Text),
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    thing_name: ThingName,
    principal: String,
    thing_principal_type: Option<String>,
}

impl Operation for AttachThingPrincipal {
    const NAME: &'static str = "AttachThingPrincipal";
    const ACTION: &'static str = "iot:AttachThingPrincipal";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::All(vec![
            Demand::new(Self::ACTION, home.thing(&input.thing_name)),
            Demand::new(Self::ACTION, principal_resource(&input.principal, home)),
        ])
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let home = &call.context.home;
        let id = home.read_certificate(&input.principal)?;
        let principal_type = match input.thing_principal_type {
            Some(text) => text.parse()?,
            None => ThingPrincipalType::NonExclusiveThing,
        };
        let store = &call.context.store;
        store
            .attach_thing_principal(&home.account, &input.thing_name, &id, principal_type)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::AttachThingPrincipal;
    use crate::api::iot::certificate::create_keys_and_certificate::CreateKeysAndCertificate;
    use crate::api::iot::thing::create_thing::CreateThing;
    use crate::api::iot::thing::list_principal_things::ListPrincipalThings;
    use crate::api::testing::Bench;

    async fn bench_with_principal() -> (Bench, Value) {
        let bench = Bench::new().await;
        for name in ["t", "u"] {
            bench
                .call::<CreateThing>(json!({"thingName": name}))
                .await
                .unwrap();
        }
        let made = bench
            .call::<CreateKeysAndCertificate>(json!({}))
            .await
            .unwrap();
        (bench, made["certificateArn"].clone())
    }

    async fn things(bench: &Bench, principal: &Value) -> Value {
        let listed = bench
            .call::<ListPrincipalThings>(json!({"principal": principal}))
            .await;
        listed.unwrap()["things"].clone()
    }

    #[tokio::test]
    async fn a_certificate_is_attached_to_several_things_and_again() {
        let (bench, principal) = bench_with_principal().await;
        for name in ["t", "u", "t"] {
            let input = json!({"thingName": name, "principal": principal});
            assert_eq!(
                bench.call::<AttachThingPrincipal>(input).await.unwrap(),
                Value::Null
            );
        }
        assert_eq!(things(&bench, &principal).await, json!(["t", "u"]));
    }

    #[tokio::test]
    async fn an_exclusive_certificate_is_one_things_only() {
        let (bench, principal) = bench_with_principal().await;
        let exclusive = json!({"thingName": "t", "principal": principal,
            "thingPrincipalType": "EXCLUSIVE_THING"});
        bench.call::<AttachThingPrincipal>(exclusive).await.unwrap();
        for principal_type in ["EXCLUSIVE_THING", "NON_EXCLUSIVE_THING"] {
            let input = json!({"thingName": "u", "principal": principal,
                "thingPrincipalType": principal_type});
            let refused = bench.call::<AttachThingPrincipal>(input).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{principal_type}: {refused:?}"
            );
        }
        assert_eq!(things(&bench, &principal).await, json!(["t"]));
    }

    #[tokio::test]
    async fn an_absent_thing_or_certificate_is_not_found() {
        let (bench, principal) = bench_with_principal().await;
        let other = format!(
            "arn:aws:iot:us-east-1:123456789012:cert/{}",
            "ab".repeat(32)
        );
        for input in [
            json!({"thingName": "v", "principal": principal}),
            json!({"thingName": "t", "principal": other}),
        ] {
            let refused = bench.call::<AttachThingPrincipal>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::NotFound(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_no_certificate_of_this_account_and_region_is_refused() {
        let (bench, principal) = bench_with_principal().await;
        let arn = principal.as_str().unwrap();
        for input in [
            json!({"thingName": "t", "principal": arn.replace("123456789012", "210987654321")}),
            json!({"thingName": "t", "principal": arn.replace("us-east-1", "eu-west-1")}),
            json!({"thingName": "t", "principal": "us-east-1:7c1e0d0e-0000-0000-0000-000000000000"}),
            json!({"thingName": "t"}),
            json!({"thingName": "a*", "principal": arn}),
            json!({"thingName": "t", "principal": arn, "thingPrincipalType": "SOME_THING"}),
        ] {
            let refused = bench.call::<AttachThingPrincipal>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn thing_and_certificate_must_both_be_allowed_in_whatever_spelling() {
        let (bench, principal) = bench_with_principal().await;
        let arn = principal.as_str().unwrap();
        let id = arn.rsplit('/').next().unwrap();
        let upper = arn.replace(id, &id.to_uppercase());
        for resource in ["arn:aws:iot:us-east-1:123456789012:thing/t", arn] {
            let allowed = format!(
                r#"{{"Statement":{{"Effect":"Allow","Action":"iot:*","Resource":"{resource}"}}}}"#
            );
            let denied = format!(
                r#"{{"Statement":[{{"Effect":"Allow","Action":"iot:*","Resource":"*"}},
                    {{"Effect":"Deny","Action":"iot:*","Resource":"{resource}"}}]}}"#
            );
            let input = json!({"thingName": "t", "principal": upper});
            for policy in [allowed, denied] {
                let refused = bench
                    .call_with_policy::<AttachThingPrincipal>(&policy, input.clone())
                    .await;
                assert!(
                    matches!(refused, Err(Error::Denied(_))),
                    "{policy}: {refused:?}"
                );
            }
        }
        assert_eq!(things(&bench, &principal).await, json!([]));
    }
}
