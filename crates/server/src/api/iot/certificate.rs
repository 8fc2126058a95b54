//! Device certificates.

pub mod create_certificate_from_csr;
pub mod create_keys_and_certificate;
pub mod delete_certificate;
pub mod describe_certificate;
pub mod list_certificates;
pub mod register_certificate;
pub mod register_certificate_without_ca;
pub mod update_certificate;

use serde::Serialize;
use serde_json::Number;
use thingpass_domain::certificate::{Certificate, CertificateMode, CertificateStatus};
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::CertificateId;
use thingpass_pki::limits::DEVICE_NOT_AFTER;
use thingpass_wire::timestamp::epoch_seconds;
use time::{Duration, OffsetDateTime};

use crate::api::dispatch::{RestRow, rest};
use crate::api::operation::Call;

/// The operations of this noun.
pub(super) fn rows() -> Vec<RestRow> {
    vec![
        rest::<create_certificate_from_csr::CreateCertificateFromCsr>(),
        rest::<create_keys_and_certificate::CreateKeysAndCertificate>(),
        rest::<delete_certificate::DeleteCertificate>(),
        rest::<describe_certificate::DescribeCertificate>(),
        rest::<list_certificates::ListCertificates>(),
        rest::<register_certificate::RegisterCertificate>(),
        rest::<register_certificate_without_ca::RegisterCertificateWithoutCA>(),
        rest::<update_certificate::UpdateCertificate>(),
    ]
}

/// What every operation answers that registers or makes a certificate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    certificate_arn: String,
    certificate_id: CertificateId,
}

/// `CertificateValidity` of the IoT model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Validity {
    not_before: Number,
    not_after: Number,
}

impl Validity {
    /// From the first to the last second.
    pub(super) fn new(not_before: OffsetDateTime, not_after: OffsetDateTime) -> Self {
        Self {
            not_before: epoch_seconds(not_before),
            not_after: epoch_seconds(not_after),
        }
    }
}

/// Registers a certificate; one that is registered already is refused under its ARN.
async fn register(
    call: Call<'_>,
    x509: &thingpass_pki::Certificate,
    status: CertificateStatus,
    mode: CertificateMode,
    ca_certificate_id: Option<CertificateId>,
) -> Result<Registered, Error> {
    let context = call.context;
    let generation_id = entropy::uuid(&*context.entropy)?;
    let now = context.clock.now();
    let certificate = Certificate {
        ca_certificate_id,
        ..Certificate::new(x509, status, mode, generation_id, now)
    };
    let certificate_id = certificate.id;
    let certificate_arn = context.home.certificate(&certificate_id);
    let written = context
        .store
        .create_certificate(&context.home.account, certificate)
        .await;
    written.map_err(|error| {
        // It may be registered under the id that it had with another signature.
        let mut standing = certificate_id;
        if let Error::AlreadyExists {
            resource_id: Some(id),
            ..
        } = &error
        {
            standing = CertificateId::new(id).unwrap_or(standing);
        }
        error.with_resource_arn(context.home.certificate(&standing))
    })?;
    Ok(Registered {
        certificate_arn,
        certificate_id,
    })
}

/// How long a certificate is valid that is made here. It begins a little earlier, as AWS's do, so
/// that a node whose clock is behind takes it too.
fn validity_from(now: OffsetDateTime) -> (OffsetDateTime, OffsetDateTime) {
    (now - Duration::minutes(2), DEVICE_NOT_AFTER)
}
