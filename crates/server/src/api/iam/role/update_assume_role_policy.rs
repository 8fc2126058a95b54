//! `Action=UpdateAssumeRolePolicy` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
//! Divergences: whether a principal of the trust policy exists is not looked up.

use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleName;
use thingpass_domain::role::{RoleChange, check_trust_policy};

use crate::api::iam::document::Document;
use crate::api::operation::{Call, Demands, Operation};

/// UpdateAssumeRolePolicy.
#[derive(Debug)]
pub struct UpdateAssumeRolePolicy;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
    policy_document: Document,
}

impl Operation for UpdateAssumeRolePolicy {
    const NAME: &'static str = "UpdateAssumeRolePolicy";
    const ACTION: &'static str = "iam:UpdateAssumeRolePolicy";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.role_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        check_trust_policy(input.policy_document.as_str())?;
        let trust_policy = Some(input.policy_document.into_string());
        let change = RoleChange {
            trust_policy,
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

    use super::UpdateAssumeRolePolicy;
    use crate::api::iam::document::encoded;
    use crate::api::iam::role::get_role::GetRole;
    use crate::api::iam::testing::{
        READ, TRUST, assert_absent, assert_denied, assert_malformed, role,
    };
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn the_new_trust_policy_is_in_force_as_it_was_sent() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let document = TRUST
            .replacen("credentials.iot", "ec2", 1)
            .replacen(':', " : ", 1);
        let input = json!({"RoleName": "r", "PolicyDocument": document});
        assert_eq!(
            bench.call::<UpdateAssumeRolePolicy>(input).await.unwrap(),
            json!(null)
        );
        let role = bench
            .call::<GetRole>(json!({"RoleName": "r"}))
            .await
            .unwrap();
        assert_eq!(role["Role"]["AssumeRolePolicyDocument"], encoded(&document));
    }

    #[tokio::test]
    async fn a_document_that_is_no_trust_policy_changes_nothing() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let input = json!({"RoleName": "r", "PolicyDocument": READ});
        let refused = bench.call::<UpdateAssumeRolePolicy>(input).await;
        assert!(
            matches!(refused, Err(Error::MalformedPolicy(_))),
            "{refused:?}"
        );
        let role = bench
            .call::<GetRole>(json!({"RoleName": "r"}))
            .await
            .unwrap();
        assert_eq!(role["Role"]["AssumeRolePolicyDocument"], encoded(TRUST));
    }

    #[tokio::test]
    async fn a_document_over_the_quota_is_refused() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let sid = format!(r#""Sid":"{}","Effect""#, "x".repeat(2048));
        let document = TRUST.replacen(r#""Effect""#, &sid, 1);
        let input = json!({"RoleName": "r", "PolicyDocument": document});
        let refused = bench.call::<UpdateAssumeRolePolicy>(input).await;
        assert!(
            matches!(refused, Err(Error::LimitExceeded(_))),
            "{refused:?}"
        );
    }

    #[tokio::test]
    async fn an_absent_role_is_not_found_and_who_may_not_changes_none() {
        let bench = Bench::new().await;
        let input = json!({"RoleName": "r", "PolicyDocument": TRUST});
        let message = "The role with name r cannot be found.";
        assert_absent::<UpdateAssumeRolePolicy>(&bench, input.clone(), message).await;
        role(&bench, "r").await;
        let arn = "arn:aws:iam::123456789012:role/fleet/r";
        assert_denied::<UpdateAssumeRolePolicy>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [("RoleName", json!(null)), ("PolicyDocument", json!(null))];
        let good = json!({"RoleName": "r", "PolicyDocument": TRUST});
        assert_malformed::<UpdateAssumeRolePolicy>(&Bench::new().await, good, &changes).await;
    }
}
