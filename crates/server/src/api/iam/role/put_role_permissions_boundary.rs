//! `Action=PutRolePermissionsBoundary` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::{AccountRegion, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleName;
use thingpass_domain::role::RoleChange;

use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::{PERMISSIONS_BOUNDARY, PrincipalDemand};

/// PutRolePermissionsBoundary.
#[derive(Debug)]
pub struct PutRolePermissionsBoundary;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
    permissions_boundary: PolicyArn,
}

impl Operation for PutRolePermissionsBoundary {
    const NAME: &'static str = "PutRolePermissionsBoundary";
    const ACTION: &'static str = "iam:PutRolePermissionsBoundary";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        PrincipalDemand::new(Self::ACTION, &input.role_name)
            .with(PERMISSIONS_BOUNDARY, input.permissions_boundary.to_string())
            .into()
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let permissions_boundary = Some(Some(input.permissions_boundary.to_string()));
        let change = RoleChange {
            permissions_boundary,
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

    use super::PutRolePermissionsBoundary;
    use crate::api::iam::role::get_role::GetRole;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, policy, role};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_boundary_stands_and_a_second_replaces_it() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        for name in ["one", "two"] {
            let boundary = policy(&bench, name).await;
            let input = json!({"RoleName": "r", "PermissionsBoundary": boundary});
            bench
                .call::<PutRolePermissionsBoundary>(input)
                .await
                .unwrap();
            let role = bench
                .call::<GetRole>(json!({"RoleName": "r"}))
                .await
                .unwrap();
            assert_eq!(
                role["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"],
                boundary
            );
        }
    }

    #[tokio::test]
    async fn an_absent_role_or_policy_is_not_found() {
        let bench = Bench::new().await;
        let boundary = policy(&bench, "limit").await;
        let input = json!({"RoleName": "r", "PermissionsBoundary": boundary});
        let message = "The role with name r cannot be found.";
        assert_absent::<PutRolePermissionsBoundary>(&bench, input, message).await;
        role(&bench, "r").await;
        let none = "arn:aws:iam::123456789012:policy/none";
        let input = json!({"RoleName": "r", "PermissionsBoundary": none});
        let message = format!("Policy {none} does not exist or is not attachable.");
        assert_absent::<PutRolePermissionsBoundary>(&bench, input, &message).await;
    }

    #[tokio::test]
    async fn who_may_put_one_boundary_may_put_no_other() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let (limit, other) = (policy(&bench, "limit").await, policy(&bench, "other").await);
        let only = json!({"Statement": {
            "Effect": "Allow", "Action": "iam:PutRolePermissionsBoundary", "Resource": "*",
            "Condition": {"StringEquals": {"iam:PermissionsBoundary": limit}}}})
        .to_string();
        let put = |arn: &str| json!({"RoleName": "r", "PermissionsBoundary": arn});
        bench
            .call_with_policy::<PutRolePermissionsBoundary>(&only, put(&limit))
            .await
            .unwrap();
        let refused = bench
            .call_with_policy::<PutRolePermissionsBoundary>(&only, put(&other))
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let arn = "arn:aws:iam::123456789012:role/fleet/r";
        assert_denied::<PutRolePermissionsBoundary>(&bench, put(&limit), arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let arn = "arn:aws:iam::123456789012:policy/limit";
        let good = json!({"RoleName": "r", "PermissionsBoundary": arn});
        let changes = [
            ("RoleName", json!(null)),
            ("PermissionsBoundary", json!(null)),
            ("PermissionsBoundary", json!("limit")),
        ];
        assert_malformed::<PutRolePermissionsBoundary>(&Bench::new().await, good, &changes).await;
    }
}
