//! `Action=PutUserPermissionsBoundary` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::id::UserName;

use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::{PERMISSIONS_BOUNDARY, PrincipalDemand};

/// PutUserPermissionsBoundary.
#[derive(Debug)]
pub struct PutUserPermissionsBoundary;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    user_name: UserName,
    permissions_boundary: PolicyArn,
}

impl Operation for PutUserPermissionsBoundary {
    const NAME: &'static str = "PutUserPermissionsBoundary";
    const ACTION: &'static str = "iam:PutUserPermissionsBoundary";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        PrincipalDemand::new(Self::ACTION, &input.user_name)
            .with(PERMISSIONS_BOUNDARY, input.permissions_boundary.to_string())
            .into()
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let boundary = Some(input.permissions_boundary.to_string());
        let account = &call.context.home.account;
        call.context
            .store
            .update_user_boundary(account, &input.user_name, boundary)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::PutUserPermissionsBoundary;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, policy, user};
    use crate::api::iam::user::get_user::GetUser;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_boundary_stands_and_a_second_replaces_it() {
        let bench = Bench::new().await;
        user(&bench, "ann").await;
        for name in ["one", "two"] {
            let boundary = policy(&bench, name).await;
            let input = json!({"UserName": "ann", "PermissionsBoundary": boundary});
            bench
                .call::<PutUserPermissionsBoundary>(input)
                .await
                .unwrap();
            let user = bench
                .call::<GetUser>(json!({"UserName": "ann"}))
                .await
                .unwrap();
            assert_eq!(
                user["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"],
                boundary
            );
        }
    }

    #[tokio::test]
    async fn an_absent_user_or_policy_is_not_found() {
        let bench = Bench::new().await;
        let boundary = policy(&bench, "limit").await;
        let input = json!({"UserName": "ann", "PermissionsBoundary": boundary});
        let message = "The user with name ann cannot be found.";
        assert_absent::<PutUserPermissionsBoundary>(&bench, input, message).await;
        user(&bench, "ann").await;
        let foreign = "arn:aws:iam::210987654321:policy/limit";
        let input = json!({"UserName": "ann", "PermissionsBoundary": foreign});
        let message = format!("Policy {foreign} does not exist or is not attachable.");
        assert_absent::<PutUserPermissionsBoundary>(&bench, input, &message).await;
    }

    #[tokio::test]
    async fn who_may_put_one_boundary_may_put_no_other() {
        let bench = Bench::new().await;
        user(&bench, "ann").await;
        let (limit, other) = (policy(&bench, "limit").await, policy(&bench, "other").await);
        let only = json!({"Statement": {
            "Effect": "Allow", "Action": "iam:PutUserPermissionsBoundary", "Resource": "*",
            "Condition": {"StringEquals": {"iam:PermissionsBoundary": limit}}}})
        .to_string();
        let put = |arn: &str| json!({"UserName": "ann", "PermissionsBoundary": arn});
        bench
            .call_with_policy::<PutUserPermissionsBoundary>(&only, put(&limit))
            .await
            .unwrap();
        let refused = bench
            .call_with_policy::<PutUserPermissionsBoundary>(&only, put(&other))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let arn = "arn:aws:iam::123456789012:user/ann";
        assert_denied::<PutUserPermissionsBoundary>(&bench, put(&limit), arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let arn = "arn:aws:iam::123456789012:policy/limit";
        let good = json!({"UserName": "ann", "PermissionsBoundary": arn});
        let changes = [
            ("UserName", json!(null)),
            ("PermissionsBoundary", json!(null)),
            (
                "PermissionsBoundary",
                json!("arn:aws:iam::123456789012:role/limit"),
            ),
        ];
        assert_malformed::<PutUserPermissionsBoundary>(&Bench::new().await, good, &changes).await;
    }
}
