//! `GET /things/{thingName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThing.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{ThingName, ThingTypeName};
use thingpass_domain::thing::{Attributes, ThingStore, absent};
use thingpass_wire::rest_json::Binding;

use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// DescribeThing.
#[derive(Debug)]
pub struct DescribeThing;

impl RestOperation for DescribeThing {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/things/{thingName}";
    const BINDINGS: &'static [Binding] = &[label("thingName")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    thing_name: ThingName,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    default_client_id: ThingName,
    thing_name: ThingName,
    thing_id: String,
    thing_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thing_type_name: Option<ThingTypeName>,
    attributes: Attributes,
    version: i64,
}

impl Operation for DescribeThing {
    const NAME: &'static str = "DescribeThing";
    const ACTION: &'static str = "iot:DescribeThing";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.thing(&input.thing_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let name = input.thing_name;
        let found = ThingStore::thing(&*call.context.store, &home.account, &name).await?;
        let thing = found.ok_or_else(|| absent(&name))?;
        Ok(Output {
            default_client_id: name,
            thing_arn: home.thing(&thing.name),
            thing_name: thing.name,
            thing_id: thing.id,
            thing_type_name: thing.thing_type,
            attributes: thing.attributes,
            version: thing.version,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DescribeThing;
    use crate::api::iot::thing::create_thing::CreateThing;
    use crate::api::iot::thing_type::create_thing_type::CreateThingType;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_thing_is_described_as_it_was_made() {
        let bench = Bench::new().await;
        bench
            .call::<CreateThingType>(json!({"thingTypeName": "pump"}))
            .await
            .unwrap();
        let input = json!({
            "thingName": "pump-7",
            "thingTypeName": "pump",
            "attributePayload": {"attributes": {"site": "A"}}
        });
        let made = bench.call::<CreateThing>(input).await.unwrap();
        let told = bench
            .call::<DescribeThing>(json!({"thingName": "pump-7"}))
            .await
            .unwrap();
        let wanted = json!({
            "defaultClientId": "pump-7",
            "thingName": "pump-7",
            "thingId": made["thingId"],
            "thingArn": made["thingArn"],
            "thingTypeName": "pump",
            "attributes": {"site": "A"},
            "version": 1,
        });
        assert_eq!(told, wanted);
    }

    #[tokio::test]
    async fn a_thing_without_a_type_names_none() {
        let bench = Bench::new().await;
        bench
            .call::<CreateThing>(json!({"thingName": "t"}))
            .await
            .unwrap();
        let told = bench
            .call::<DescribeThing>(json!({"thingName": "t"}))
            .await
            .unwrap();
        assert_eq!(told.get("thingTypeName"), None);
        assert_eq!(told["attributes"], json!({}));
    }

    #[tokio::test]
    async fn an_absent_thing_is_not_found_and_a_bad_name_is_refused() {
        let bench = Bench::new().await;
        let absent = bench.call::<DescribeThing>(json!({"thingName": "t"})).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let refused = bench
            .call::<DescribeThing>(json!({"thingName": "a*"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn who_may_not_describe_the_thing_does_not_learn_whether_it_is_there() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:DescribeThing",
            "Resource":"arn:aws:iot:us-east-1:123456789012:thing/u"}}"#;
        let input = json!({"thingName": "t"});
        let refused = bench
            .call_with_policy::<DescribeThing>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
