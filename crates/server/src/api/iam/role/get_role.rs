//! `Action=GetRole` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
//! Divergences: `RoleLastUsed` is not told.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleName;
use thingpass_domain::role::absent;

use super::RoleDetail;
use crate::api::operation::{Call, Demands, Operation};

/// GetRole.
#[derive(Debug)]
pub struct GetRole;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    role: RoleDetail,
}

impl Operation for GetRole {
    const NAME: &'static str = "GetRole";
    const ACTION: &'static str = "iam:GetRole";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.role_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let account = &call.context.home.account;
        let role = call.context.store.role(account, &input.role_name).await?;
        let role = role.ok_or_else(|| absent(&input.role_name))?;
        Ok(Output {
            role: RoleDetail::of(role, account),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::GetRole;
    use crate::api::iam::testing::{allow, assert_absent, assert_denied, assert_malformed, role};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_role_is_found_in_any_case_and_told_in_its_own() {
        let bench = Bench::new().await;
        role(&bench, "reader").await;
        let found = bench
            .call::<GetRole>(json!({"RoleName": "READER"}))
            .await
            .unwrap();
        assert_eq!(
            found["Role"]["Arn"],
            "arn:aws:iam::123456789012:role/fleet/reader"
        );
    }

    #[tokio::test]
    async fn policies_speak_about_the_real_path_and_spelling() {
        let bench = Bench::new().await;
        role(&bench, "reader").await;
        let input = json!({"RoleName": "Reader"});
        let fleet = allow("iam:GetRole", "arn:aws:iam::123456789012:role/fleet/reader");
        bench
            .call_with_policy::<GetRole>(&fleet, input.clone())
            .await
            .unwrap();
        let root = allow("iam:GetRole", "arn:aws:iam::123456789012:role/Reader");
        let refused = bench
            .call_with_policy::<GetRole>(&root, input.clone())
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let arn = "arn:aws:iam::123456789012:role/fleet/reader";
        assert_denied::<GetRole>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn an_absent_role_is_not_found_and_not_told_to_who_may_not_ask() {
        let bench = Bench::new().await;
        let input = json!({"RoleName": "r"});
        let message = "The role with name r cannot be found.";
        assert_absent::<GetRole>(&bench, input.clone(), message).await;
        assert_denied::<GetRole>(&bench, input, "arn:aws:iam::123456789012:role/r").await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("RoleName", json!(null)),
            ("RoleName", json!("r".repeat(65))),
        ];
        let good = json!({"RoleName": "r"});
        assert_malformed::<GetRole>(&Bench::new().await, good, &changes).await;
    }
}
