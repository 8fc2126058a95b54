//! `Action=DeleteRole` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
//! Divergences: none.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleName;

use crate::api::operation::{Call, Demands, Operation};

/// DeleteRole.
#[derive(Debug)]
pub struct DeleteRole;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
}

impl Operation for DeleteRole {
    const NAME: &'static str = "DeleteRole";
    const ACTION: &'static str = "iam:DeleteRole";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.role_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        call.context
            .store
            .delete_role(&call.context.home.account, &input.role_name)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::DeleteRole;
    use crate::api::iam::inline_policy::put_role_policy::PutRolePolicy;
    use crate::api::iam::policy::attach_role_policy::AttachRolePolicy;
    use crate::api::iam::testing::{
        READ, assert_absent, assert_denied, assert_malformed, policy, role,
    };
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_deleted_role_is_gone_and_cannot_be_deleted_again() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let input = json!({"RoleName": "r"});
        assert_eq!(
            bench.call::<DeleteRole>(input.clone()).await.unwrap(),
            json!(null)
        );
        let message = "The role with name r cannot be found.";
        assert_absent::<DeleteRole>(&bench, input, message).await;
    }

    #[tokio::test]
    async fn a_role_with_a_managed_policy_stays() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let arn = policy(&bench, "p").await;
        let input = json!({"RoleName": "r", "PolicyArn": arn});
        bench.call::<AttachRolePolicy>(input).await.unwrap();
        let refused = bench.call::<DeleteRole>(json!({"RoleName": "r"})).await;
        let Err(Error::DeleteConflict(message)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(
            message,
            "Cannot delete entity, must detach all policies first."
        );
    }

    #[tokio::test]
    async fn a_role_with_an_inline_policy_stays() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let input = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": READ});
        bench.call::<PutRolePolicy>(input).await.unwrap();
        let refused = bench.call::<DeleteRole>(json!({"RoleName": "r"})).await;
        let Err(Error::DeleteConflict(message)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(message, "Cannot delete entity, must delete policies first.");
    }

    #[tokio::test]
    async fn who_may_not_deletes_none() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let arn = "arn:aws:iam::123456789012:role/fleet/r";
        assert_denied::<DeleteRole>(&bench, json!({"RoleName": "r"}), arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [("RoleName", json!(null)), ("RoleName", json!("a b"))];
        let good = json!({"RoleName": "r"});
        assert_malformed::<DeleteRole>(&Bench::new().await, good, &changes).await;
    }
}
