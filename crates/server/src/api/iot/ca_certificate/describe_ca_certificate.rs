//! `GET /cacertificate/{caCertificateId}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeCACertificate.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::ca_certificate::{CaCertificate, CaCertificateStore, absent};
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, CertificateId};
use thingpass_wire::rest_json::Binding;
use thingpass_wire::timestamp::epoch_seconds;

use super::{CERTIFICATE_ID, auto_registration_status};
use crate::api::dispatch::RestOperation;
use crate::api::iot::certificate::Validity;
use crate::api::operation::{Call, Demands, Operation};

/// DescribeCACertificate.
#[derive(Debug)]
pub struct DescribeCACertificate;

impl RestOperation for DescribeCACertificate {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/cacertificate/{caCertificateId}";
    const BINDINGS: &'static [Binding] = &[CERTIFICATE_ID];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    certificate_id: CertificateId,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    certificate_description: Description,
}

/// `CACertificateDescription` of the IoT model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    certificate_arn: String,
    certificate_id: CertificateId,
    status: &'static str,
    certificate_pem: String,
    owned_by: AccountId,
    creation_date: Number,
    auto_registration_status: &'static str,
    last_modified_date: Number,
    customer_version: i64,
    generation_id: String,
    validity: Validity,
    certificate_mode: &'static str,
}

impl Operation for DescribeCACertificate {
    const NAME: &'static str = "DescribeCACertificate";
    const ACTION: &'static str = "iot:DescribeCACertificate";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.ca_certificate(&input.certificate_id))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let id = input.certificate_id;
        let store = &*call.context.store;
        let found = CaCertificateStore::ca_certificate(store, &home.account, &id).await?;
        let ca = found.ok_or_else(|| absent(&id))?;
        Ok(Output {
            certificate_description: describe(ca, home),
        })
    }
}

fn describe(ca: CaCertificate, home: &AccountRegion) -> Description {
    Description {
        certificate_arn: home.ca_certificate(&ca.id),
        certificate_id: ca.id,
        status: ca.status.as_str(),
        certificate_pem: ca.pem,
        owned_by: home.account.clone(),
        creation_date: epoch_seconds(ca.created_at),
        auto_registration_status: auto_registration_status(ca.auto_registration),
        last_modified_date: epoch_seconds(ca.last_modified_at),
        customer_version: ca.customer_version,
        generation_id: ca.generation_id,
        validity: Validity::new(ca.not_before, ca.not_after),
        certificate_mode: ca.mode.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DescribeCACertificate;
    use crate::api::iot::ca_certificate::testing::FleetCa;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_ca_is_described_as_it_was_registered() {
        let bench = Bench::new().await;
        let ca = FleetCa::new(&bench);
        let made = ca.register(&bench).await;
        let input = json!({"certificateId": made["certificateId"]});
        let told = bench.call::<DescribeCACertificate>(input).await.unwrap();
        let told = &told["certificateDescription"];
        assert_eq!(told["generationId"].as_str().unwrap().len(), 36);
        let wanted = json!({
            "certificateArn": made["certificateArn"],
            "certificateId": made["certificateId"],
            "status": "ACTIVE",
            "certificatePem": ca.pem(),
            "ownedBy": "123456789012",
            "creationDate": 1_767_225_600,
            "autoRegistrationStatus": "DISABLE",
            "lastModifiedDate": 1_767_225_600,
            "customerVersion": 1,
            "generationId": told["generationId"],
            "validity": {"notBefore": 1_767_139_200, "notAfter": 1_767_312_000},
            "certificateMode": "DEFAULT",
        });
        assert_eq!(told, &wanted);
    }

    #[tokio::test]
    async fn an_absent_ca_is_not_found_and_a_bad_id_is_refused() {
        let bench = Bench::new().await;
        let input = json!({"certificateId": "ab".repeat(32)});
        let absent = bench.call::<DescribeCACertificate>(input).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let refused = bench
            .call::<DescribeCACertificate>(json!({"certificateId": "x"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_cas_arn_is_not_that_of_a_device_certificate() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:*",
            "Resource":"arn:aws:iot:us-east-1:123456789012:cert/*"}}"#;
        let input = json!({"certificateId": "ab".repeat(32)});
        let refused = bench
            .call_with_policy::<DescribeCACertificate>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
