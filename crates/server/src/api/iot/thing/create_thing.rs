//! `POST /things/{thingName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html
//! Divergences: `billingGroupName` is refused.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::{ThingName, ThingTypeName};
use thingpass_domain::thing::{Attributes, Thing, ThingChange};
use thingpass_wire::rest_json::Binding;

use super::AttributePayload;
use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// CreateThing.
#[derive(Debug)]
pub struct CreateThing;

impl RestOperation for CreateThing {
    const METHOD: Method = Method::POST;
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
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "these are the wire names")]
pub struct Output {
    thing_name: ThingName,
    thing_arn: String,
    thing_id: String,
}

impl Operation for CreateThing {
    const NAME: &'static str = "CreateThing";
    const ACTION: &'static str = "iot:CreateThing";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.thing(&input.thing_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let context = call.context;
        let home = &context.home;
        let arn = home.thing(&input.thing_name);
        // Nothing, changed into what is asked for: the rules are those of UpdateThing.
        let nothing = Thing {
            name: input.thing_name,
            id: entropy::uuid(&*context.entropy)?,
            thing_type: None,
            attributes: Attributes::new(),
            version: 0,
        };
        let thing = nothing.changed(&ThingChange {
            thing_type: input.thing_type_name,
            attributes: input.attribute_payload.unwrap_or_default().attributes,
            ..ThingChange::default()
        })?;
        let standing = context.store.create_thing(&home.account, thing).await;
        let standing = standing.map_err(|error| error.with_resource_arn(arn.clone()))?;
        Ok(Output {
            thing_name: standing.name,
            thing_arn: arn,
            thing_id: standing.id,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::CreateThing;
    use crate::api::iot::thing_type::create_thing_type::CreateThingType;
    use crate::api::testing::Bench;

    const ARN: &str = "arn:aws:iot:us-east-1:123456789012:thing/pump-7";

    #[tokio::test]
    async fn a_thing_is_made_and_the_same_again_is_the_same() {
        let bench = Bench::new().await;
        let payload = json!({"attributes": {"site": "A", "empty": ""}, "merge": false});
        let input = json!({"thingName": "pump-7", "attributePayload": payload});
        let made = bench.call::<CreateThing>(input.clone()).await.unwrap();
        assert_eq!(made["thingArn"], ARN);
        assert_eq!(made["thingName"], "pump-7");
        assert_eq!(made["thingId"].as_str().unwrap().len(), 36);
        assert_eq!(bench.call::<CreateThing>(input).await.unwrap(), made);
    }

    #[tokio::test]
    async fn the_same_name_with_other_attributes_is_a_conflict_that_names_the_thing() {
        let bench = Bench::new().await;
        bench
            .call::<CreateThing>(json!({"thingName": "pump-7"}))
            .await
            .unwrap();
        let other =
            json!({"thingName": "pump-7", "attributePayload": {"attributes": {"site": "A"}}});
        let refused = bench.call::<CreateThing>(other).await;
        let Err(Error::AlreadyExists { resource_arn, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(resource_arn.as_deref(), Some(ARN));
    }

    #[tokio::test]
    async fn a_type_must_be_there_and_raises_the_number_of_attributes() {
        let bench = Bench::new().await;
        let attributes = json!({"a": "1", "b": "2", "c": "3", "d": "4"});
        let mut input = json!({"thingName": "t", "attributePayload": {"attributes": attributes}});
        let refused = bench.call::<CreateThing>(input.clone()).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        input["thingTypeName"] = json!("pump");
        let refused = bench.call::<CreateThing>(input.clone()).await;
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
        bench
            .call::<CreateThingType>(json!({"thingTypeName": "pump"}))
            .await
            .unwrap();
        assert!(bench.call::<CreateThing>(input).await.is_ok());
    }

    #[tokio::test]
    async fn who_may_not_make_this_thing_makes_none() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:CreateThing",
            "Resource":"arn:aws:iot:us-east-1:123456789012:thing/valve-*"}}"#;
        let input = json!({"thingName": "pump-7"});
        let refused = bench.call_with_policy::<CreateThing>(allowed, input).await;
        let Err(Error::Denied(message)) = refused else {
            panic!("{refused:?}")
        };
        assert!(
            message.contains(&format!("iot:CreateThing on resource: {ARN}")),
            "{message}"
        );
    }

    #[tokio::test]
    async fn bad_names_and_what_is_not_served_are_refused() {
        let bench = Bench::new().await;
        for input in [
            json!({}),
            json!({"thingName": "a*"}),
            json!({"thingName": "a", "thingTypeName": ""}),
            json!({"thingName": "a", "billingGroupName": "b"}),
            json!({"thingName": "a", "attributePayload": {"attributes": {"a b": "c"}}}),
            json!({"thingName": "a", "attributePayload": {"attributes": {"a": "b c"}}}),
            json!({"thingName": "a", "attributePayload": {"attributes": {"a": 1}}}),
            json!({"thingName": "a", "attributePayload": {"other": {}}}),
        ] {
            let refused = bench.call::<CreateThing>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }
}
