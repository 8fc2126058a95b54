//! `GET /endpoint` — https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html
//! Divergences: only `iot:CredentialProvider` is served; AWS's other types are refused, and so is a
//! request without a type, for which AWS tells the data endpoint.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_wire::rest_json::{Binding, Kind};

use crate::api::dispatch::{RestOperation, query_parameter};
use crate::api::operation::{Call, Demands, Operation};

const SERVED: &str = "iot:CredentialProvider";
const NOT_SERVED: [&str; 3] = [DEFAULT, "iot:Data-ATS", "iot:Jobs"];
const DEFAULT: &str = "iot:Data";

/// DescribeEndpoint.
#[derive(Debug)]
pub struct DescribeEndpoint;

impl RestOperation for DescribeEndpoint {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/endpoint";
    const BINDINGS: &'static [Binding] =
        &[query_parameter("endpointType", "endpointType", Kind::Text)];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    endpoint_type: Option<String>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    endpoint_address: String,
}

impl Operation for DescribeEndpoint {
    const NAME: &'static str = "DescribeEndpoint";
    const ACTION: &'static str = "iot:DescribeEndpoint";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let wanted = input.endpoint_type.as_deref().unwrap_or(DEFAULT);
        if wanted == SERVED {
            let endpoint_address = call.context.endpoints.credential_provider.clone();
            return Ok(Output { endpoint_address });
        }
        if NOT_SERVED.contains(&wanted) {
            return Err(Error::invalid(format!(
                "there is no {wanted} endpoint here: ask for endpointType {SERVED}"
            )));
        }
        let wanted: String = wanted.chars().take(128).collect();
        Err(Error::invalid(format!(
            "Endpoint type {wanted} not recognized."
        )))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::DescribeEndpoint;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_credentials_endpoint_is_told() {
        let bench = Bench::new().await;
        let input = json!({"endpointType": "iot:CredentialProvider"});
        let told = bench.call::<DescribeEndpoint>(input).await.unwrap();
        assert_eq!(told, json!({"endpointAddress": "localhost:8443"}));
    }

    #[tokio::test]
    async fn endpoints_that_are_not_served_are_refused_by_the_name_of_the_one_that_is() {
        let bench = Bench::new().await;
        for wanted in [
            Value::Null,
            json!("iot:Data"),
            json!("iot:Data-ATS"),
            json!("iot:Jobs"),
        ] {
            let input = json!({"endpointType": wanted});
            let refused = bench.call::<DescribeEndpoint>(input).await;
            let Err(Error::Invalid(text)) = refused else {
                panic!("{refused:?}")
            };
            assert!(text.contains("iot:CredentialProvider"), "{text}");
        }
    }

    #[tokio::test]
    async fn an_unknown_type_is_refused_in_aws_words() {
        let bench = Bench::new().await;
        let refused = bench
            .call::<DescribeEndpoint>(json!({"endpointType": "iot:Nothing"}))
            .await;
        let text = refused.unwrap_err().to_string();
        assert_eq!(text, "Endpoint type iot:Nothing not recognized.");
    }

    #[tokio::test]
    async fn who_may_not_ask_is_denied() {
        let bench = Bench::new().await;
        let policy = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
        let input = json!({"endpointType": "iot:CredentialProvider"});
        let refused = bench
            .call_with_policy::<DescribeEndpoint>(policy, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
