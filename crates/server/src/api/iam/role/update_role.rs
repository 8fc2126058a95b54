//! `Action=UpdateRole` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
//! Divergences: a member that is left out stays as it is, `MaxSessionDuration` too, which AWS sets
//! back to an hour.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleName;
use thingpass_domain::role::{RoleChange, check_description, check_max_session_duration};

use crate::api::form;
use crate::api::operation::{Call, Demands, Operation};

/// UpdateRole.
#[derive(Debug)]
pub struct UpdateRole;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_name: RoleName,
    description: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_session_duration: Option<u32>,
}

/// Nothing, but `UpdateRoleResult` has to be there for AWS's clients.
#[derive(Debug, Serialize)]
pub struct Output {}

impl Operation for UpdateRole {
    const NAME: &'static str = "UpdateRole";
    const ACTION: &'static str = "iam:UpdateRole";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _home: &AccountRegion) -> Demands {
        Demands::on(Self::ACTION, &input.role_name)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        input
            .max_session_duration
            .map_or(Ok(()), check_max_session_duration)?;
        check_description(input.description.as_deref().unwrap_or_default())?;
        let change = RoleChange {
            description: input.description,
            max_session_duration_seconds: input.max_session_duration,
            ..RoleChange::default()
        };
        let account = &call.context.home.account;
        call.context
            .store
            .update_role(account, &input.role_name, &change)
            .await?;
        Ok(Output {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::UpdateRole;
    use crate::api::iam::role::get_role::GetRole;
    use crate::api::iam::testing::{assert_absent, assert_denied, assert_malformed, role};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn what_is_left_out_stays_as_it_is() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        for (input, description, seconds) in [
            (json!({"RoleName": "r", "Description": "one"}), "one", 3600),
            (
                json!({"RoleName": "r", "MaxSessionDuration": "7200"}),
                "one",
                7200,
            ),
            (json!({"RoleName": "r", "Description": ""}), "", 7200),
        ] {
            assert_eq!(bench.call::<UpdateRole>(input).await.unwrap(), json!({}));
            let role = bench
                .call::<GetRole>(json!({"RoleName": "r"}))
                .await
                .unwrap();
            assert_eq!(role["Role"]["Description"], description);
            assert_eq!(role["Role"]["MaxSessionDuration"], seconds);
        }
    }

    #[tokio::test]
    async fn an_absent_role_is_not_found_and_who_may_not_changes_none() {
        let bench = Bench::new().await;
        let input = json!({"RoleName": "r", "Description": "one"});
        let message = "The role with name r cannot be found.";
        assert_absent::<UpdateRole>(&bench, input.clone(), message).await;
        role(&bench, "r").await;
        let arn = "arn:aws:iam::123456789012:role/fleet/r";
        assert_denied::<UpdateRole>(&bench, input, arn).await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let bench = Bench::new().await;
        role(&bench, "r").await;
        let changes = [
            ("RoleName", json!(null)),
            ("MaxSessionDuration", json!("3599")),
            ("Description", json!("\u{2713}")),
            ("PermissionsBoundary", json!("x")),
        ];
        assert_malformed::<UpdateRole>(&bench, json!({"RoleName": "r"}), &changes).await;
    }
}
