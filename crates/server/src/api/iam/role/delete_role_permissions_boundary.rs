//! `Action=DeleteRolePermissionsBoundary` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleName;
use thingpass_domain::role::RoleChange;

use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::PrincipalDemand;

/// DeleteRolePermissionsBoundary.
#[derive(Debug)]
pub struct DeleteRolePermissionsBoundary;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
}

impl Operation for DeleteRolePermissionsBoundary {
    const NAME: &'static str = "DeleteRolePermissionsBoundary";
    const ACTION: &'static str = "iam:DeleteRolePermissionsBoundary";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        PrincipalDemand::new(Self::ACTION, &input.role_name)
            .with_standing_boundary()
            .into()
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let change = RoleChange {
            permissions_boundary: Some(None),
            ..RoleChange::default()
        };
        let account = &call.context.home.account;
        call.context
            .store
            .update_role(account, &input.role_name, &change)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DeleteRolePermissionsBoundary;
    use crate::api::iam::role::get_role::GetRole;
    use crate::api::iam::role::put_role_permissions_boundary::PutRolePermissionsBoundary;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, policy, role};
    use crate::api::testing::Bench;

    async fn bounded_role(bench: &Bench) -> String {
        role(bench, "r").await;
        let boundary = policy(bench, "limit").await;
        let input = json!({"RoleName": "r", "PermissionsBoundary": boundary});
        bench
            .call::<PutRolePermissionsBoundary>(input)
            .await
            .unwrap();
        boundary
    }

    #[tokio::test]
    async fn the_boundary_is_gone_and_taking_it_away_again_changes_nothing() {
        let bench = Bench::new().await;
        bounded_role(&bench).await;
        let input = json!({"RoleName": "r"});
        for _ in 0..2 {
            bench
                .call::<DeleteRolePermissionsBoundary>(input.clone())
                .await
                .unwrap();
            let role = bench.call::<GetRole>(input.clone()).await.unwrap();
            assert!(role["Role"].get("PermissionsBoundary").is_none());
        }
    }

    #[tokio::test]
    async fn a_deny_on_the_standing_boundary_keeps_it() {
        let bench = Bench::new().await;
        let boundary = bounded_role(&bench).await;
        let kept = json!({"Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:DeleteRolePermissionsBoundary", "Resource": "*",
             "Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}}}]})
        .to_string();
        let input = json!({"RoleName": "r"});
        let refused = bench
            .call_with_policy::<DeleteRolePermissionsBoundary>(&kept, input.clone())
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let arn = "arn:aws:iam::123456789012:role/fleet/r";
        assert_denied::<DeleteRolePermissionsBoundary>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn an_absent_role_is_not_found() {
        let input = json!({"RoleName": "r"});
        let message = "The role with name r cannot be found.";
        let bench = Bench::new().await;
        assert_absent::<DeleteRolePermissionsBoundary>(&bench, input, message).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let good = json!({"RoleName": "r"});
        let changes = [("RoleName", json!(null)), ("UserName", json!("r"))];
        let bench = Bench::new().await;
        assert_malformed::<DeleteRolePermissionsBoundary>(&bench, good, &changes).await;
    }
}
