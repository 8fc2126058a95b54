//! Thing types.

pub mod create_thing_type;
pub mod describe_thing_type;
pub mod list_thing_types;

use serde::{Deserialize, Serialize};
use serde_json::Number;
use thingpass_domain::id::AttributeName;
use thingpass_domain::thing_type::ThingType;
use thingpass_wire::timestamp::epoch_seconds;

use crate::api::dispatch::{RestRow, rest};

/// The operations of this noun.
pub(super) fn rows() -> Vec<RestRow> {
    vec![
        rest::<create_thing_type::CreateThingType>(),
        rest::<describe_thing_type::DescribeThingType>(),
        rest::<list_thing_types::ListThingTypes>(),
    ]
}

/// `ThingTypeProperties` of the IoT model.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Properties {
    #[serde(skip_serializing_if = "Option::is_none")]
    thing_type_description: Option<String>,
    searchable_attributes: Option<Vec<AttributeName>>,
}

impl From<&ThingType> for Properties {
    fn from(thing_type: &ThingType) -> Self {
        Self {
            thing_type_description: thing_type.description.clone(),
            searchable_attributes: Some(thing_type.searchable_attributes.clone()),
        }
    }
}

/// `ThingTypeMetadata` of the IoT model. No type is deprecated: that is not served.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    deprecated: bool,
    creation_date: Number,
}

impl From<&ThingType> for Metadata {
    fn from(thing_type: &ThingType) -> Self {
        Self {
            deprecated: false,
            creation_date: epoch_seconds(thing_type.created_at),
        }
    }
}
