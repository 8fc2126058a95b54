//! `Action=CreateUser` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html
//! Divergences: `Tags` are refused.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{self, AccountRegion, PolicyArn};
use thingpass_domain::authorize::Demand;
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::{Path, UserName};
use thingpass_domain::user::User;

use super::UserDetail;
use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::PERMISSIONS_BOUNDARY;

/// CreateUser.
#[derive(Debug)]
pub struct CreateUser;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    path: Path,
    user_name: UserName,
    permissions_boundary: Option<PolicyArn>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    user: UserDetail,
}

impl Operation for CreateUser {
    const NAME: &'static str = "CreateUser";
    const ACTION: &'static str = "iam:CreateUser";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        let arn = arn::user(&home.account, &input.path, &input.user_name);
        let demand = Demand::new(Self::ACTION, arn);
        Demands::All(vec![match &input.permissions_boundary {
            Some(boundary) => demand.with(PERMISSIONS_BOUNDARY, boundary.to_string()),
            None => demand,
        }])
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let context = call.context;
        let account = &context.home.account;
        let user = User {
            name: input.user_name,
            path: input.path,
            id: entropy::unique_id(&*context.entropy, "AIDA")?,
            permissions_boundary: input.permissions_boundary.map(|arn| arn.to_string()),
            created_at: context.clock.now(),
        };
        context.store.create_user(account, user.clone()).await?;
        Ok(Output {
            user: UserDetail::of(user, account),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::CreateUser;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, policy};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_user_is_made_with_its_path_and_boundary() {
        let bench = Bench::new().await;
        let boundary = policy(&bench, "limit").await;
        let input = json!({"UserName": "ann", "Path": "/ops/", "PermissionsBoundary": boundary});
        let made = bench.call::<CreateUser>(input).await.unwrap();
        let user = &made["User"];
        assert_eq!(user["Arn"], "arn:aws:iam::123456789012:user/ops/ann");
        assert_eq!(
            (&user["Path"], &user["UserName"]),
            (&json!("/ops/"), &json!("ann"))
        );
        assert!(user["UserId"].as_str().unwrap().starts_with("AIDA"));
        assert_eq!(user["CreateDate"], "2026-01-01T00:00:00Z");
        let expected =
            json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary});
        assert_eq!(user["PermissionsBoundary"], expected);
    }

    #[tokio::test]
    async fn a_boundary_that_is_not_there_is_refused() {
        let arn = "arn:aws:iam::123456789012:policy/none";
        let input = json!({"UserName": "ann", "PermissionsBoundary": arn});
        let message = format!("Policy {arn} does not exist or is not attachable.");
        assert_absent::<CreateUser>(&Bench::new().await, input, &message).await;
    }

    #[tokio::test]
    async fn the_same_name_twice_is_refused_in_any_case_of_its_letters() {
        let bench = Bench::new().await;
        bench
            .call::<CreateUser>(json!({"UserName": "ann"}))
            .await
            .unwrap();
        let second = bench
            .call::<CreateUser>(json!({"UserName": "ANN", "Path": "/x/"}))
            .await;
        let Err(Error::AlreadyExists { message, .. }) = second else {
            panic!("{second:?}")
        };
        assert_eq!(message, "User with name ANN already exists.");
    }

    #[tokio::test]
    async fn who_may_only_make_bounded_users_makes_no_other() {
        let bench = Bench::new().await;
        let boundary = policy(&bench, "limit").await;
        let only = json!({"Statement": {
            "Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*",
            "Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}}}})
        .to_string();
        let free = json!({"UserName": "ann"});
        let refused = bench
            .call_with_policy::<CreateUser>(&only, free.clone())
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let bounded = json!({"UserName": "ann", "PermissionsBoundary": boundary});
        bench
            .call_with_policy::<CreateUser>(&only, bounded)
            .await
            .unwrap();
        assert_denied::<CreateUser>(&bench, free, "arn:aws:iam::123456789012:user/ann").await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("UserName", json!(null)),
            ("UserName", json!("a b")),
            ("UserName", json!("a".repeat(65))),
            ("Path", json!("ops")),
            ("PermissionsBoundary", json!("limit")),
            ("Tags", json!([])),
        ];
        let good = json!({"UserName": "ann"});
        assert_malformed::<CreateUser>(&Bench::new().await, good, &changes).await;
    }
}
