//! `GET /things` — https://docs.aws.amazon.com/iot/latest/apireference/API_ListThings.html
//! Divergences: `attributeName` and `attributeValue` go together only.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AttributeName, AttributeValue, ThingName, ThingTypeName};
use thingpass_domain::thing::{Attributes, Thing, ThingFilter};
use thingpass_wire::rest_json::{Binding, Kind};

use crate::api::dispatch::{RestOperation, query_parameter};
use crate::api::iot::paging;
use crate::api::operation::{Call, Demands, Operation};

/// ListThings.
#[derive(Debug)]
pub struct ListThings;

impl RestOperation for ListThings {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/things";
    const BINDINGS: &'static [Binding] = &[
        paging::NEXT_TOKEN,
        paging::MAX_RESULTS,
        query_parameter("attributeName", "attributeName", Kind::Text),
        query_parameter("attributeValue", "attributeValue", Kind::Text),
        query_parameter("thingTypeName", "thingTypeName", Kind::Text),
        query_parameter(
            "usePrefixAttributeValue",
            "usePrefixAttributeValue",
            Kind::Boolean,
        ),
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    next_token: Option<String>,
    max_results: Option<u32>,
    attribute_name: Option<AttributeName>,
    attribute_value: Option<AttributeValue>,
    thing_type_name: Option<ThingTypeName>,
    use_prefix_attribute_value: Option<bool>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    things: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `ThingAttribute` of the IoT model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    thing_name: ThingName,
    #[serde(skip_serializing_if = "Option::is_none")]
    thing_type_name: Option<ThingTypeName>,
    thing_arn: String,
    attributes: Attributes,
    version: i64,
}

impl Operation for ListThings {
    const NAME: &'static str = "ListThings";
    const ACTION: &'static str = "iot:ListThings";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let page = paging::registry_page(input.max_results, input.next_token.as_deref())?;
        let filter = filter(
            (input.attribute_name, input.attribute_value),
            input.use_prefix_attribute_value.unwrap_or_default(),
            input.thing_type_name,
        )?;
        let found = call
            .context
            .store
            .list_things(&home.account, &filter, page)
            .await?;
        Ok(Output {
            next_token: found.token(),
            things: found
                .items
                .into_iter()
                .map(|thing| read(thing, home))
                .collect(),
        })
    }
}

fn filter(
    attribute: (Option<AttributeName>, Option<AttributeValue>),
    attribute_value_is_prefix: bool,
    thing_type: Option<ThingTypeName>,
) -> Result<ThingFilter, Error> {
    let attribute = match attribute {
        (Some(name), Some(value)) => Some((name, value)),
        (None, None) if !attribute_value_is_prefix => None,
        (None | Some(_), None | Some(_)) => {
            return Err(Error::invalid(
                "attributeName and attributeValue go together: give both or neither",
            ));
        }
    };
    Ok(ThingFilter {
        attribute,
        attribute_value_is_prefix,
        thing_type,
    })
}

fn read(thing: Thing, home: &AccountRegion) -> Row {
    Row {
        thing_arn: home.thing(&thing.name),
        thing_name: thing.name,
        thing_type_name: thing.thing_type,
        attributes: thing.attributes,
        version: thing.version,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::ListThings;
    use crate::api::iot::thing::create_thing::CreateThing;
    use crate::api::iot::thing_type::create_thing_type::CreateThingType;
    use crate::api::testing::Bench;

    async fn bench_with_things() -> Bench {
        let bench = Bench::new().await;
        bench
            .call::<CreateThingType>(json!({"thingTypeName": "pump"}))
            .await
            .unwrap();
        for (name, site, thing_type) in [
            ("c", "hall-2", Some("pump")),
            ("a", "hall-1", None),
            ("b", "yard", Some("pump")),
        ] {
            let attributes = json!({"site": site});
            let input = json!({
                "thingName": name,
                "thingTypeName": thing_type,
                "attributePayload": {"attributes": attributes}
            });
            bench.call::<CreateThing>(input).await.unwrap();
        }
        bench
    }

    fn names(listed: &Value) -> Vec<&str> {
        let rows = listed["things"].as_array().unwrap();
        rows.iter()
            .map(|row| row["thingName"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn things_are_listed_by_name_page_by_page() {
        let bench = bench_with_things().await;
        let first = bench
            .call::<ListThings>(json!({"maxResults": 2}))
            .await
            .unwrap();
        assert_eq!(names(&first), ["a", "b"]);
        let wanted = json!({
            "thingName": "a",
            "thingArn": "arn:aws:iot:us-east-1:123456789012:thing/a",
            "attributes": {"site": "hall-1"},
            "version": 1,
        });
        assert_eq!(first["things"][0], wanted);
        assert_eq!(first["things"][1]["thingTypeName"], "pump");
        let next = json!({"maxResults": 2, "nextToken": first["nextToken"]});
        let second = bench.call::<ListThings>(next).await.unwrap();
        assert_eq!(names(&second), ["c"]);
        assert_eq!(second.get("nextToken"), None);
    }

    #[tokio::test]
    async fn filters_narrow_the_list() {
        let bench = bench_with_things().await;
        for (input, wanted) in [
            (
                json!({"attributeName": "site", "attributeValue": "yard"}),
                vec!["b"],
            ),
            (
                json!({"attributeName": "site", "attributeValue": "hall"}),
                vec![],
            ),
            (
                json!({"attributeName": "site", "attributeValue": "hall",
                       "usePrefixAttributeValue": true}),
                vec!["a", "c"],
            ),
            (json!({"thingTypeName": "pump"}), vec!["b", "c"]),
            (
                json!({"attributeName": "site", "attributeValue": "hall",
                       "usePrefixAttributeValue": true, "thingTypeName": "pump"}),
                vec!["c"],
            ),
            (json!({"thingTypeName": "none"}), vec![]),
        ] {
            let listed = bench.call::<ListThings>(input.clone()).await.unwrap();
            assert_eq!(names(&listed), wanted, "{input}");
        }
    }

    #[tokio::test]
    async fn half_a_filter_and_a_page_out_of_bounds_are_refused() {
        let bench = Bench::new().await;
        for input in [
            json!({"attributeName": "site"}),
            json!({"attributeValue": "yard"}),
            json!({"usePrefixAttributeValue": true}),
            json!({"attributeName": "site", "usePrefixAttributeValue": true}),
            json!({"maxResults": 0}),
            json!({"nextToken": "%"}),
        ] {
            let refused = bench.call::<ListThings>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_only_describe_may_not_list() {
        let bench = Bench::new().await;
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:DescribeThing","Resource":"*"}}"#;
        let refused = bench
            .call_with_policy::<ListThings>(allowed, json!({}))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
