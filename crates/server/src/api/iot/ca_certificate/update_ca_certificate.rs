//! `PUT /cacertificate/{caCertificateId}` — https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCACertificate.html
//! Divergences: `registrationConfig` is refused; `removeAutoRegistration` turns automatic registration off; a call that changes nothing is refused.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::ca_certificate::CaCertificateStatus;
use thingpass_domain::error::Error;
use thingpass_domain::id::CertificateId;
use thingpass_wire::rest_json::{Binding, Kind};

use super::{CERTIFICATE_ID, auto_registration_status};
use crate::api::dispatch::{RestOperation, query_parameter};
use crate::api::operation::{Call, Demands, Operation};

/// UpdateCACertificate.
#[derive(Debug)]
pub struct UpdateCACertificate;

impl RestOperation for UpdateCACertificate {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/cacertificate/{caCertificateId}";
    const BINDINGS: &'static [Binding] = &[
        CERTIFICATE_ID,
        query_parameter("newStatus", "newStatus", Kind::Text),
        query_parameter(
            "newAutoRegistrationStatus",
            "newAutoRegistrationStatus",
            Kind::Text,
        ),
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    certificate_id: CertificateId,
    new_status: Option<String>,
    new_auto_registration_status: Option<String>,
    remove_auto_registration: Option<bool>,
}

impl Operation for UpdateCACertificate {
    const NAME: &'static str = "UpdateCACertificate";
    const ACTION: &'static str = "iot:UpdateCACertificate";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.ca_certificate(&input.certificate_id))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let context = call.context;
        let status = input
            .new_status
            .as_deref()
            .map(CaCertificateStatus::read)
            .transpose()?;
        let auto_registration = auto_registration(
            input.new_auto_registration_status.as_deref(),
            input.remove_auto_registration.unwrap_or_default(),
        )?;
        if status.is_none() && auto_registration.is_none() {
            return Err(Error::invalid(
                "nothing to change: give newStatus or newAutoRegistrationStatus",
            ));
        }
        let (account, now) = (&context.home.account, context.clock.now());
        let id = &input.certificate_id;
        context
            .store
            .update_ca_certificate(account, id, status, auto_registration, now)
            .await
    }
}

fn auto_registration(status: Option<&str>, remove: bool) -> Result<Option<bool>, Error> {
    let asked = match status {
        None => None,
        Some(text) if text == auto_registration_status(true) => Some(true),
        Some(text) if text == auto_registration_status(false) => Some(false),
        Some(other) => {
            return Err(Error::invalid(format!(
                "`{other}` is no status of automatic registration: ENABLE or DISABLE"
            )));
        }
    };
    match (asked, remove) {
        (Some(true), true) => Err(Error::invalid(
            "newAutoRegistrationStatus ENABLE contradicts removeAutoRegistration: give one of them",
        )),
        (Some(false) | None, true) => Ok(Some(false)),
        (asked, false) => Ok(asked),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::UpdateCACertificate;
    use crate::api::iot::ca_certificate::describe_ca_certificate::DescribeCACertificate;
    use crate::api::iot::ca_certificate::testing::FleetCa;
    use crate::api::testing::Bench;

    async fn bench_with_ca() -> (Bench, Value) {
        let bench = Bench::new().await;
        let made = FleetCa::new(&bench).register(&bench).await;
        (bench, made["certificateId"].clone())
    }

    async fn describe(bench: &Bench, id: &Value) -> Value {
        let told = bench
            .call::<DescribeCACertificate>(json!({"certificateId": id}))
            .await;
        told.unwrap()["certificateDescription"].clone()
    }

    #[tokio::test]
    async fn status_and_automatic_registration_change_apart() {
        let (bench, id) = bench_with_ca().await;
        for (change, status, auto) in [
            (json!({"newStatus": "INACTIVE"}), "INACTIVE", "DISABLE"),
            (
                json!({"newAutoRegistrationStatus": "ENABLE"}),
                "INACTIVE",
                "ENABLE",
            ),
            (json!({"newStatus": "ACTIVE"}), "ACTIVE", "ENABLE"),
            (json!({"removeAutoRegistration": true}), "ACTIVE", "DISABLE"),
            (
                json!({"newStatus": "INACTIVE", "newAutoRegistrationStatus": "ENABLE",
                       "removeAutoRegistration": false}),
                "INACTIVE",
                "ENABLE",
            ),
            (
                json!({"newAutoRegistrationStatus": "DISABLE"}),
                "INACTIVE",
                "DISABLE",
            ),
        ] {
            bench.clock.advance_seconds(1);
            let mut input = change.clone();
            input["certificateId"] = id.clone();
            assert_eq!(
                bench.call::<UpdateCACertificate>(input).await.unwrap(),
                Value::Null
            );
            let told = describe(&bench, &id).await;
            assert_eq!(told["status"], status, "{change}");
            assert_eq!(told["autoRegistrationStatus"], auto, "{change}");
        }
        let told = describe(&bench, &id).await;
        assert_eq!(told["customerVersion"], 7);
        assert_eq!(told["lastModifiedDate"], 1_767_225_606);
    }

    #[tokio::test]
    async fn nothing_contradictions_and_unknown_words_are_refused() {
        let (bench, id) = bench_with_ca().await;
        for change in [
            json!({}),
            json!({"removeAutoRegistration": false}),
            json!({"newStatus": "REVOKED"}),
            json!({"newAutoRegistrationStatus": "ON"}),
            json!({"newAutoRegistrationStatus": "ENABLE", "removeAutoRegistration": true}),
            json!({"newStatus": "INACTIVE", "registrationConfig": {}}),
        ] {
            let mut input = change.clone();
            input["certificateId"] = id.clone();
            let refused = bench.call::<UpdateCACertificate>(input).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{change}: {refused:?}"
            );
        }
        assert_eq!(describe(&bench, &id).await["customerVersion"], 1);
    }

    #[tokio::test]
    async fn an_absent_ca_is_not_found() {
        let bench = Bench::new().await;
        let input = json!({"certificateId": "ab".repeat(32), "newStatus": "ACTIVE"});
        let absent = bench.call::<UpdateCACertificate>(input).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
    }

    #[tokio::test]
    async fn who_may_update_only_device_certificates_updates_no_ca() {
        let (bench, id) = bench_with_ca().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:Update*",
            "Resource":"arn:aws:iot:us-east-1:123456789012:cert/*"}}"#;
        let input = json!({"certificateId": id, "newStatus": "INACTIVE"});
        let refused = bench
            .call_with_policy::<UpdateCACertificate>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert_eq!(describe(&bench, &id).await["status"], "ACTIVE");
    }
}
