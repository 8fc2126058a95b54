//! `POST /certificate/register-no-ca` — https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCertificateWithoutCA.html
//! Divergences: none.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::certificate::{
    CertificateMode, CertificateStatus, check_registrable, initial_status, not_acceptable,
};
use thingpass_domain::error::Error;
use thingpass_pki::Certificate;
use thingpass_wire::rest_json::Binding;

use super::{Registered, register};
use crate::api::dispatch::RestOperation;
use crate::api::operation::{Call, Demands, Operation};

/// RegisterCertificateWithoutCA.
#[derive(Debug)]
pub struct RegisterCertificateWithoutCA;

impl RestOperation for RegisterCertificateWithoutCA {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/certificate/register-no-ca";
    const BINDINGS: &'static [Binding] = &[];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    certificate_pem: String,
    status: Option<String>,
}

impl Operation for RegisterCertificateWithoutCA {
    const NAME: &'static str = "RegisterCertificateWithoutCA";
    const ACTION: &'static str = "iot:RegisterCertificateWithoutCA";
    type Input = Input;
    type Output = Registered;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Registered, Error> {
        let asked = input
            .status
            .as_deref()
            .map(CertificateStatus::read)
            .transpose()?;
        let status = initial_status(asked, None)?;
        let x509 = Certificate::from_pem(&input.certificate_pem)
            .map_err(|refusal| not_acceptable(&refusal))?;
        check_registrable(&x509, call.context.clock.now())?;
        register(call, &x509, status, CertificateMode::SniOnly, None).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::RegisterCertificateWithoutCA;
    use crate::api::iot::ca_certificate::testing::FleetCa;
    use crate::api::iot::certificate::describe_certificate::DescribeCertificate;
    use crate::api::testing::Bench;

    const EDWARDS: &str = "\
-----BEGIN CERTIFICATE-----
MIHSMIGFoAMCAQICAQEwBQYDK2VwMBIxEDAOBgNVBAMMB2Vkd2FyZHMwIBcNNjAw
MTAxMDAwMDAwWhgPMjIwMDAxMDEwMDAwMDBaMBIxEDAOBgNVBAMMB2Vkd2FyZHMw
KjAFBgMrZXADIQC7RelXvUDKiStEHmtIQPkYQpek7f3d1A+SeRcqx4aq3TAFBgMr
ZXADQQDooOvAnzzACTstOctFU2/+leB3aNczEM5NLdO3DMErob9lESkApAlx6kBM
EorLdpVoRSnfQO7n4qE/56tMClAA
-----END CERTIFICATE-----
";

    #[tokio::test]
    async fn a_certificate_is_registered_though_nobody_knows_its_ca() {
        let bench = Bench::new().await;
        let pem = FleetCa::new(&bench).device_pem("pump-7");
        let input = json!({"certificatePem": pem, "status": "ACTIVE"});
        let made = bench
            .call::<RegisterCertificateWithoutCA>(input)
            .await
            .unwrap();
        let input = json!({"certificateId": made["certificateId"]});
        let told = bench.call::<DescribeCertificate>(input).await.unwrap();
        let told = &told["certificateDescription"];
        assert_eq!(told["status"], "ACTIVE");
        assert_eq!(told["certificateMode"], "SNI_ONLY");
        assert_eq!(told["certificateArn"], made["certificateArn"]);
        assert_eq!(told.get("caCertificateId"), None);
    }

    #[tokio::test]
    async fn a_certificate_that_is_registered_already_is_named() {
        let bench = Bench::new().await;
        let input = json!({"certificatePem": FleetCa::new(&bench).device_pem("pump-7")});
        let made = bench
            .call::<RegisterCertificateWithoutCA>(input.clone())
            .await
            .unwrap();
        let refused = bench.call::<RegisterCertificateWithoutCA>(input).await;
        let Err(Error::AlreadyExists { resource_arn, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(resource_arn.as_deref(), made["certificateArn"].as_str());
    }

    #[tokio::test]
    async fn what_no_device_could_use_is_refused() {
        let bench = Bench::new().await;
        let ended = FleetCa::new(&bench).ended_device_pem("pump-7");
        for (pem, wanted) in [
            (EDWARDS, "accepted are"),
            (ended.as_str(), "ended on"),
            ("x", "PEM"),
        ] {
            let input = json!({"certificatePem": pem});
            let refused = bench.call::<RegisterCertificateWithoutCA>(input).await;
            let Err(Error::CertificateValidation(message)) = refused else {
                panic!("{refused:?}")
            };
            assert!(message.contains(wanted), "{message}");
        }
    }

    #[tokio::test]
    async fn malformed_inputs_are_refused() {
        let bench = Bench::new().await;
        for input in [
            json!({}),
            json!({"certificatePem": EDWARDS, "status": "PENDING_TRANSFER"}),
            json!({"certificatePem": EDWARDS, "status": "active"}),
            json!({"certificatePem": EDWARDS, "setAsActive": true}),
        ] {
            let refused = bench
                .call::<RegisterCertificateWithoutCA>(input.clone())
                .await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_not_register_registers_nothing() {
        let bench = Bench::new().await;
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:RegisterCertificate","Resource":"*"}}"#;
        let input = json!({"certificatePem": FleetCa::new(&bench).device_pem("a")});
        let refused = bench
            .call_with_policy::<RegisterCertificateWithoutCA>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
