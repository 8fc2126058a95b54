//! `GET /thing-types/{thingTypeName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingType.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::ThingTypeName;
use thingpass_domain::thing_type::ThingTypeStore;
use thingpass_wire::rest_json::Binding;

use super::{Metadata, Properties};
use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// DescribeThingType.
#[derive(Debug)]
pub struct DescribeThingType;

impl RestOperation for DescribeThingType {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/thing-types/{thingTypeName}";
    const BINDINGS: &'static [Binding] = &[label("thingTypeName")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    thing_type_name: ThingTypeName,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "these are the wire names")]
pub struct Output {
    thing_type_name: ThingTypeName,
    thing_type_id: String,
    thing_type_arn: String,
    thing_type_properties: Properties,
    thing_type_metadata: Metadata,
}

impl Operation for DescribeThingType {
    const NAME: &'static str = "DescribeThingType";
    const ACTION: &'static str = "iot:DescribeThingType";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.thing_type(&input.thing_type_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let name = input.thing_type_name;
        let found = ThingTypeStore::thing_type(&*call.context.store, &home.account, &name).await?;
        let thing_type =
            found.ok_or_else(|| Error::not_found(format!("Thing type {name} does not exist")))?;
        Ok(Output {
            thing_type_arn: home.thing_type(&name),
            thing_type_properties: Properties::from(&thing_type),
            thing_type_metadata: Metadata::from(&thing_type),
            thing_type_name: thing_type.name,
            thing_type_id: thing_type.id,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DescribeThingType;
    use crate::api::iot::thing_type::create_thing_type::CreateThingType;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_thing_type_is_described_as_it_was_made() {
        let bench = Bench::new().await;
        let properties = json!({"thingTypeDescription": "Pumps", "searchableAttributes": ["site"]});
        let input = json!({"thingTypeName": "pump", "thingTypeProperties": properties});
        let made = bench.call::<CreateThingType>(input).await.unwrap();
        let told = bench
            .call::<DescribeThingType>(json!({"thingTypeName": "pump"}))
            .await;
        let wanted = json!({
            "thingTypeName": "pump",
            "thingTypeId": made["thingTypeId"],
            "thingTypeArn": made["thingTypeArn"],
            "thingTypeProperties": properties,
            "thingTypeMetadata": {"deprecated": false, "creationDate": 1_767_225_600},
        });
        assert_eq!(told.unwrap(), wanted);
    }

    #[tokio::test]
    async fn an_absent_thing_type_is_not_found_and_a_bad_name_is_refused() {
        let bench = Bench::new().await;
        let absent = bench
            .call::<DescribeThingType>(json!({"thingTypeName": "pump"}))
            .await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let refused = bench
            .call::<DescribeThingType>(json!({"thingTypeName": "a/b"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn who_may_not_describe_the_type_does_not_learn_whether_it_is_there() {
        let bench = Bench::new().await;
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:DescribeThing","Resource":"*"}}"#;
        let input = json!({"thingTypeName": "pump"});
        let refused = bench
            .call_with_policy::<DescribeThingType>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
