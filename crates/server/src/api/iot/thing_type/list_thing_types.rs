//! `GET /thing-types` — https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingTypes.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::ThingTypeName;
use thingpass_domain::thing_type::ThingType;
use thingpass_wire::rest_json::{Binding, Kind};

use super::{Metadata, Properties};
use crate::api::dispatch::{RestOperation, query_parameter};
use crate::api::iot::paging;
use crate::api::operation::{Call, Demands, Operation};

/// ListThingTypes.
#[derive(Debug)]
pub struct ListThingTypes;

impl RestOperation for ListThingTypes {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/thing-types";
    const BINDINGS: &'static [Binding] = &[
        paging::NEXT_TOKEN,
        paging::MAX_RESULTS,
        query_parameter("thingTypeName", "thingTypeName", Kind::Text),
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    next_token: Option<String>,
    max_results: Option<u32>,
    thing_type_name: Option<ThingTypeName>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    thing_types: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `ThingTypeDefinition` of the IoT model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "these are the wire names")]
pub struct Row {
    thing_type_name: ThingTypeName,
    thing_type_arn: String,
    thing_type_properties: Properties,
    thing_type_metadata: Metadata,
}

impl Operation for ListThingTypes {
    const NAME: &'static str = "ListThingTypes";
    const ACTION: &'static str = "iot:ListThingTypes";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let page = paging::registry_page(input.max_results, input.next_token.as_deref())?;
        let name = input.thing_type_name.as_ref();
        let found = call
            .context
            .store
            .list_thing_types(&home.account, name, page)
            .await?;
        Ok(Output {
            next_token: found.token(),
            thing_types: found.items.into_iter().map(|row| read(row, home)).collect(),
        })
    }
}

fn read(row: ThingType, home: &AccountRegion) -> Row {
    Row {
        thing_type_arn: home.thing_type(&row.name),
        thing_type_properties: Properties::from(&row),
        thing_type_metadata: Metadata::from(&row),
        thing_type_name: row.name,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::ListThingTypes;
    use crate::api::iot::thing_type::create_thing_type::CreateThingType;
    use crate::api::testing::Bench;

    fn names(listed: &Value) -> Vec<&str> {
        let rows = listed["thingTypes"].as_array().unwrap();
        rows.iter()
            .map(|row| row["thingTypeName"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn types_are_listed_by_name_page_by_page() {
        let bench = Bench::new().await;
        for name in ["c", "a", "b"] {
            bench
                .call::<CreateThingType>(json!({"thingTypeName": name}))
                .await
                .unwrap();
        }
        let first = bench
            .call::<ListThingTypes>(json!({"maxResults": 2}))
            .await
            .unwrap();
        assert_eq!(names(&first), ["a", "b"]);
        let next = json!({"maxResults": 2, "nextToken": first["nextToken"]});
        let second = bench.call::<ListThingTypes>(next).await.unwrap();
        assert_eq!(names(&second), ["c"]);
        assert_eq!(second.get("nextToken"), None);
    }

    #[tokio::test]
    async fn a_name_narrows_the_list_to_that_type() {
        let bench = Bench::new().await;
        for name in ["a", "b"] {
            bench
                .call::<CreateThingType>(json!({"thingTypeName": name}))
                .await
                .unwrap();
        }
        let one = bench
            .call::<ListThingTypes>(json!({"thingTypeName": "b"}))
            .await
            .unwrap();
        let arn = "arn:aws:iot:us-east-1:123456789012:thingtype/b";
        let wanted = json!({"thingTypes": [{
            "thingTypeName": "b",
            "thingTypeArn": arn,
            "thingTypeProperties": {"searchableAttributes": []},
            "thingTypeMetadata": {"deprecated": false, "creationDate": 1_767_225_600},
        }]});
        assert_eq!(one, wanted);
        let none = bench
            .call::<ListThingTypes>(json!({"thingTypeName": "z"}))
            .await
            .unwrap();
        assert_eq!(none, json!({"thingTypes": []}));
    }

    #[tokio::test]
    async fn a_page_out_of_bounds_and_a_made_up_token_are_refused() {
        let bench = Bench::new().await;
        for input in [
            json!({"maxResults": 0}),
            json!({"maxResults": 251}),
            json!({"nextToken": "%"}),
            json!({"thingTypeName": "a/b"}),
        ] {
            let refused = bench.call::<ListThingTypes>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_list_only_a_single_type_may_not_list() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:ListThingTypes",
            "Resource":"arn:aws:iot:us-east-1:123456789012:thingtype/a"}}"#;
        let refused = bench
            .call_with_policy::<ListThingTypes>(allowed, json!({}))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
