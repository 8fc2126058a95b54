//! `DELETE /things/{thingName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThing.html
//! Divergences: none.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::ThingName;
use thingpass_wire::rest_json::{Binding, Kind};

use crate::api::dispatch::{RestOperation, label, query_parameter};
use crate::api::operation::{Call, Demands, Operation};

/// DeleteThing.
#[derive(Debug)]
pub struct DeleteThing;

impl RestOperation for DeleteThing {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/things/{thingName}";
    const BINDINGS: &'static [Binding] = &[
        label("thingName"),
        query_parameter("expectedVersion", "expectedVersion", Kind::Integer),
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    thing_name: ThingName,
    expected_version: Option<i64>,
}

impl Operation for DeleteThing {
    const NAME: &'static str = "DeleteThing";
    const ACTION: &'static str = "iot:DeleteThing";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.thing(&input.thing_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let account = &call.context.home.account;
        let store = &call.context.store;
        store
            .delete_thing(account, &input.thing_name, input.expected_version)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::DeleteThing;
    use crate::api::iot::certificate::create_keys_and_certificate::CreateKeysAndCertificate;
    use crate::api::iot::thing::attach_thing_principal::AttachThingPrincipal;
    use crate::api::iot::thing::create_thing::CreateThing;
    use crate::api::iot::thing::describe_thing::DescribeThing;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_thing_is_deleted_and_an_absent_one_too() {
        let bench = Bench::new().await;
        let input = json!({"thingName": "t"});
        bench.call::<CreateThing>(input.clone()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(
                bench.call::<DeleteThing>(input.clone()).await.unwrap(),
                Value::Null
            );
        }
        let absent = bench.call::<DescribeThing>(input).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
    }

    #[tokio::test]
    async fn a_thing_with_a_certificate_stays() {
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
        bench.call::<AttachThingPrincipal>(input).await.unwrap();
        let refused = bench.call::<DeleteThing>(json!({"thingName": "t"})).await;
        let Err(Error::Invalid(message)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(
            message,
            "Cannot delete. Thing t is still attached to one or more principals"
        );
    }

    #[tokio::test]
    async fn another_version_than_expected_deletes_nothing() {
        let bench = Bench::new().await;
        bench
            .call::<CreateThing>(json!({"thingName": "t"}))
            .await
            .unwrap();
        let input = json!({"thingName": "t", "expectedVersion": 7});
        let refused = bench.call::<DeleteThing>(input).await;
        assert!(
            matches!(refused, Err(Error::VersionConflict(_))),
            "{refused:?}"
        );
        assert!(
            bench
                .call::<DescribeThing>(json!({"thingName": "t"}))
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn who_may_not_delete_the_thing_deletes_nothing() {
        let bench = Bench::new().await;
        bench
            .call::<CreateThing>(json!({"thingName": "t"}))
            .await
            .unwrap();
        let allowed = r#"{"Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"},
            {"Effect":"Deny","Action":"iot:DeleteThing",
             "Resource":"arn:aws:iot:us-east-1:123456789012:thing/t"}]}"#;
        let input = json!({"thingName": "t"});
        let refused = bench
            .call_with_policy::<DeleteThing>(allowed, input.clone())
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert!(bench.call::<DescribeThing>(input).await.is_ok());
    }

    #[tokio::test]
    async fn a_bad_name_is_refused() {
        let bench = Bench::new().await;
        let refused = bench.call::<DeleteThing>(json!({"thingName": "a*"})).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}
