//! `POST /certificates` — https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCertificateFromCsr.html
//! Divergences: the certificate is signed by this installation, not by Amazon.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::certificate::{CertificateMode, initial_status};
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_pki::csr::SigningRequest;
use thingpass_wire::rest_json::{Binding, Kind};

use super::{Registered, register, validity_from};
use crate::api::dispatch::{RestOperation, query_parameter};
use crate::api::operation::{Call, Demands, Operation};

/// CreateCertificateFromCsr.
#[derive(Debug)]
pub struct CreateCertificateFromCsr;

impl RestOperation for CreateCertificateFromCsr {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/certificates";
    const BINDINGS: &'static [Binding] =
        &[query_parameter("setAsActive", "setAsActive", Kind::Boolean)];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    certificate_signing_request: String,
    set_as_active: Option<bool>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    #[serde(flatten)]
    registered: Registered,
    certificate_pem: String,
}

impl Operation for CreateCertificateFromCsr {
    const NAME: &'static str = "CreateCertificateFromCsr";
    const ACTION: &'static str = "iot:CreateCertificateFromCsr";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let context = call.context;
        let status = initial_status(None, input.set_as_active)?;
        let request = SigningRequest::from_pem(&input.certificate_signing_request)
            .map_err(|refusal| Error::invalid(refusal.to_string()))?;
        let (not_before, not_after) = validity_from(context.clock.now());
        // Another serial number each time: the same request gives another certificate.
        let serial: [u8; 20] = entropy::bytes(&*context.entropy)?;
        let x509 = context
            .device_authority
            .sign_request(&request, not_before, not_after, serial)
            .map_err(Error::internal)?;
        let mode = CertificateMode::Default;
        let registered = register(call, &x509, status, mode, None).await?;
        Ok(Output {
            registered,
            certificate_pem: x509.to_pem(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;
    use thingpass_pki::issue::{KeyKind, signing_request};
    use thingpass_pki::{Certificate, DnAttribute};

    use super::CreateCertificateFromCsr;
    use crate::api::iot::certificate::describe_certificate::DescribeCertificate;
    use crate::api::testing::Bench;

    fn request() -> String {
        let subject = [(DnAttribute::CommonName, "pump-7")];
        signing_request(&subject, KeyKind::P256).unwrap().0
    }

    #[tokio::test]
    async fn the_subject_of_the_request_is_certified() {
        let bench = Bench::new().await;
        let input = json!({"certificateSigningRequest": request(), "setAsActive": true});
        let made = bench.call::<CreateCertificateFromCsr>(input).await.unwrap();
        let x509 = Certificate::from_pem(made["certificatePem"].as_str().unwrap()).unwrap();
        x509.is_signed_by(bench.context.device_authority.certificate())
            .unwrap();
        assert_eq!(x509.subject().values(DnAttribute::CommonName), ["pump-7"]);
        assert_eq!(x509.not_after().unix_timestamp(), 2_524_607_999);
        let input = json!({"certificateId": made["certificateId"]});
        let told = bench.call::<DescribeCertificate>(input).await.unwrap();
        let told = &told["certificateDescription"];
        assert_eq!(told["status"], "ACTIVE");
        assert_eq!(told["certificateArn"], made["certificateArn"]);
        assert_eq!(told["certificatePem"], made["certificatePem"]);
    }

    #[tokio::test]
    async fn the_same_request_twice_gives_two_certificates() {
        let bench = Bench::new().await;
        let input = json!({"certificateSigningRequest": request()});
        let first = bench
            .call::<CreateCertificateFromCsr>(input.clone())
            .await
            .unwrap();
        let second = bench.call::<CreateCertificateFromCsr>(input).await.unwrap();
        assert_ne!(first["certificateId"], second["certificateId"]);
        assert_eq!(second["certificateId"].as_str().unwrap().len(), 64);
    }

    #[tokio::test]
    async fn what_is_no_signing_request_is_refused() {
        let bench = Bench::new().await;
        for input in [
            json!({}),
            json!({"certificateSigningRequest": ""}),
            json!({"certificateSigningRequest": "x".repeat(4097)}),
            json!({"certificateSigningRequest":
                bench.context.device_authority.certificate().to_pem()}),
            json!({"certificateSigningRequest": request(), "other": 1}),
        ] {
            let refused = bench.call::<CreateCertificateFromCsr>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_not_make_certificates_makes_none() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow",
            "Action":"iot:CreateKeysAndCertificate","Resource":"*"}}"#;
        let input = json!({"certificateSigningRequest": request()});
        let refused = bench
            .call_with_policy::<CreateCertificateFromCsr>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
