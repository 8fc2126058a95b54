//! `PUT /target-policies/{policyName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPolicy.html
//! Divergences: targets are certificates only.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::IotPolicyName;
use thingpass_wire::rest_json::Binding;

use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// AttachPolicy.
#[derive(Debug)]
pub struct AttachPolicy;

impl RestOperation for AttachPolicy {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/target-policies/{policyName}";
    const BINDINGS: &'static [Binding] = &[label("policyName")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    policy_name: IotPolicyName,
    target: String,
}

impl Operation for AttachPolicy {
    const NAME: &'static str = "AttachPolicy";
    const ACTION: &'static str = "iot:AttachPolicy";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, super::target_resource(&input.target, home))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let home = &call.context.home;
        let target = super::read_target(&input.target, home)?;
        let store = &call.context.store;
        store
            .attach_iot_policy(&home.account, &input.policy_name, &target)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;
    use thingpass_domain::id::CertificateId;

    use super::super::testing::{certificate, policy};
    use super::AttachPolicy;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_policy_is_attached_and_attaching_it_again_is_success() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let target = certificate(&bench, 1).await;
        let input = json!({"policyName": "p", "target": target});
        for _ in 0..2 {
            assert_eq!(
                bench.call::<AttachPolicy>(input.clone()).await.unwrap(),
                Value::Null
            );
        }
        let id = CertificateId::from_fingerprint([1; 32]);
        let device = bench
            .context
            .store
            .device(bench.account(), &id)
            .unwrap()
            .unwrap();
        assert_eq!(device.policies.len(), 1);
    }

    #[tokio::test]
    async fn an_absent_policy_or_certificate_is_not_found() {
        let bench = Bench::new().await;
        let target = certificate(&bench, 1).await;
        let refused = bench
            .call::<AttachPolicy>(json!({"policyName": "p", "target": target}))
            .await;
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
        policy(&bench, "p").await;
        let absent = target.replace("0101", "0202");
        let refused = bench
            .call::<AttachPolicy>(json!({"policyName": "p", "target": absent}))
            .await;
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn an_eleventh_policy_is_one_too_many() {
        let bench = Bench::new().await;
        let target = certificate(&bench, 1).await;
        for number in 0..11 {
            let name = format!("p{number}");
            policy(&bench, &name).await;
            let input = json!({"policyName": name, "target": target});
            let outcome = bench.call::<AttachPolicy>(input).await;
            match number {
                10 => assert!(
                    matches!(outcome, Err(Error::LimitExceeded(_))),
                    "{outcome:?}"
                ),
                _ => assert!(outcome.is_ok(), "{outcome:?}"),
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_certificate_of_this_account_and_region_is_no_target() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let target = certificate(&bench, 1).await;
        for target in [
            "arn:aws:iot:us-east-1:123456789012:thinggroup/g".to_owned(),
            "us-east-1:12345678-1234-1234-1234-123456789012".to_owned(),
            target.replace("123456789012", "210987654321"),
            target.replace("us-east-1", "eu-west-1"),
            String::new(),
        ] {
            let input = json!({"policyName": "p", "target": target});
            let refused = bench.call::<AttachPolicy>(input).await;
            let Err(Error::Invalid(text)) = refused else {
                panic!("{target}: {refused:?}")
            };
            assert!(text.contains("certificates only"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_deny_on_the_certificate_holds_however_its_id_is_written() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let target = certificate(&bench, 0xab).await;
        let denied = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},
                {{"Effect":"Deny","Action":"iot:AttachPolicy","Resource":"{target}"}}]}}"#
        );
        let upper = target.replace("ab", "AB");
        assert_ne!(upper, target);
        for target in [target, upper] {
            let input = json!({"policyName": "p", "target": target});
            let refused = bench.call_with_policy::<AttachPolicy>(&denied, input).await;
            assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        }
    }
}
