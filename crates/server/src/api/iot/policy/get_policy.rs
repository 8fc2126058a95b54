//! `GET /policies/{policyName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_GetPolicy.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::IotPolicyName;
use thingpass_domain::iot_policy::absent;
use thingpass_wire::rest_json::Binding;
use thingpass_wire::timestamp::epoch_seconds;

use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// GetPolicy.
#[derive(Debug)]
pub struct GetPolicy;

impl RestOperation for GetPolicy {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/policies/{policyName}";
    const BINDINGS: &'static [Binding] = &[label("policyName")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    policy_name: IotPolicyName,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    policy_name: IotPolicyName,
    policy_arn: String,
    policy_document: String,
    default_version_id: String,
    creation_date: Number,
    last_modified_date: Number,
    generation_id: String,
}

impl Operation for GetPolicy {
    const NAME: &'static str = "GetPolicy";
    const ACTION: &'static str = "iot:GetPolicy";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.iot_policy(&input.policy_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let name = &input.policy_name;
        let found = call.context.store.iot_policy(&home.account, name).await?;
        let policy = found.ok_or_else(|| absent(name))?;
        Ok(Output {
            policy_arn: home.iot_policy(name),
            policy_name: policy.name,
            policy_document: policy.document,
            default_version_id: policy.default_version_id.to_string(),
            creation_date: epoch_seconds(policy.created_at),
            last_modified_date: epoch_seconds(policy.last_modified_at),
            generation_id: policy.generation_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::super::testing::{DOCUMENT, policy};
    use super::GetPolicy;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_policy_is_told_with_its_document_as_sent() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let mut told = bench
            .call::<GetPolicy>(json!({"policyName": "p"}))
            .await
            .unwrap();
        let generation = told
            .as_object_mut()
            .unwrap()
            .remove("generationId")
            .unwrap();
        assert_eq!(generation.as_str().unwrap().len(), 36);
        let expected = json!({
            "policyName": "p",
            "policyArn": "arn:aws:iot:us-east-1:123456789012:policy/p",
            "policyDocument": DOCUMENT,
            "defaultVersionId": "1",
        });
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&told[member], value);
        }
        for member in ["creationDate", "lastModifiedDate"] {
            assert_eq!(told[member].as_f64(), Some(1_767_225_600.0), "{member}");
        }
    }

    #[tokio::test]
    async fn an_absent_policy_is_not_found_and_an_illegal_name_is_refused() {
        let bench = Bench::new().await;
        let absent = bench.call::<GetPolicy>(json!({"policyName": "p"})).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let refused = bench.call::<GetPolicy>(json!({"policyName": "a b"})).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn who_may_not_read_it_is_denied() {
        let bench = Bench::new().await;
        policy(&bench, "p").await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:List*","Resource":"*"}}"#;
        let input = json!({"policyName": "p"});
        let refused = bench.call_with_policy::<GetPolicy>(allowed, input).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
