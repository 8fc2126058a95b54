//! CA certificates and the registration code.

pub mod delete_ca_certificate;
pub mod describe_ca_certificate;
pub mod get_registration_code;
pub mod list_ca_certificates;
pub mod register_ca_certificate;
#[cfg(test)]
pub(super) mod testing;
pub mod update_ca_certificate;

use data_encoding::HEXLOWER;
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_wire::rest_json::{Binding, Kind, Location};

use crate::api::dispatch::{RestRow, rest};
use crate::api::operation::Context;

/// The operations of this noun.
pub(super) fn rows() -> Vec<RestRow> {
    vec![
        rest::<delete_ca_certificate::DeleteCACertificate>(),
        rest::<describe_ca_certificate::DescribeCACertificate>(),
        rest::<get_registration_code::GetRegistrationCode>(),
        rest::<list_ca_certificates::ListCACertificates>(),
        rest::<register_ca_certificate::RegisterCACertificate>(),
        rest::<update_ca_certificate::UpdateCACertificate>(),
    ]
}

/// The member `certificateId`, which is called otherwise in the path.
const CERTIFICATE_ID: Binding = Binding {
    member: "certificateId",
    location: Location::Label,
    name: "caCertificateId",
    kind: Kind::Text,
};

/// What AWS calls the switch of automatic registration.
const fn auto_registration_status(enabled: bool) -> &'static str {
    if enabled { "ENABLE" } else { "DISABLE" }
}

/// The registration code of the account, made where there is none yet.
async fn registration_code(context: &Context) -> Result<String, Error> {
    let candidate = HEXLOWER.encode(&entropy::bytes::<32>(&*context.entropy)?);
    context
        .store
        .registration_code(&context.home.account, &candidate)
        .await
}
