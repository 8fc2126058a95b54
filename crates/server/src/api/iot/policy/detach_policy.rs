//! `POST /target-policies/{policyName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DetachPolicy.html
//! Divergences: targets are certificates only; the devices feel it with their next request.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::IotPolicyName;
use thingpass_wire::rest_json::Binding;

use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// DetachPolicy.
#[derive(Debug)]
pub struct DetachPolicy;

impl RestOperation for DetachPolicy {
    const METHOD: Method = Method::POST;
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

impl Operation for DetachPolicy {
    const NAME: &'static str = "DetachPolicy";
    const ACTION: &'static str = "iot:DetachPolicy";
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
            .detach_iot_policy(&home.account, &input.policy_name, &target)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;
    use thingpass_domain::id::CertificateId;

    use super::super::attach_policy::AttachPolicy;
    use super::super::testing::{certificate, policy};
    use super::DetachPolicy;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_policy_is_detached_and_detaching_it_again_is_success() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let target = certificate(&bench, 1).await;
        let input = json!({"policyName": "p", "target": target});
        bench.call::<AttachPolicy>(input.clone()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(
                bench.call::<DetachPolicy>(input.clone()).await.unwrap(),
                Value::Null
            );
            let id = CertificateId::from_fingerprint([1; 32]);
            let device = bench
                .context
                .store
                .device(bench.account(), &id)
                .unwrap()
                .unwrap();
            assert!(device.policies.is_empty());
        }
    }

    #[tokio::test]
    async fn an_absent_policy_is_not_found_and_a_thing_group_is_refused() {
        let bench = Bench::new().await;
        let target = certificate(&bench, 1).await;
        let absent = bench
            .call::<DetachPolicy>(json!({"policyName": "p", "target": target}))
            .await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let group = "arn:aws:iot:us-east-1:123456789012:thinggroup/g";
        let refused = bench
            .call::<DetachPolicy>(json!({"policyName": "p", "target": group}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn who_may_not_detach_from_the_certificate_is_denied() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let target = certificate(&bench, 1).await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:DetachPolicy",
            "Resource":"arn:aws:iot:us-east-1:123456789012:cert/00*"}}"#;
        let input = json!({"policyName": "p", "target": target});
        let refused = bench.call_with_policy::<DetachPolicy>(allowed, input).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
