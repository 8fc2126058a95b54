//! `GET /certificates/{certificateId}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeCertificate.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::certificate::{Certificate, CertificateStore, absent};
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, CertificateId};
use thingpass_wire::rest_json::Binding;
use thingpass_wire::timestamp::epoch_seconds;

use super::Validity;
use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// DescribeCertificate.
#[derive(Debug)]
pub struct DescribeCertificate;

impl RestOperation for DescribeCertificate {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/certificates/{certificateId}";
    const BINDINGS: &'static [Binding] = &[label("certificateId")];
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

/// `CertificateDescription` of the IoT model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    certificate_arn: String,
    certificate_id: CertificateId,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_certificate_id: Option<CertificateId>,
    status: &'static str,
    certificate_pem: String,
    owned_by: AccountId,
    creation_date: Number,
    last_modified_date: Number,
    customer_version: i64,
    generation_id: String,
    validity: Validity,
    certificate_mode: &'static str,
}

impl Operation for DescribeCertificate {
    const NAME: &'static str = "DescribeCertificate";
    const ACTION: &'static str = "iot:DescribeCertificate";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.certificate(&input.certificate_id))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let id = input.certificate_id;
        let found = CertificateStore::certificate(&*call.context.store, &home.account, &id).await?;
        let certificate = found.ok_or_else(|| absent(&id))?;
        Ok(Output {
            certificate_description: describe(certificate, home),
        })
    }
}

fn describe(certificate: Certificate, home: &AccountRegion) -> Description {
    Description {
        certificate_arn: home.certificate(&certificate.id),
        certificate_id: certificate.id,
        ca_certificate_id: certificate.ca_certificate_id,
        status: certificate.status.as_str(),
        certificate_pem: certificate.pem,
        owned_by: home.account.clone(),
        creation_date: epoch_seconds(certificate.created_at),
        last_modified_date: epoch_seconds(certificate.last_modified_at),
        customer_version: certificate.customer_version,
        generation_id: certificate.generation_id,
        validity: Validity::new(certificate.not_before, certificate.not_after),
        certificate_mode: certificate.mode.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DescribeCertificate;
    use crate::api::iot::ca_certificate::testing::FleetCa;
    use crate::api::iot::certificate::register_certificate::RegisterCertificate;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_certificate_is_described_as_it_was_registered() {
        let bench = Bench::new().await;
        let ca = FleetCa::new(&bench);
        let registered = ca.register(&bench).await;
        let pem = ca.device_pem("pump-7");
        let made = bench
            .call::<RegisterCertificate>(json!({"certificatePem": pem}))
            .await
            .unwrap();
        let input = json!({"certificateId": made["certificateId"]});
        let told = bench.call::<DescribeCertificate>(input).await.unwrap();
        let told = &told["certificateDescription"];
        assert_eq!(told["generationId"].as_str().unwrap().len(), 36);
        let wanted = json!({
            "certificateArn": made["certificateArn"],
            "certificateId": made["certificateId"],
            "caCertificateId": registered["certificateId"],
            "status": "INACTIVE",
            "certificatePem": pem,
            "ownedBy": "123456789012",
            "creationDate": 1_767_225_600,
            "lastModifiedDate": 1_767_225_600,
            "customerVersion": 1,
            "generationId": told["generationId"],
            "validity": {"notBefore": 1_767_139_200, "notAfter": 1_767_312_000},
            "certificateMode": "DEFAULT",
        });
        assert_eq!(told, &wanted);
    }

    #[tokio::test]
    async fn an_absent_certificate_is_not_found_and_a_bad_id_is_refused() {
        let bench = Bench::new().await;
        let id = "ab".repeat(32);
        let absent = bench
            .call::<DescribeCertificate>(json!({"certificateId": id}))
            .await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        for input in [
            json!({}),
            json!({"certificateId": "ab"}),
            json!({"certificateId": "*"}),
        ] {
            let refused = bench.call::<DescribeCertificate>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_is_denied_the_certificate_is_so_in_upper_case_too() {
        let bench = Bench::new().await;
        let policy = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Action":"iot:*","Resource":"*"}},
                {{"Effect":"Deny","Action":"iot:DescribeCertificate",
                  "Resource":"arn:aws:iot:us-east-1:123456789012:cert/{}"}}]}}"#,
            "ab".repeat(32)
        );
        for id in ["ab".repeat(32), "AB".repeat(32)] {
            let input = json!({"certificateId": id});
            let refused = bench
                .call_with_policy::<DescribeCertificate>(&policy, input)
                .await;
            assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        }
    }
}
