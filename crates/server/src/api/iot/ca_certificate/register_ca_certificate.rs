//! `POST /cacertificate` — https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCACertificate.html
//! Divergences: `registrationConfig` and `tags` are refused.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::ca_certificate::{
    CaCertificate, CaCertificateStatus, check_registrable, check_verification,
};
use thingpass_domain::certificate::{CertificateMode, not_acceptable};
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::CertificateId;
use thingpass_pki::Certificate;
use thingpass_wire::rest_json::{Binding, Kind};

use super::registration_code;
use crate::api::dispatch::{RestOperation, query_parameter};
use crate::api::operation::{Call, Context, Demands, Operation};

/// RegisterCACertificate.
#[derive(Debug)]
pub struct RegisterCACertificate;

impl RestOperation for RegisterCACertificate {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/cacertificate";
    const BINDINGS: &'static [Binding] = &[
        query_parameter("setAsActive", "setAsActive", Kind::Boolean),
        query_parameter(
            "allowAutoRegistration",
            "allowAutoRegistration",
            Kind::Boolean,
        ),
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    ca_certificate: String,
    verification_certificate: Option<String>,
    set_as_active: Option<bool>,
    allow_auto_registration: Option<bool>,
    certificate_mode: Option<String>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    certificate_arn: String,
    certificate_id: CertificateId,
}

impl Operation for RegisterCACertificate {
    const NAME: &'static str = "RegisterCACertificate";
    const ACTION: &'static str = "iot:RegisterCACertificate";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let context = call.context;
        let mode = match input.certificate_mode {
            Some(text) => CertificateMode::read(&text)?,
            None => CertificateMode::Default,
        };
        let status = match input.set_as_active {
            Some(true) => CaCertificateStatus::Active,
            Some(false) | None => CaCertificateStatus::Inactive,
        };
        let now = context.clock.now();
        let x509 = read(&input.ca_certificate)?;
        check_registrable(&x509, now)?;
        verify(
            context,
            &x509,
            mode,
            input.verification_certificate.as_deref(),
        )
        .await?;
        let auto_registration = input.allow_auto_registration.unwrap_or_default();
        let generation_id = entropy::uuid(&*context.entropy)?;
        let ca = CaCertificate::new(&x509, status, auto_registration, mode, generation_id, now);
        let certificate_id = ca.id;
        let certificate_arn = context.home.ca_certificate(&certificate_id);
        let written = context
            .store
            .create_ca_certificate(&context.home.account, ca)
            .await;
        written.map_err(|error| error.with_resource_arn(certificate_arn.clone()))?;
        Ok(Output {
            certificate_arn,
            certificate_id,
        })
    }
}

/// Checks the verification certificate, which mode DEFAULT demands and mode SNI_ONLY forbids.
async fn verify(
    context: &Context,
    ca: &Certificate,
    mode: CertificateMode,
    verification_pem: Option<&str>,
) -> Result<(), Error> {
    match (mode, verification_pem.filter(|pem| !pem.is_empty())) {
        (CertificateMode::SniOnly, None) => Ok(()),
        (CertificateMode::SniOnly, Some(_)) => Err(Error::invalid(
            "verificationCertificate must be empty where certificateMode is SNI_ONLY: leave it out",
        )),
        (CertificateMode::Default, None) => Err(Error::invalid(
            "verificationCertificate must not be empty where certificateMode is DEFAULT: sign a \
             certificate with the CA whose common name is the registration code (`aws iot \
             get-registration-code`), or set certificateMode to SNI_ONLY",
        )),
        (CertificateMode::Default, Some(pem)) => {
            let code = registration_code(context).await?;
            check_verification(&read(pem)?, ca, &code, context.clock.now())
        }
    }
}

fn read(pem: &str) -> Result<Certificate, Error> {
    Certificate::from_pem(pem).map_err(|refusal| not_acceptable(&refusal))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::RegisterCACertificate;
    use crate::api::iot::ca_certificate::describe_ca_certificate::DescribeCACertificate;
    use crate::api::iot::ca_certificate::testing::{FleetCa, registration_code};
    use crate::api::testing::Bench;

    async fn describe(bench: &Bench, made: &Value) -> Value {
        let input = json!({"certificateId": made["certificateId"]});
        let told = bench.call::<DescribeCACertificate>(input).await.unwrap();
        told["certificateDescription"].clone()
    }

    #[tokio::test]
    async fn a_ca_that_proves_its_key_is_registered() {
        let bench = Bench::new().await;
        let made = FleetCa::new(&bench).register(&bench).await;
        let id = made["certificateId"].as_str().unwrap();
        let arn = format!("arn:aws:iot:us-east-1:123456789012:cacert/{id}");
        assert_eq!(made, json!({"certificateArn": arn, "certificateId": id}));
        let told = describe(&bench, &made).await;
        assert_eq!(told["status"], "ACTIVE");
        assert_eq!(told["autoRegistrationStatus"], "DISABLE");
        assert_eq!(told["certificateMode"], "DEFAULT");
    }

    #[tokio::test]
    async fn a_ca_without_proof_is_registered_for_sni_only_and_inactive() {
        let bench = Bench::new().await;
        let input = json!({"caCertificate": FleetCa::new(&bench).pem(),
            "certificateMode": "SNI_ONLY", "allowAutoRegistration": true});
        let made = bench.call::<RegisterCACertificate>(input).await.unwrap();
        let told = describe(&bench, &made).await;
        assert_eq!(told["status"], "INACTIVE");
        assert_eq!(told["autoRegistrationStatus"], "ENABLE");
        assert_eq!(told["certificateMode"], "SNI_ONLY");
    }

    #[tokio::test]
    async fn a_ca_that_is_registered_already_is_named() {
        let bench = Bench::new().await;
        let ca = FleetCa::new(&bench);
        let made = ca.register(&bench).await;
        let input = json!({"caCertificate": ca.pem(), "certificateMode": "SNI_ONLY"});
        let refused = bench.call::<RegisterCACertificate>(input).await;
        let Err(Error::AlreadyExists {
            resource_id,
            resource_arn,
            ..
        }) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(resource_id.as_deref(), made["certificateId"].as_str());
        assert_eq!(resource_arn.as_deref(), made["certificateArn"].as_str());
    }

    #[tokio::test]
    async fn a_verification_without_the_code_tells_where_to_get_it() {
        let bench = Bench::new().await;
        let ca = FleetCa::new(&bench);
        for common_name in [
            "0".repeat(64),
            registration_code(&bench).await.to_uppercase(),
            registration_code(&Bench::new().await).await,
        ] {
            let input = json!({"caCertificate": ca.pem(),
                "verificationCertificate": ca.device_pem(&common_name)});
            let refused = bench.call::<RegisterCACertificate>(input).await;
            let Err(Error::RegistrationCodeValidation(message)) = refused else {
                panic!("{refused:?}")
            };
            assert!(message.contains("get-registration-code"), "{message}");
        }
    }

    #[tokio::test]
    async fn a_verification_by_another_key_or_that_ended_is_refused() {
        let bench = Bench::new().await;
        let code = registration_code(&bench).await;
        let ca = FleetCa::new(&bench);
        for verification in [
            FleetCa::new(&bench).device_pem(&code),
            ca.ended_device_pem(&code),
            "no certificate".to_owned(),
        ] {
            let input = json!({"caCertificate": ca.pem(), "verificationCertificate": verification});
            let refused = bench.call::<RegisterCACertificate>(input).await;
            assert!(
                matches!(refused, Err(Error::CertificateValidation(_))),
                "{refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_no_ca_or_not_valid_now_is_refused() {
        let bench = Bench::new().await;
        for pem in [
            FleetCa::new(&bench).device_pem("device"),
            FleetCa::valid(&bench, -2..-1).pem(),
            FleetCa::valid(&bench, 1..2).pem(),
            "no certificate".to_owned(),
        ] {
            let input = json!({"caCertificate": pem, "certificateMode": "SNI_ONLY"});
            let refused = bench.call::<RegisterCACertificate>(input).await;
            assert!(
                matches!(refused, Err(Error::CertificateValidation(_))),
                "{refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn the_verification_goes_with_the_mode_and_unserved_members_are_refused() {
        let bench = Bench::new().await;
        let ca = FleetCa::new(&bench);
        let verification = ca.device_pem(&registration_code(&bench).await);
        for input in [
            json!({}),
            json!({"caCertificate": ca.pem()}),
            json!({"caCertificate": ca.pem(), "verificationCertificate": ""}),
            json!({"caCertificate": ca.pem(), "verificationCertificate": verification,
                   "certificateMode": "SNI_ONLY"}),
            json!({"caCertificate": ca.pem(), "verificationCertificate": verification,
                   "certificateMode": "OTHER"}),
            json!({"caCertificate": ca.pem(), "verificationCertificate": verification,
                   "registrationConfig": {}}),
            json!({"caCertificate": ca.pem(), "verificationCertificate": verification,
                   "tags": []}),
        ] {
            let refused = bench.call::<RegisterCACertificate>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn an_eleventh_ca_of_one_subject_is_too_much() {
        let bench = Bench::new().await;
        for number in 1..=11 {
            let input = json!({"caCertificate": FleetCa::new(&bench).pem(),
                "certificateMode": "SNI_ONLY"});
            let made = bench.call::<RegisterCACertificate>(input).await;
            match number {
                11 => assert!(matches!(made, Err(Error::LimitExceeded(_))), "{made:?}"),
                _ => assert!(made.is_ok(), "{made:?}"),
            }
        }
    }

    #[tokio::test]
    async fn who_may_not_register_cas_registers_none() {
        let bench = Bench::new().await;
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:RegisterCertificate","Resource":"*"}}"#;
        let input = json!({"caCertificate": FleetCa::new(&bench).pem(),
            "certificateMode": "SNI_ONLY"});
        let refused = bench
            .call_with_policy::<RegisterCACertificate>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
