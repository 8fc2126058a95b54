//! `DELETE /certificates/{certificateId}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html
//! Divergences: none.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::CertificateId;
use thingpass_wire::rest_json::{Binding, Kind};

use crate::api::dispatch::{RestOperation, label, query_parameter};
use crate::api::operation::{Call, Demands, Operation};

/// DeleteCertificate.
#[derive(Debug)]
pub struct DeleteCertificate;

impl RestOperation for DeleteCertificate {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/certificates/{certificateId}";
    const BINDINGS: &'static [Binding] = &[
        label("certificateId"),
        query_parameter("forceDelete", "forceDelete", Kind::Boolean),
    ];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    certificate_id: CertificateId,
    force_delete: Option<bool>,
}

impl Operation for DeleteCertificate {
    const NAME: &'static str = "DeleteCertificate";
    const ACTION: &'static str = "iot:DeleteCertificate";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.certificate(&input.certificate_id))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let home = &call.context.home;
        let id = input.certificate_id;
        let force = input.force_delete.unwrap_or_default();
        let store = &call.context.store;
        store
            .delete_certificate(&home.account, &id, &home.certificate(&id), force)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::clock::Clock;
    use thingpass_domain::error::Error;
    use thingpass_domain::id::CertificateId;
    use thingpass_domain::iot_policy::{IotPolicy, PolicyTarget};

    use super::DeleteCertificate;
    use crate::api::iot::ca_certificate::testing::register_device;
    use crate::api::iot::certificate::describe_certificate::DescribeCertificate;
    use crate::api::iot::certificate::update_certificate::UpdateCertificate;
    use crate::api::iot::thing::attach_thing_principal::AttachThingPrincipal;
    use crate::api::iot::thing::create_thing::CreateThing;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn an_inactive_certificate_is_deleted_and_then_absent() {
        let bench = Bench::new().await;
        let made = register_device(&bench).await;
        let input = json!({"certificateId": made["certificateId"]});
        assert_eq!(
            bench
                .call::<DeleteCertificate>(input.clone())
                .await
                .unwrap(),
            Value::Null
        );
        let absent = bench.call::<DescribeCertificate>(input.clone()).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let again = bench.call::<DeleteCertificate>(input).await;
        assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
    }

    #[tokio::test]
    async fn an_active_certificate_stays_even_under_force() {
        let bench = Bench::new().await;
        let made = register_device(&bench).await;
        let id = made["certificateId"].as_str().unwrap();
        let input = json!({"certificateId": id, "newStatus": "ACTIVE"});
        bench.call::<UpdateCertificate>(input).await.unwrap();
        let input = json!({"certificateId": id, "forceDelete": true});
        let refused = bench.call::<DeleteCertificate>(input).await;
        let Err(Error::CertificateState(message)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(
            message,
            format!("Certificate must be deactivated (not ACTIVE) before deletion. Id: {id}")
        );
    }

    #[tokio::test]
    async fn a_certificate_of_a_thing_stays_even_under_force() {
        let bench = Bench::new().await;
        let made = register_device(&bench).await;
        bench
            .call::<CreateThing>(json!({"thingName": "t"}))
            .await
            .unwrap();
        let input = json!({"thingName": "t", "principal": made["certificateArn"]});
        bench.call::<AttachThingPrincipal>(input).await.unwrap();
        let input = json!({"certificateId": made["certificateId"], "forceDelete": true});
        let refused = bench.call::<DeleteCertificate>(input).await;
        let Err(Error::DeleteConflict(message)) = refused else {
            panic!("{refused:?}")
        };
        let arn = made["certificateArn"].as_str().unwrap();
        assert_eq!(
            message,
            format!("Things must be detached before deletion (arn: {arn})")
        );
    }

    #[tokio::test]
    async fn a_certificate_with_policies_goes_only_under_force() {
        let bench = Bench::new().await;
        let made = register_device(&bench).await;
        let id = CertificateId::new(made["certificateId"].as_str().unwrap()).unwrap();
        attach_policy(&bench, &id).await;
        let input = json!({"certificateId": id.to_string()});
        let refused = bench.call::<DeleteCertificate>(input).await;
        let Err(Error::DeleteConflict(message)) = refused else {
            panic!("{refused:?}")
        };
        let arn = made["certificateArn"].as_str().unwrap();
        let wanted = format!("Certificate policies must be detached before deletion (arn: {arn})");
        assert_eq!(message, wanted);
        let input = json!({"certificateId": id.to_string(), "forceDelete": true});
        assert!(bench.call::<DeleteCertificate>(input).await.is_ok());
    }

    #[tokio::test]
    async fn who_may_not_delete_the_certificate_deletes_nothing() {
        let bench = Bench::new().await;
        let made = register_device(&bench).await;
        let input = json!({"certificateId": made["certificateId"]});
        let allowed =
            r#"{"Statement":{"Effect":"Allow","Action":"iot:UpdateCertificate","Resource":"*"}}"#;
        let refused = bench
            .call_with_policy::<DeleteCertificate>(allowed, input.clone())
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert!(bench.call::<DescribeCertificate>(input).await.is_ok());
    }

    #[tokio::test]
    async fn a_bad_id_is_refused() {
        let bench = Bench::new().await;
        let refused = bench
            .call::<DeleteCertificate>(json!({"certificateId": "x"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    async fn attach_policy(bench: &Bench, id: &CertificateId) {
        let (store, account) = (&bench.context.store, bench.account());
        let now = bench.clock.now();
        let policy = IotPolicy {
            name: "p".parse().unwrap(),
            default_version_id: 1,
            document: r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
            generation_id: "g".to_owned(),
            created_at: now,
            last_modified_at: now,
        };
        store.create_iot_policy(account, policy).await.unwrap();
        let target = PolicyTarget::Certificate(*id);
        store
            .attach_iot_policy(account, &"p".parse().unwrap(), &target)
            .await
            .unwrap();
    }
}
