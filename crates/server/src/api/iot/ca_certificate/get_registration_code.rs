//! `GET /registrationcode` — https://docs.aws.amazon.com/iot/latest/apireference/API_GetRegistrationCode.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_wire::rest_json::Binding;

use super::registration_code;
use crate::api::dispatch::RestOperation;
use crate::api::operation::{Call, Demands, Operation};

/// GetRegistrationCode.
#[derive(Debug)]
pub struct GetRegistrationCode;

impl RestOperation for GetRegistrationCode {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/registrationcode";
    const BINDINGS: &'static [Binding] = &[];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    registration_code: String,
}

impl Operation for GetRegistrationCode {
    const NAME: &'static str = "GetRegistrationCode";
    const ACTION: &'static str = "iot:GetRegistrationCode";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, "*")
    }

    async fn handle(call: Call<'_>, _: Input) -> Result<Output, Error> {
        Ok(Output {
            registration_code: registration_code(call.context).await?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::GetRegistrationCode;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_code_is_64_hexadecimal_digits_and_stays_the_same() {
        let bench = Bench::new().await;
        let first = bench.call::<GetRegistrationCode>(json!({})).await.unwrap();
        let code = first["registrationCode"].as_str().unwrap();
        assert_eq!(code.len(), 64);
        assert!(
            code.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')),
            "{code}"
        );
        assert_eq!(
            bench.call::<GetRegistrationCode>(json!({})).await.unwrap(),
            first
        );
        let other = Bench::new()
            .await
            .call::<GetRegistrationCode>(json!({}))
            .await
            .unwrap();
        assert_ne!(other, first);
    }

    #[tokio::test]
    async fn who_may_not_ask_gets_no_code() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:Register*","Resource":"*"}}"#;
        let refused = bench
            .call_with_policy::<GetRegistrationCode>(allowed, json!({}))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_member_that_does_not_exist_is_refused() {
        let bench = Bench::new().await;
        let refused = bench
            .call::<GetRegistrationCode>(json!({"account": "1"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}
