//! `PUT /certificates/{certificateId}` — https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html
//! Divergences: takes effect before it answers.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::certificate::CertificateStatus;
use thingpass_domain::error::Error;
use thingpass_domain::id::CertificateId;
use thingpass_wire::rest_json::{Binding, Kind};

use crate::api::dispatch::{RestOperation, label, query_parameter};
use crate::api::operation::{Call, Demands, Operation};

/// UpdateCertificate.
#[derive(Debug)]
pub struct UpdateCertificate;

impl RestOperation for UpdateCertificate {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/certificates/{certificateId}";
    const BINDINGS: &'static [Binding] = &[
        label("certificateId"),
        query_parameter("newStatus", "newStatus", Kind::Text),
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    certificate_id: CertificateId,
    new_status: String,
}

impl Operation for UpdateCertificate {
    const NAME: &'static str = "UpdateCertificate";
    const ACTION: &'static str = "iot:UpdateCertificate";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.certificate(&input.certificate_id))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let context = call.context;
        let status = CertificateStatus::read(&input.new_status)?;
        status.check_settable()?;
        let (account, now) = (&context.home.account, context.clock.now());
        context
            .store
            .update_certificate(account, &input.certificate_id, status, now)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::UpdateCertificate;
    use crate::api::iot::ca_certificate::testing::register_device;
    use crate::api::iot::certificate::describe_certificate::DescribeCertificate;
    use crate::api::testing::Bench;

    async fn describe(bench: &Bench, id: &Value) -> Value {
        let told = bench
            .call::<DescribeCertificate>(json!({"certificateId": id}))
            .await;
        told.unwrap()["certificateDescription"].clone()
    }

    #[tokio::test]
    async fn a_certificate_is_switched_on_and_off_and_withdrawn() {
        let bench = Bench::new().await;
        let id = register_device(&bench).await["certificateId"].clone();
        for (version, status) in [(2, "ACTIVE"), (3, "INACTIVE"), (4, "REVOKED")] {
            bench.clock.advance_seconds(60);
            let input = json!({"certificateId": id, "newStatus": status});
            assert_eq!(
                bench.call::<UpdateCertificate>(input).await.unwrap(),
                Value::Null
            );
            let told = describe(&bench, &id).await;
            assert_eq!(told["status"], status);
            assert_eq!(told["customerVersion"], version);
            assert_eq!(told["lastModifiedDate"], 1_767_225_600 + 60 * (version - 1));
        }
    }

    #[tokio::test]
    async fn the_same_status_twice_is_success() {
        let bench = Bench::new().await;
        let id = register_device(&bench).await["certificateId"].clone();
        for _ in 0..2 {
            let input = json!({"certificateId": id, "newStatus": "ACTIVE"});
            assert!(bench.call::<UpdateCertificate>(input).await.is_ok());
        }
        assert_eq!(describe(&bench, &id).await["status"], "ACTIVE");
    }

    #[tokio::test]
    async fn states_of_our_own_and_unknown_ones_are_refused() {
        let bench = Bench::new().await;
        let id = register_device(&bench).await["certificateId"].clone();
        for status in [
            "PENDING_TRANSFER",
            "PENDING_ACTIVATION",
            "REGISTER_INACTIVE",
            "",
            "active",
        ] {
            let input = json!({"certificateId": id, "newStatus": status});
            let refused = bench.call::<UpdateCertificate>(input).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{status}: {refused:?}"
            );
        }
        let refused = bench
            .call::<UpdateCertificate>(json!({"certificateId": id}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        assert_eq!(describe(&bench, &id).await["customerVersion"], 1);
    }

    #[tokio::test]
    async fn an_absent_certificate_is_not_found() {
        let bench = Bench::new().await;
        let input = json!({"certificateId": "ab".repeat(32), "newStatus": "ACTIVE"});
        let absent = bench.call::<UpdateCertificate>(input).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
    }

    #[tokio::test]
    async fn who_may_update_another_certificate_does_not_update_this_one() {
        let bench = Bench::new().await;
        let id = register_device(&bench).await["certificateId"].clone();
        let allowed = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"iot:UpdateCertificate",
                "Resource":"arn:aws:iot:us-east-1:123456789012:cert/{}"}}}}"#,
            "ab".repeat(32)
        );
        let input = json!({"certificateId": id, "newStatus": "ACTIVE"});
        let refused = bench
            .call_with_policy::<UpdateCertificate>(&allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert_eq!(describe(&bench, &id).await["status"], "INACTIVE");
    }
}
