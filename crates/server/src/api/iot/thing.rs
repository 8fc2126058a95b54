//! Things and their principals.

pub mod attach_thing_principal;
pub mod create_thing;
pub mod delete_thing;
pub mod describe_thing;
pub mod detach_thing_principal;
pub mod list_principal_things;
pub mod list_thing_principals;
pub mod list_things;
pub mod update_thing;

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::thing::Attributes;

use crate::api::dispatch::{RestRow, rest};

/// The operations of this noun.
pub(super) fn rows() -> Vec<RestRow> {
    vec![
        rest::<attach_thing_principal::AttachThingPrincipal>(),
        rest::<create_thing::CreateThing>(),
        rest::<delete_thing::DeleteThing>(),
        rest::<describe_thing::DescribeThing>(),
        rest::<detach_thing_principal::DetachThingPrincipal>(),
        rest::<list_principal_things::ListPrincipalThings>(),
        rest::<list_thing_principals::ListThingPrincipals>(),
        rest::<list_things::ListThings>(),
        rest::<update_thing::UpdateThing>(),
    ]
}

/// The header in which a principal travels.
const PRINCIPAL_HEADER: &str = "x-amzn-principal";

/// `AttributePayload` of the IoT model.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttributePayload {
    attributes: Option<Attributes>,
    merge: Option<bool>,
}

/// What a principal is called in policies: a certificate's ARN in its one spelling, so that an
/// allow or deny of it cannot be passed by in another. What is no certificate's ARN is refused
/// after the call was allowed.
fn principal_resource(principal: &str, home: &AccountRegion) -> String {
    match home.read_certificate(principal) {
        Ok(id) => home.certificate(&id),
        Err(_) => principal.to_owned(),
    }
}
