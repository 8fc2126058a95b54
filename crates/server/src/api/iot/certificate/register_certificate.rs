//! `POST /certificate/register` — https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCertificate.html
//! Divergences: none.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::ca_certificate::{CaCertificate, issuer_of};
use thingpass_domain::certificate::{
    CertificateStatus, check_registrable, initial_status, not_acceptable,
};
use thingpass_domain::error::Error;
use thingpass_domain::id::CertificateId;
use thingpass_pki::Certificate;
use thingpass_wire::rest_json::{Binding, Kind};

use super::{Registered, register};
use crate::api::dispatch::{RestOperation, query_parameter};
use crate::api::operation::{Call, Demands, Operation};

/// RegisterCertificate.
#[derive(Debug)]
pub struct RegisterCertificate;

impl RestOperation for RegisterCertificate {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/certificate/register";
    const BINDINGS: &'static [Binding] =
        &[query_parameter("setAsActive", "setAsActive", Kind::Boolean)];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    certificate_pem: String,
    ca_certificate_pem: Option<String>,
    set_as_active: Option<bool>,
    status: Option<String>,
}

impl Operation for RegisterCertificate {
    const NAME: &'static str = "RegisterCertificate";
    const ACTION: &'static str = "iot:RegisterCertificate";
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
        let status = initial_status(asked, input.set_as_active)?;
        let leaf = read(&input.certificate_pem)?;
        let now = call.context.clock.now();
        check_registrable(&leaf, now)?;
        let candidates = candidates(call, &leaf, input.ca_certificate_pem.as_deref()).await?;
        let ca = issuer_of(&leaf, &candidates, now)?;
        register(call, &leaf, status, ca.mode, Some(ca.id)).await
    }
}

/// The registered CAs that may have signed the certificate; only the one that `ca_pem` is, if it
/// is given.
async fn candidates(
    call: Call<'_>,
    leaf: &Certificate,
    ca_pem: Option<&str>,
) -> Result<Vec<CaCertificate>, Error> {
    let account = &call.context.home.account;
    let store = &call.context.store;
    let mut candidates = store
        .ca_certificates_by_subject(account, leaf.issuer_der())
        .await?;
    if let Some(ca_pem) = ca_pem {
        let ca = read(ca_pem)?;
        leaf.is_signed_by(&ca).map_err(|refusal| {
            Error::CertificateValidation(format!(
                "the CA certificate in caCertificatePem did not sign the certificate: {refusal}"
            ))
        })?;
        let id = CertificateId::from_fingerprint(ca.fingerprint());
        candidates.retain(|candidate| candidate.id == id);
    }
    Ok(candidates)
}

fn read(pem: &str) -> Result<Certificate, Error> {
    Certificate::from_pem(pem).map_err(|refusal| not_acceptable(&refusal))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::RegisterCertificate;
    use crate::api::iot::ca_certificate::register_ca_certificate::RegisterCACertificate;
    use crate::api::iot::ca_certificate::testing::{FleetCa, TWIN_CA, TWIN_DEVICE, TWIN_OTHER_CA};
    use crate::api::iot::ca_certificate::update_ca_certificate::UpdateCACertificate;
    use crate::api::iot::certificate::describe_certificate::DescribeCertificate;
    use crate::api::testing::Bench;

    async fn bench_with_ca() -> (Bench, FleetCa, Value) {
        let bench = Bench::new().await;
        let ca = FleetCa::new(&bench);
        let registered = ca.register(&bench).await;
        (bench, ca, registered)
    }

    #[tokio::test]
    async fn a_certificate_is_registered_under_the_ca_that_signed_it() {
        let (bench, ca, registered) = bench_with_ca().await;
        let pem = ca.device_pem("pump-7");
        let made = bench
            .call::<RegisterCertificate>(json!({"certificatePem": pem}))
            .await
            .unwrap();
        let input = json!({"certificateId": made["certificateId"]});
        let told = bench.call::<DescribeCertificate>(input).await.unwrap();
        let told = &told["certificateDescription"];
        assert_eq!(told["caCertificateId"], registered["certificateId"]);
        assert_eq!(told["certificateArn"], made["certificateArn"]);
        assert_eq!(told["certificatePem"], pem);
        assert_eq!(told["status"], "INACTIVE");
        assert_eq!(told["certificateMode"], "DEFAULT");
    }

    #[tokio::test]
    async fn status_and_set_as_active_say_the_state() {
        let (bench, ca, _) = bench_with_ca().await;
        for (member, value, wanted) in [
            ("status", json!("ACTIVE"), "ACTIVE"),
            ("status", json!("REVOKED"), "REVOKED"),
            ("setAsActive", json!(true), "ACTIVE"),
        ] {
            let input = json!({"certificatePem": ca.device_pem("d"), member: value});
            let made = bench.call::<RegisterCertificate>(input).await.unwrap();
            let input = json!({"certificateId": made["certificateId"]});
            let told = bench.call::<DescribeCertificate>(input).await.unwrap();
            assert_eq!(told["certificateDescription"]["status"], wanted);
        }
    }

    #[tokio::test]
    async fn a_certificate_that_is_registered_already_is_named() {
        let (bench, ca, _) = bench_with_ca().await;
        let input = json!({"certificatePem": ca.device_pem("pump-7")});
        let made = bench
            .call::<RegisterCertificate>(input.clone())
            .await
            .unwrap();
        let refused = bench.call::<RegisterCertificate>(input).await;
        let Err(Error::AlreadyExists {
            message,
            resource_id,
            resource_arn,
        }) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(
            message,
            "The certificate is already provisioned or registered"
        );
        assert_eq!(resource_id.as_deref(), made["certificateId"].as_str());
        assert_eq!(resource_arn.as_deref(), made["certificateArn"].as_str());
    }

    #[tokio::test]
    async fn a_certificate_of_an_unknown_ca_is_refused_with_what_to_do() {
        let (bench, _, _) = bench_with_ca().await;
        let stranger = FleetCa::new(&bench);
        let own = json!({"certificatePem": stranger.device_pem("pump-7")});
        let with_ca = json!({"certificatePem": stranger.device_pem("pump-7"),
            "caCertificatePem": stranger.pem()});
        for input in [own, with_ca] {
            let refused = bench.call::<RegisterCertificate>(input).await;
            let Err(Error::CertificateValidation(message)) = refused else {
                panic!("{refused:?}")
            };
            assert!(message.contains("register its CA first"), "{message}");
        }
    }

    #[tokio::test]
    async fn the_ca_that_is_named_must_have_signed() {
        let (bench, ca, registered) = bench_with_ca().await;
        let other = FleetCa::new(&bench);
        other.register(&bench).await;
        let wrong = json!({"certificatePem": ca.device_pem("a"), "caCertificatePem": other.pem()});
        let refused = bench.call::<RegisterCertificate>(wrong).await;
        assert!(
            matches!(refused, Err(Error::CertificateValidation(_))),
            "{refused:?}"
        );
        let right = json!({"certificatePem": ca.device_pem("a"), "caCertificatePem": ca.pem()});
        let made = bench.call::<RegisterCertificate>(right).await.unwrap();
        let input = json!({"certificateId": made["certificateId"]});
        let told = bench.call::<DescribeCertificate>(input).await.unwrap();
        let ca_id = &told["certificateDescription"]["caCertificateId"];
        assert_eq!(ca_id, &registered["certificateId"]);
    }

    #[tokio::test]
    async fn an_inactive_ca_vouches_for_no_new_certificate() {
        let (bench, ca, registered) = bench_with_ca().await;
        let input = json!({"certificateId": registered["certificateId"], "newStatus": "INACTIVE"});
        bench.call::<UpdateCACertificate>(input).await.unwrap();
        let input = json!({"certificatePem": ca.device_pem("a")});
        let refused = bench.call::<RegisterCertificate>(input).await;
        let Err(Error::CertificateState(message)) = refused else {
            panic!("{refused:?}")
        };
        assert!(message.contains("UpdateCACertificate"), "{message}");
    }

    #[tokio::test]
    async fn of_two_cas_with_the_same_key_one_must_be_named() {
        let bench = Bench::new().await;
        for pem in [TWIN_CA, TWIN_OTHER_CA] {
            let input = json!({"caCertificate": pem, "certificateMode": "SNI_ONLY",
                "setAsActive": true});
            bench.call::<RegisterCACertificate>(input).await.unwrap();
        }
        let mut input = json!({"certificatePem": TWIN_DEVICE});
        let refused = bench.call::<RegisterCertificate>(input.clone()).await;
        let Err(Error::CertificateConflict(message)) = refused else {
            panic!("{refused:?}")
        };
        assert!(message.contains("caCertificatePem"), "{message}");
        input["caCertificatePem"] = json!(TWIN_OTHER_CA);
        let made = bench.call::<RegisterCertificate>(input).await.unwrap();
        let input = json!({"certificateId": made["certificateId"]});
        let told = bench.call::<DescribeCertificate>(input).await.unwrap();
        assert_eq!(
            told["certificateDescription"]["certificateMode"],
            "SNI_ONLY"
        );
    }

    #[tokio::test]
    async fn a_certificate_that_ended_is_refused() {
        let (bench, ca, _) = bench_with_ca().await;
        let input = json!({"certificatePem": ca.ended_device_pem("a")});
        let refused = bench.call::<RegisterCertificate>(input).await;
        let Err(Error::CertificateValidation(message)) = refused else {
            panic!("{refused:?}")
        };
        assert!(message.starts_with("the certificate ended on"), "{message}");
    }

    #[tokio::test]
    async fn malformed_and_contradictory_inputs_are_refused() {
        let (bench, ca, _) = bench_with_ca().await;
        let pem = ca.device_pem("a");
        for input in [
            json!({}),
            json!({"certificatePem": pem, "status": "ACTIVE", "setAsActive": false}),
            json!({"certificatePem": pem, "status": "PENDING_ACTIVATION"}),
            json!({"certificatePem": pem, "status": "REGISTER_INACTIVE"}),
            json!({"certificatePem": pem, "tags": []}),
        ] {
            let refused = bench.call::<RegisterCertificate>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
        let chain = format!("{pem}{}", ca.pem());
        for input in [
            json!({"certificatePem": "x"}),
            json!({"certificatePem": chain}),
        ] {
            let refused = bench.call::<RegisterCertificate>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::CertificateValidation(_))),
                "{refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_not_register_registers_nothing() {
        let (bench, ca, _) = bench_with_ca().await;
        let allowed = r#"{"Statement":{"Effect":"Allow",
            "Action":"iot:RegisterCertificateWithoutCA","Resource":"*"}}"#;
        let input = json!({"certificatePem": ca.device_pem("a")});
        let refused = bench
            .call_with_policy::<RegisterCertificate>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
