//! `PATCH /things/{thingName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThing.html
//! Divergences: none.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{ThingName, ThingTypeName};
use thingpass_domain::thing::ThingChange;
use thingpass_wire::rest_json::Binding;

use super::AttributePayload;
use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// UpdateThing.
#[derive(Debug)]
pub struct UpdateThing;

impl RestOperation for UpdateThing {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/things/{thingName}";
    const BINDINGS: &'static [Binding] = &[label("thingName")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    thing_name: ThingName,
    thing_type_name: Option<ThingTypeName>,
    attribute_payload: Option<AttributePayload>,
    expected_version: Option<i64>,
    remove_thing_type: Option<bool>,
}

impl Operation for UpdateThing {
    const NAME: &'static str = "UpdateThing";
    const ACTION: &'static str = "iot:UpdateThing";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.thing(&input.thing_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let remove_thing_type = input.remove_thing_type.unwrap_or_default();
        if remove_thing_type && input.thing_type_name.is_some() {
            return Err(Error::invalid(
                "thingTypeName and removeThingType contradict each other: give one of them",
            ));
        }
        let payload = input.attribute_payload.unwrap_or_default();
        let change = ThingChange {
            thing_type: input.thing_type_name,
            remove_thing_type,
            attributes: payload.attributes,
            merge: payload.merge.unwrap_or_default(),
            expected_version: input.expected_version,
        };
        let account = &call.context.home.account;
        call.context
            .store
            .update_thing(account, &input.thing_name, &change)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::UpdateThing;
    use crate::api::iot::thing::create_thing::CreateThing;
    use crate::api::iot::thing::describe_thing::DescribeThing;
    use crate::api::iot::thing_type::create_thing_type::CreateThingType;
    use crate::api::testing::Bench;

    async fn bench_with_thing() -> Bench {
        let bench = Bench::new().await;
        bench
            .call::<CreateThingType>(json!({"thingTypeName": "pump"}))
            .await
            .unwrap();
        let attributes = json!({"a": "1", "b": "2"});
        let input = json!({"thingName": "t", "attributePayload": {"attributes": attributes}});
        bench.call::<CreateThing>(input).await.unwrap();
        bench
    }

    async fn describe(bench: &Bench) -> Value {
        bench
            .call::<DescribeThing>(json!({"thingName": "t"}))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn attributes_are_merged_on_demand_and_else_replaced() {
        let bench = bench_with_thing().await;
        let payload = json!({"attributes": {"a": "", "c": "3"}, "merge": true});
        let input = json!({"thingName": "t", "attributePayload": payload});
        assert_eq!(bench.call::<UpdateThing>(input).await.unwrap(), Value::Null);
        assert_eq!(
            describe(&bench).await["attributes"],
            json!({"b": "2", "c": "3"})
        );
        let payload = json!({"attributes": {"d": "4"}});
        let input = json!({"thingName": "t", "attributePayload": payload});
        bench.call::<UpdateThing>(input).await.unwrap();
        let told = describe(&bench).await;
        assert_eq!(told["attributes"], json!({"d": "4"}));
        assert_eq!(told["version"], 3);
    }

    #[tokio::test]
    async fn a_type_is_given_and_taken_away() {
        let bench = bench_with_thing().await;
        let input = json!({"thingName": "t", "thingTypeName": "pump"});
        bench.call::<UpdateThing>(input).await.unwrap();
        assert_eq!(describe(&bench).await["thingTypeName"], "pump");
        let input = json!({"thingName": "t", "removeThingType": true});
        bench.call::<UpdateThing>(input).await.unwrap();
        let told = describe(&bench).await;
        assert_eq!(told.get("thingTypeName"), None);
        assert_eq!(told["attributes"], json!({"a": "1", "b": "2"}));
    }

    #[tokio::test]
    async fn another_version_than_expected_changes_nothing() {
        let bench = bench_with_thing().await;
        let input = json!({"thingName": "t", "expectedVersion": 2, "thingTypeName": "pump"});
        let refused = bench.call::<UpdateThing>(input).await;
        let Err(Error::VersionConflict(message)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(
            message,
            "The version for thing t does not match the expected version."
        );
        assert_eq!(describe(&bench).await["version"], 1);
    }

    #[tokio::test]
    async fn an_absent_thing_or_type_is_not_found() {
        let bench = bench_with_thing().await;
        for input in [
            json!({"thingName": "other"}),
            json!({"thingName": "t", "thingTypeName": "other"}),
        ] {
            let refused = bench.call::<UpdateThing>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::NotFound(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn contradictions_and_bad_values_are_refused() {
        let bench = bench_with_thing().await;
        for input in [
            json!({"thingName": "t", "thingTypeName": "pump", "removeThingType": true}),
            json!({"thingName": "t", "expectedVersion": "1"}),
            json!({"thingName": "t", "attributePayload": {"attributes": {"a": "b c"}}}),
            json!({"thingName": "t",
                   "attributePayload": {"attributes": {"c": "3", "d": "4"}, "merge": true}}),
            json!({"thingName": "t", "billingGroupName": "b"}),
        ] {
            let refused = bench.call::<UpdateThing>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_only_read_the_thing_does_not_change_it() {
        let bench = bench_with_thing().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:Describe*","Resource":"*"}}"#;
        let input = json!({"thingName": "t", "thingTypeName": "pump"});
        let refused = bench.call_with_policy::<UpdateThing>(allowed, input).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert_eq!(describe(&bench).await["version"], 1);
    }
}
