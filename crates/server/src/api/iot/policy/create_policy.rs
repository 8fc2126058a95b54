//! `POST /policies/{policyName}` — https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html
//! Divergences: `tags` are refused; documents are held to the grammar at once.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::IotPolicyName;
use thingpass_domain::iot_policy::{IotPolicy, check_document};
use thingpass_wire::rest_json::Binding;

use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// CreatePolicy.
#[derive(Debug)]
pub struct CreatePolicy;

impl RestOperation for CreatePolicy {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/policies/{policyName}";
    const BINDINGS: &'static [Binding] = &[label("policyName")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    policy_name: IotPolicyName,
    policy_document: String,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "AWS names these members so")]
pub struct Output {
    policy_name: IotPolicyName,
    policy_arn: String,
    policy_document: String,
    policy_version_id: String,
}

impl Operation for CreatePolicy {
    const NAME: &'static str = "CreatePolicy";
    const ACTION: &'static str = "iot:CreatePolicy";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.iot_policy(&input.policy_name))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let context = call.context;
        check_document(&input.policy_document)?;
        let now = context.clock.now();
        let policy = IotPolicy {
            name: input.policy_name.clone(),
            default_version_id: 1,
            document: input.policy_document.clone(),
            generation_id: entropy::uuid(&*context.entropy)?,
            created_at: now,
            last_modified_at: now,
        };
        context
            .store
            .create_iot_policy(&context.home.account, policy)
            .await?;
        Ok(Output {
            policy_arn: context.home.iot_policy(&input.policy_name),
            policy_name: input.policy_name,
            policy_document: input.policy_document,
            policy_version_id: "1".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::super::testing::DOCUMENT;
    use super::CreatePolicy;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_policy_is_made_as_version_1_and_its_document_comes_back_as_sent() {
        let bench = Bench::new().await;
        let input = json!({"policyName": "p", "policyDocument": DOCUMENT});
        let made = bench.call::<CreatePolicy>(input).await.unwrap();
        let expected = json!({
            "policyName": "p",
            "policyArn": "arn:aws:iot:us-east-1:123456789012:policy/p",
            "policyDocument": DOCUMENT,
            "policyVersionId": "1",
        });
        assert_eq!(made, expected);
    }

    #[tokio::test]
    async fn the_same_name_twice_is_a_conflict() {
        let bench = Bench::new().await;
        let input = json!({"policyName": "p", "policyDocument": DOCUMENT});
        bench.call::<CreatePolicy>(input.clone()).await.unwrap();
        let second = bench.call::<CreatePolicy>(input).await;
        let Err(Error::AlreadyExists { message, .. }) = second else {
            panic!("{second:?}")
        };
        assert_eq!(
            message,
            "Policy cannot be created - name already exists (name=p)"
        );
    }

    #[tokio::test]
    async fn a_document_that_is_no_policy_or_too_long_is_malformed() {
        let bench = Bench::new().await;
        let long = DOCUMENT.replace('*', &"x".repeat(2048));
        for document in ["", "{}", "[]", DOCUMENT.trim_end_matches('}'), &long] {
            let input = json!({"policyName": "p", "policyDocument": document});
            let refused = bench.call::<CreatePolicy>(input).await;
            assert!(
                matches!(refused, Err(Error::MalformedPolicy(_))),
                "{document}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_may_not_and_what_is_not_served_are_refused() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:CreatePolicy",
            "Resource":"arn:aws:iot:us-east-1:123456789012:policy/mine"}}"#;
        let input = json!({"policyName": "p", "policyDocument": DOCUMENT});
        let refused = bench.call_with_policy::<CreatePolicy>(allowed, input).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        for input in [
            json!({"policyName": "a/b", "policyDocument": DOCUMENT}),
            json!({"policyName": "p", "policyDocument": DOCUMENT, "tags": []}),
            json!({"policyName": "p"}),
        ] {
            let refused = bench.call::<CreatePolicy>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }
}
