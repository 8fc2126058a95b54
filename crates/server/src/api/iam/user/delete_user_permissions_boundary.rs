//! `Action=DeleteUserPermissionsBoundary` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::UserName;

use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::PrincipalDemand;

/// DeleteUserPermissionsBoundary.
#[derive(Debug)]
pub struct DeleteUserPermissionsBoundary;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: UserName,
}

impl Operation for DeleteUserPermissionsBoundary {
    const NAME: &'static str = "DeleteUserPermissionsBoundary";
    const ACTION: &'static str = "iam:DeleteUserPermissionsBoundary";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        PrincipalDemand::new(Self::ACTION, &input.user_name)
            .with_standing_boundary()
            .into()
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let account = &call.context.home.account;
        call.context
            .store
            .update_user_boundary(account, &input.user_name, None)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DeleteUserPermissionsBoundary;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, policy};
    use crate::api::iam::user::create_user::CreateUser;
    use crate::api::iam::user::get_user::GetUser;
    use crate::api::testing::Bench;

    async fn bounded_user(bench: &Bench) -> String {
        let boundary = policy(bench, "limit").await;
        let input = json!({"UserName": "ann", "PermissionsBoundary": boundary});
        bench.call::<CreateUser>(input).await.unwrap();
        boundary
    }

    #[tokio::test]
    async fn the_boundary_is_gone_and_taking_it_away_again_changes_nothing() {
        let bench = Bench::new().await;
        bounded_user(&bench).await;
        let input = json!({"UserName": "ann"});
        for _ in 0..2 {
            bench
                .call::<DeleteUserPermissionsBoundary>(input.clone())
                .await
                .unwrap();
            let user = bench.call::<GetUser>(input.clone()).await.unwrap();
            assert!(user["User"].get("PermissionsBoundary").is_none());
        }
    }

    #[tokio::test]
    async fn a_deny_on_the_standing_boundary_keeps_it() {
        let bench = Bench::new().await;
        let boundary = bounded_user(&bench).await;
        let kept = json!({"Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:DeleteUserPermissionsBoundary", "Resource": "*",
             "Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}}}]})
        .to_string();
        let input = json!({"UserName": "ann"});
        let refused = bench
            .call_with_policy::<DeleteUserPermissionsBoundary>(&kept, input.clone())
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let arn = "arn:aws:iam::123456789012:user/ann";
        assert_denied::<DeleteUserPermissionsBoundary>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn an_absent_user_is_not_found() {
        let input = json!({"UserName": "ann"});
        let message = "The user with name ann cannot be found.";
        let bench = Bench::new().await;
        assert_absent::<DeleteUserPermissionsBoundary>(&bench, input, message).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let good = json!({"UserName": "ann"});
        let changes = [
            ("UserName", json!(null)),
            ("PermissionsBoundary", json!("x")),
        ];
        let bench = Bench::new().await;
        assert_malformed::<DeleteUserPermissionsBoundary>(&bench, good, &changes).await;
    }
}
