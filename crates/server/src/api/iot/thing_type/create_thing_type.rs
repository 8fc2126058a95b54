//! `POST /thing-types/{thingTypeName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThingType.html
//! Divergences: `tags` and `mqtt5Configuration` are refused.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::ThingTypeName;
use thingpass_domain::thing_type::ThingType;
use thingpass_wire::rest_json::Binding;

use super::Properties;
use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// CreateThingType.
#[derive(Debug)]
pub struct CreateThingType;

impl RestOperation for CreateThingType {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/thing-types/{thingTypeName}";
    const BINDINGS: &'static [Binding] = &[label("thingTypeName")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    thing_type_name: ThingTypeName,
    thing_type_properties: Option<Properties>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "these are the wire names")]
pub struct Output {
    thing_type_name: ThingTypeName,
    thing_type_arn: String,
    thing_type_id: String,
}

impl Operation for CreateThingType {
    const NAME: &'static str = "CreateThingType";
    const ACTION: &'static str = "iot:CreateThingType";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.thing_type(&input.thing_type_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let context = call.context;
        let home = &context.home;
        let arn = home.thing_type(&input.thing_type_name);
        let properties = input.thing_type_properties.unwrap_or_default();
        let thing_type = ThingType {
            name: input.thing_type_name,
            id: entropy::uuid(&*context.entropy)?,
            description: properties.thing_type_description,
            searchable_attributes: properties.searchable_attributes.unwrap_or_default(),
            created_at: context.clock.now(),
        };
        thing_type.check()?;
        let standing = context
            .store
            .create_thing_type(&home.account, thing_type)
            .await;
        let standing = standing.map_err(|error| error.with_resource_arn(arn.clone()))?;
        Ok(Output {
            thing_type_name: standing.name,
            thing_type_arn: arn,
            thing_type_id: standing.id,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::CreateThingType;
    use crate::api::testing::Bench;

    const ARN: &str = "arn:aws:iot:us-east-1:123456789012:thingtype/pump";

    #[tokio::test]
    async fn a_thing_type_is_made_and_the_same_again_is_the_same() {
        let bench = Bench::new().await;
        let properties = json!({"thingTypeDescription": "Pumps", "searchableAttributes": ["site"]});
        let input = json!({"thingTypeName": "pump", "thingTypeProperties": properties});
        let made = bench.call::<CreateThingType>(input.clone()).await.unwrap();
        assert_eq!(made["thingTypeArn"], ARN);
        assert_eq!(made["thingTypeName"], "pump");
        assert_eq!(made["thingTypeId"].as_str().unwrap().len(), 36);
        assert_eq!(bench.call::<CreateThingType>(input).await.unwrap(), made);
    }

    #[tokio::test]
    async fn the_same_name_with_other_properties_is_a_conflict_that_names_the_type() {
        let bench = Bench::new().await;
        bench
            .call::<CreateThingType>(json!({"thingTypeName": "pump"}))
            .await
            .unwrap();
        let other = json!({
            "thingTypeName": "pump",
            "thingTypeProperties": {"thingTypeDescription": "other"}
        });
        let refused = bench.call::<CreateThingType>(other).await;
        let Err(Error::AlreadyExists { resource_arn, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(resource_arn.as_deref(), Some(ARN));
    }

    #[tokio::test]
    async fn who_may_not_make_this_type_makes_none() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:CreateThingType",
            "Resource":"arn:aws:iot:us-east-1:123456789012:thingtype/valve"}}"#;
        let input = json!({"thingTypeName": "pump"});
        let refused = bench
            .call_with_policy::<CreateThingType>(allowed, input)
            .await;
        let Err(Error::Denied(message)) = refused else {
            panic!("{refused:?}")
        };
        assert!(
            message.contains(&format!("iot:CreateThingType on resource: {ARN}")),
            "{message}"
        );
    }

    #[tokio::test]
    async fn too_much_and_what_is_not_served_are_refused() {
        let bench = Bench::new().await;
        for input in [
            json!({}),
            json!({"thingTypeName": "a/b"}),
            json!({"thingTypeName": "a", "tags": []}),
            json!({"thingTypeName": "a", "thingTypeProperties": {"mqtt5Configuration": {}}}),
            json!({"thingTypeName": "a",
                   "thingTypeProperties": {"searchableAttributes": ["a", "b", "c", "d"]}}),
            json!({"thingTypeName": "a",
                   "thingTypeProperties": {"thingTypeDescription": "x".repeat(2029)}}),
        ] {
            let refused = bench.call::<CreateThingType>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }
}
