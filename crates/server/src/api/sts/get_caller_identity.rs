//! `GetCallerIdentity` — https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
//! Divergences: none.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::AccountId;

use crate::api::operation::{Call, Demands, Operation};

/// GetCallerIdentity.
#[derive(Debug)]
pub struct GetCallerIdentity;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    user_id: String,
    account: AccountId,
    arn: String,
}

impl Operation for GetCallerIdentity {
    const NAME: &'static str = "GetCallerIdentity";
    const ACTION: &'static str = "sts:GetCallerIdentity";
    type Input = Input;
    type Output = Output;

    fn demands(_: &Input, _: &AccountRegion) -> Demands {
        Demands::Nothing("AWS: GetCallerIdentity needs no permissions")
    }

    async fn handle(call: Call<'_>, _: Input) -> Result<Output, Error> {
        let caller = call.caller;
        Ok(Output {
            user_id: caller.user_id.clone(),
            account: caller.account.clone(),
            arn: caller.arn.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::GetCallerIdentity;
    use crate::api::testing::Bench;

    const DENY_ALL: &str = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

    #[tokio::test]
    async fn even_who_may_do_nothing_learns_who_they_are() {
        let bench = Bench::new().await;
        let told = bench
            .call_with_policy::<GetCallerIdentity>(DENY_ALL, json!({}))
            .await
            .unwrap();
        let expected = json!({
            "UserId": "AIDATESTTESTTESTTEST1",
            "Account": "123456789012",
            "Arn": "arn:aws:iam::123456789012:user/tester",
        });
        assert_eq!(told, expected);
    }

    #[tokio::test]
    async fn a_member_that_is_none_is_refused() {
        let bench = Bench::new().await;
        let refused = bench
            .call::<GetCallerIdentity>(json!({"RoleArn": "x"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}
