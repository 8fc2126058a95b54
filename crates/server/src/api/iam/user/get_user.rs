//! `Action=GetUser` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
//! Divergences: none.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::UserName;
use thingpass_domain::user::absent;

use super::UserDetail;
use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::user_or_caller;

/// GetUser.
#[derive(Debug)]
pub struct GetUser;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: Option<UserName>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    user: UserDetail,
}

impl Operation for GetUser {
    const NAME: &'static str = "GetUser";
    const ACTION: &'static str = "iam:GetUser";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.user_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let account = &call.context.home.account;
        let name = user_or_caller(input.user_name, call.caller)?;
        let user = call
            .context
            .store
            .user(account, &name)
            .await?
            .ok_or_else(|| absent(&name))?;
        Ok(Output {
            user: UserDetail::of(user, account),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::GetUser;
    use crate::api::iam::testing::{allow, assert_absent, assert_denied, assert_malformed, user};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_user_is_found_in_any_case_and_told_in_its_own() {
        let bench = Bench::new().await;
        user(&bench, "ann").await;
        let found = bench
            .call::<GetUser>(json!({"UserName": "ANN"}))
            .await
            .unwrap();
        assert_eq!(found["User"]["UserName"], "ann");
        assert!(found["User"].get("PermissionsBoundary").is_none());
    }

    #[tokio::test]
    async fn without_a_name_the_caller_is_told_and_needs_the_right_on_itself() {
        let bench = Bench::new().await;
        user(&bench, "tester").await;
        let own = allow(
            "iam:GetUser",
            "arn:aws:iam::123456789012:user/${aws:username}",
        );
        let own = own.replacen('{', r#"{"Version":"2012-10-17","#, 1);
        let found = bench
            .call_with_policy::<GetUser>(&own, json!({}))
            .await
            .unwrap();
        assert_eq!(found["User"]["UserName"], "tester");
        let other = bench
            .call_with_policy::<GetUser>(&own, json!({"UserName": "ann"}))
            .await;
        assert!(matches!(other, Err(Error::Denied(_))), "{other:?}");
    }

    #[tokio::test]
    async fn an_absent_user_is_not_found_and_not_told_to_who_may_not_ask() {
        let bench = Bench::new().await;
        let input = json!({"UserName": "ann"});
        let message = "The user with name ann cannot be found.";
        assert_absent::<GetUser>(&bench, input.clone(), message).await;
        assert_denied::<GetUser>(&bench, input, "arn:aws:iam::123456789012:user/ann").await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [("UserName", json!("")), ("Name", json!("ann"))];
        let good = json!({"UserName": "ann"});
        assert_malformed::<GetUser>(&Bench::new().await, good, &changes).await;
    }
}
