//! `DELETE /cacertificate/{caCertificateId}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCACertificate.html
//! Divergences: none.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::CertificateId;
use thingpass_wire::rest_json::Binding;

use super::CERTIFICATE_ID;
use crate::api::dispatch::RestOperation;
use crate::api::operation::{Call, Demands, Operation};

/// DeleteCACertificate.
#[derive(Debug)]
pub struct DeleteCACertificate;

impl RestOperation for DeleteCACertificate {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/cacertificate/{caCertificateId}";
    const BINDINGS: &'static [Binding] = &[CERTIFICATE_ID];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    certificate_id: CertificateId,
}

impl Operation for DeleteCACertificate {
    const NAME: &'static str = "DeleteCACertificate";
    const ACTION: &'static str = "iot:DeleteCACertificate";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.ca_certificate(&input.certificate_id))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let account = &call.context.home.account;
        call.context
            .store
            .delete_ca_certificate(account, &input.certificate_id)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::DeleteCACertificate;
    use crate::api::iot::ca_certificate::describe_ca_certificate::DescribeCACertificate;
    use crate::api::iot::ca_certificate::register_ca_certificate::RegisterCACertificate;
    use crate::api::iot::ca_certificate::testing::FleetCa;
    use crate::api::testing::Bench;

    async fn bench_with_ca(active: bool) -> (Bench, Value) {
        let bench = Bench::new().await;
        let input = json!({"caCertificate": FleetCa::new(&bench).pem(),
            "certificateMode": "SNI_ONLY", "setAsActive": active});
        let made = bench.call::<RegisterCACertificate>(input).await.unwrap();
        (bench, json!({"certificateId": made["certificateId"]}))
    }

    #[tokio::test]
    async fn an_inactive_ca_is_deleted_and_then_absent() {
        let (bench, input) = bench_with_ca(false).await;
        assert_eq!(
            bench
                .call::<DeleteCACertificate>(input.clone())
                .await
                .unwrap(),
            Value::Null
        );
        let absent = bench.call::<DescribeCACertificate>(input.clone()).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let again = bench.call::<DeleteCACertificate>(input).await;
        assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
    }

    #[tokio::test]
    async fn an_active_ca_stays() {
        let (bench, input) = bench_with_ca(true).await;
        let refused = bench.call::<DeleteCACertificate>(input.clone()).await;
        assert!(
            matches!(refused, Err(Error::CertificateState(_))),
            "{refused:?}"
        );
        assert!(bench.call::<DescribeCACertificate>(input).await.is_ok());
    }

    #[tokio::test]
    async fn a_bad_id_is_refused() {
        let bench = Bench::new().await;
        let refused = bench
            .call::<DeleteCACertificate>(json!({"certificateId": "x"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn who_may_not_delete_the_ca_deletes_nothing() {
        let (bench, input) = bench_with_ca(false).await;
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:DeleteCertificate","Resource":"*"}}"#;
        let refused = bench
            .call_with_policy::<DeleteCACertificate>(allowed, input.clone())
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert!(bench.call::<DescribeCACertificate>(input).await.is_ok());
    }
}
