//! `POST /keys-and-certificate` — https://docs.aws.amazon.com/iot/latest/apireference/API_CreateKeysAndCertificate.html
//! Divergences: the certificate is signed by this installation, not by Amazon.

use std::sync::Arc;

use http::Method;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::certificate::{CertificateMode, initial_status};
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_pki::DnAttribute;
use thingpass_pki::issue::{Issued, KeyKind};
use thingpass_wire::rest_json::{Binding, Kind};

use super::{Registered, register, validity_from};
use crate::api::dispatch::{RestOperation, query_parameter};
use crate::api::operation::{Call, Context, Demands, Operation};

/// CreateKeysAndCertificate.
#[derive(Debug)]
pub struct CreateKeysAndCertificate;

impl RestOperation for CreateKeysAndCertificate {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/keys-and-certificate";
    const BINDINGS: &'static [Binding] =
        &[query_parameter("setAsActive", "setAsActive", Kind::Boolean)];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    set_as_active: Option<bool>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    #[serde(flatten)]
    registered: Registered,
    certificate_pem: String,
    key_pair: KeyPair,
}

/// `KeyPair` of the IoT model. The private key is told this once and kept nowhere.
#[derive(Debug)]
struct KeyPair(Issued);

impl Serialize for KeyPair {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut pair = to.serialize_struct("KeyPair", 2)?;
        pair.serialize_field("PublicKey", &self.0.public_key_pem)?;
        pair.serialize_field("PrivateKey", self.0.key_pem.as_str())?;
        pair.end()
    }
}

impl Operation for CreateKeysAndCertificate {
    const NAME: &'static str = "CreateKeysAndCertificate";
    const ACTION: &'static str = "iot:CreateKeysAndCertificate";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let status = initial_status(None, input.set_as_active)?;
        let issued = issue(call.context).await?;
        let mode = CertificateMode::Default;
        let registered = register(call, &issued.certificate, status, mode, None).await?;
        let certificate_pem = issued.certificate.to_pem();
        Ok(Output {
            registered,
            certificate_pem,
            key_pair: KeyPair(issued),
        })
    }
}

/// The name that AWS gives to the certificates that it makes.
const COMMON_NAME: &str = "AWS IoT Certificate";

/// Makes key and certificate. The search for primes keeps a core busy for a good part of a second.
async fn issue(context: &Context) -> Result<Issued, Error> {
    let authority = Arc::clone(&context.device_authority);
    let serial: [u8; 20] = entropy::bytes(&*context.entropy)?;
    let (not_before, not_after) = validity_from(context.clock.now());
    let issue = move || {
        let subject = [(DnAttribute::CommonName, COMMON_NAME)];
        authority.issue_device(&subject, KeyKind::Rsa2048, not_before, not_after, serial)
    };
    let issued = tokio::task::spawn_blocking(issue)
        .await
        .map_err(Error::internal)?;
    issued.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;
    use thingpass_pki::{Certificate, DnAttribute};

    use super::CreateKeysAndCertificate;
    use crate::api::iot::certificate::describe_certificate::DescribeCertificate;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn key_and_certificate_belong_together_and_last_as_long_as_aws_own() {
        let bench = Bench::new().await;
        let made = bench
            .call::<CreateKeysAndCertificate>(json!({}))
            .await
            .unwrap();
        let text = |member: &str| made[member].as_str().unwrap();
        let x509 = Certificate::from_pem(text("certificatePem")).unwrap();
        x509.is_signed_by(bench.context.device_authority.certificate())
            .unwrap();
        assert_eq!(
            x509.subject().values(DnAttribute::CommonName),
            ["AWS IoT Certificate"]
        );
        assert_eq!(x509.not_after().unix_timestamp(), 2_524_607_999);
        let id = data_encoding::HEXLOWER.encode(&x509.fingerprint());
        assert_eq!(text("certificateId"), id);
        let arn = format!("arn:aws:iot:us-east-1:123456789012:cert/{id}");
        assert_eq!(text("certificateArn"), arn);
        let keys = &made["keyPair"];
        assert!(
            keys["PrivateKey"]
                .as_str()
                .unwrap()
                .starts_with("-----BEGIN PRIVATE KEY-----")
        );
        assert!(
            keys["PublicKey"]
                .as_str()
                .unwrap()
                .starts_with("-----BEGIN PUBLIC KEY-----")
        );
    }

    #[tokio::test]
    async fn a_certificate_is_inactive_unless_asked_otherwise_and_names_no_ca() {
        let bench = Bench::new().await;
        for (input, wanted) in [
            (json!({}), "INACTIVE"),
            (json!({"setAsActive": false}), "INACTIVE"),
            (json!({"setAsActive": true}), "ACTIVE"),
        ] {
            let made = bench.call::<CreateKeysAndCertificate>(input).await.unwrap();
            let input = json!({"certificateId": made["certificateId"]});
            let told = bench.call::<DescribeCertificate>(input).await.unwrap();
            let told = &told["certificateDescription"];
            assert_eq!(told["status"], wanted);
            assert_eq!(told["certificateMode"], "DEFAULT");
            assert_eq!(told.get("caCertificateId"), None);
        }
    }

    #[tokio::test]
    async fn who_may_not_make_certificates_makes_none() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:CreateKeysAndCertificate",
            "Resource":"arn:aws:iot:us-east-1:123456789012:cert/*"}}"#;
        let refused = bench
            .call_with_policy::<CreateKeysAndCertificate>(allowed, json!({}))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_malformed_input_is_refused() {
        let bench = Bench::new().await;
        for input in [json!({"setAsActive": "yes"}), json!({"subject": "x"})] {
            let refused = bench.call::<CreateKeysAndCertificate>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }
}
