//! `DELETE /policies/{policyName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicy.html
//! Divergences: a policy can be deleted at once after it was detached.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::IotPolicyName;
use thingpass_wire::rest_json::Binding;

use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// DeletePolicy.
#[derive(Debug)]
pub struct DeletePolicy;

impl RestOperation for DeletePolicy {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/policies/{policyName}";
    const BINDINGS: &'static [Binding] = &[label("policyName")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    policy_name: IotPolicyName,
}

impl Operation for DeletePolicy {
    const NAME: &'static str = "DeletePolicy";
    const ACTION: &'static str = "iot:DeletePolicy";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.iot_policy(&input.policy_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let account = &call.context.home.account;
        call.context
            .store
            .delete_iot_policy(account, &input.policy_name)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::super::attach_policy::AttachPolicy;
    use super::super::detach_policy::DetachPolicy;
    use super::super::testing::{certificate, policy};
    use super::DeletePolicy;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_policy_is_deleted_once() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let input = json!({"policyName": "p"});
        assert_eq!(
            bench.call::<DeletePolicy>(input.clone()).await.unwrap(),
            Value::Null
        );
        let second = bench.call::<DeletePolicy>(input).await;
        assert!(matches!(second, Err(Error::NotFound(_))), "{second:?}");
    }

    #[tokio::test]
    async fn a_policy_that_is_attached_stays_until_it_is_detached() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let target = certificate(&bench, 1).await;
        let attachment = json!({"policyName": "p", "target": target});
        bench
            .call::<AttachPolicy>(attachment.clone())
            .await
            .unwrap();
        let refused = bench.call::<DeletePolicy>(json!({"policyName": "p"})).await;
        assert!(
            matches!(refused, Err(Error::DeleteConflict(_))),
            "{refused:?}"
        );
        bench.call::<DetachPolicy>(attachment).await.unwrap();
        assert!(
            bench
                .call::<DeletePolicy>(json!({"policyName": "p"}))
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn who_may_not_delete_it_is_denied_and_an_illegal_name_is_refused() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:Get*","Resource":"*"}}"#;
        let input = json!({"policyName": "p"});
        let refused = bench.call_with_policy::<DeletePolicy>(allowed, input).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let refused = bench
            .call::<DeletePolicy>(json!({"policyName": "a b"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}
