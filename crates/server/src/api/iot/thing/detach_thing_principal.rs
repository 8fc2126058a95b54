//! `DELETE /things/{thingName}/principals` — https://docs.aws.amazon.com/iot/latest/apireference/API_DetachThingPrincipal.html
//! Divergences: takes effect before it answers; principals are certificates of this account and region only.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::authorize::Demand;
use thingpass_domain::error::Error;
use thingpass_domain::id::ThingName;
use thingpass_wire::rest_json::Binding;

use super::{PRINCIPAL_HEADER, principal_resource};
use crate::api::dispatch::{RestOperation, header, label};
use crate::api::operation::{Call, Demands, Operation};

/// DetachThingPrincipal.
#[derive(Debug)]
pub struct DetachThingPrincipal;

impl RestOperation for DetachThingPrincipal {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/things/{thingName}/principals";
    const BINDINGS: &'static [Binding] =
        &[label("thingName"), header("principal", PRINCIPAL_HEADER)];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    thing_name: ThingName,
    principal: String,
}

impl Operation for DetachThingPrincipal {
    const NAME: &'static str = "DetachThingPrincipal";
    const ACTION: &'static str = "iot:DetachThingPrincipal";
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
        let store = &call.context.store;
        store
            .detach_thing_principal(&home.account, &input.thing_name, &id)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::DetachThingPrincipal;
    use crate::api::iot::certificate::create_keys_and_certificate::CreateKeysAndCertificate;
    use crate::api::iot::thing::attach_thing_principal::AttachThingPrincipal;
    use crate::api::iot::thing::create_thing::CreateThing;
    use crate::api::iot::thing::list_thing_principals::ListThingPrincipals;
    use crate::api::testing::Bench;

    async fn bench_with_attachment() -> (Bench, Value) {
        let bench = Bench::new().await;
        bench
            .call::<CreateThing>(json!({"thingName": "t"}))
            .await
            .unwrap();
        let made = bench
            .call::<CreateKeysAndCertificate>(json!({}))
            .await
            .unwrap();
        let input = json!({"thingName": "t", "principal": made["certificateArn"]});
        bench
            .call::<AttachThingPrincipal>(input.clone())
            .await
            .unwrap();
        (bench, input)
    }

    async fn principals(bench: &Bench) -> Value {
        let listed = bench
            .call::<ListThingPrincipals>(json!({"thingName": "t"}))
            .await;
        listed.unwrap()["principals"].clone()
    }

    #[tokio::test]
    async fn a_certificate_is_detached_and_again() {
        let (bench, input) = bench_with_attachment().await;
        for _ in 0..2 {
            let detached = bench.call::<DetachThingPrincipal>(input.clone()).await;
            assert_eq!(detached.unwrap(), Value::Null);
            assert_eq!(principals(&bench).await, json!([]));
        }
    }

    #[tokio::test]
    async fn an_absent_thing_is_not_found_and_a_bad_principal_is_refused() {
        let (bench, input) = bench_with_attachment().await;
        let absent = json!({"thingName": "u", "principal": input["principal"]});
        let absent = bench.call::<DetachThingPrincipal>(absent).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        for input in [
            json!({"thingName": "t", "principal": "x"}),
            json!({"thingName": "t"}),
        ] {
            let refused = bench.call::<DetachThingPrincipal>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_detach_only_the_thing_detaches_nothing() {
        let (bench, input) = bench_with_attachment().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:DetachThingPrincipal",
            "Resource":"arn:aws:iot:us-east-1:123456789012:thing/*"}}"#;
        let refused = bench
            .call_with_policy::<DetachThingPrincipal>(allowed, input.clone())
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert_eq!(principals(&bench).await, json!([input["principal"]]));
    }
}
