//! `Action=CreateRole` — https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
//! Divergences: `Tags` are refused; whether a principal of the trust policy exists is not looked up.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, PolicyArn, RoleArn};
use thingpass_domain::authorize::Demand;
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::{Path, RoleName};
use thingpass_domain::quota::MAX_SESSION_DURATION_RANGE_SECONDS;
use thingpass_domain::role::{
    Role, check_description, check_max_session_duration, check_trust_policy,
};

use super::RoleDetail;
use crate::api::form;
use crate::api::iam::document::Document;
use crate::api::operation::{Call, Demands, Operation};
use crate::api::resolve::PERMISSIONS_BOUNDARY;

/// CreateRole.
#[derive(Debug)]
pub struct CreateRole;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    path: Path,
    role_name: RoleName,
    assume_role_policy_document: Document,
    description: Option<String>,
    #[serde(default, deserialize_with = "form::optional_number")]
    max_session_duration: Option<u32>,
    permissions_boundary: Option<PolicyArn>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    role: RoleDetail,
}

impl Operation for CreateRole {
    const NAME: &'static str = "CreateRole";
    const ACTION: &'static str = "iam:CreateRole";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        let (path, name) = (input.path.clone(), input.role_name.clone());
        let arn = RoleArn {
            account: home.account.clone(),
            path,
            name,
        };
        let demand = Demand::new(Self::ACTION, arn.to_string());
        Demands::All(vec![match &input.permissions_boundary {
            Some(boundary) => demand.with(PERMISSIONS_BOUNDARY, boundary.to_string()),
            None => demand,
        }])
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let context = call.context;
        let account = &context.home.account;
        let default = *MAX_SESSION_DURATION_RANGE_SECONDS.start();
        let seconds = input.max_session_duration.unwrap_or(default);
        check_max_session_duration(seconds)?;
        check_description(input.description.as_deref().unwrap_or_default())?;
        check_trust_policy(input.assume_role_policy_document.as_str())?;
        let role = Role {
            name: input.role_name,
            path: input.path,
            id: entropy::unique_id(&*context.entropy, "AROA")?,
            trust_policy: input.assume_role_policy_document.into_string(),
            max_session_duration_seconds: seconds,
            description: input.description,
            permissions_boundary: input.permissions_boundary.map(|arn| arn.to_string()),
            created_at: context.clock.now(),
        };
        context.store.create_role(account, role.clone()).await?;
        Ok(Output {
            role: RoleDetail::of(role, account),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::CreateRole;
    use crate::api::iam::document::encoded;
    use crate::api::iam::testing::{
        READ, TRUST, assert_absent, assert_denied, assert_malformed, policy,
    };
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_role_is_made_and_told_with_its_trust_policy_encoded() {
        let bench = Bench::new().await;
        let boundary = policy(&bench, "limit").await;
        let input = json!({
            "RoleName": "reader", "Path": "/fleet/", "AssumeRolePolicyDocument": TRUST,
            "Description": "reads", "MaxSessionDuration": "7200", "PermissionsBoundary": boundary,
        });
        let mut made = bench.call::<CreateRole>(input).await.unwrap();
        let id = made["Role"]["RoleId"].take();
        assert!(id.as_str().unwrap().starts_with("AROA"), "{id}");
        let expected = json!({
            "RoleName": "reader", "Path": "/fleet/", "RoleId": null,
            "Arn": "arn:aws:iam::123456789012:role/fleet/reader",
            "CreateDate": "2026-01-01T00:00:00Z", "AssumeRolePolicyDocument": encoded(TRUST),
            "Description": "reads", "MaxSessionDuration": 7200,
            "PermissionsBoundary":
                {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary},
        });
        assert_eq!(made["Role"], expected);
    }

    #[tokio::test]
    async fn a_session_lasts_an_hour_where_nothing_else_is_said() {
        let input = json!({"RoleName": "r", "AssumeRolePolicyDocument": TRUST});
        let made = Bench::new().await.call::<CreateRole>(input).await.unwrap();
        assert_eq!(made["Role"]["MaxSessionDuration"], 3600);
        assert!(made["Role"].get("Description").is_none());
    }

    #[tokio::test]
    async fn the_same_name_twice_is_refused_in_any_case_of_its_letters() {
        let bench = Bench::new().await;
        let named = |name| json!({"RoleName": name, "AssumeRolePolicyDocument": TRUST});
        bench.call::<CreateRole>(named("reader")).await.unwrap();
        let second = bench.call::<CreateRole>(named("Reader")).await;
        let Err(Error::AlreadyExists { message, .. }) = second else {
            panic!("{second:?}")
        };
        assert_eq!(message, "Role with name Reader already exists.");
    }

    #[tokio::test]
    async fn a_trust_policy_that_is_none_is_malformed() {
        let bench = Bench::new().await;
        for document in [READ, "{}", "no json"] {
            let input = json!({"RoleName": "r", "AssumeRolePolicyDocument": document});
            let refused = bench.call::<CreateRole>(input).await;
            assert!(
                matches!(refused, Err(Error::MalformedPolicy(_))),
                "{document}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_boundary_that_is_not_there_is_refused() {
        let arn = "arn:aws:iam::123456789012:policy/none";
        let input = json!({"RoleName": "r", "AssumeRolePolicyDocument": TRUST,
                           "PermissionsBoundary": arn});
        let message = format!("Policy {arn} does not exist or is not attachable.");
        assert_absent::<CreateRole>(&Bench::new().await, input, &message).await;
    }

    #[tokio::test]
    async fn who_may_only_make_bounded_roles_makes_no_other() {
        let bench = Bench::new().await;
        let only = json!({"Statement": {
            "Effect": "Allow", "Action": "iam:CreateRole", "Resource": "*",
            "Condition": {"ArnLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/limit"}}}})
        .to_string();
        let input = json!({"RoleName": "r", "Path": "/a/", "AssumeRolePolicyDocument": TRUST});
        let refused = bench
            .call_with_policy::<CreateRole>(&only, input.clone())
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        assert_denied::<CreateRole>(&bench, input, "arn:aws:iam::123456789012:role/a/r").await;
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let changes = [
            ("RoleName", json!(null)),
            ("RoleName", json!("a/b")),
            ("AssumeRolePolicyDocument", json!(null)),
            ("AssumeRolePolicyDocument", json!("")),
            ("MaxSessionDuration", json!("3599")),
            ("MaxSessionDuration", json!("43201")),
            ("MaxSessionDuration", json!("1h")),
            ("Description", json!("d".repeat(1001))),
            ("Description", json!("\u{7f}")),
            ("Path", json!("fleet/")),
            ("PermissionsBoundary", json!("limit")),
            ("Tags", json!([{"Key": "k", "Value": "v"}])),
        ];
        let good = json!({"RoleName": "r", "AssumeRolePolicyDocument": TRUST});
        assert_malformed::<CreateRole>(&Bench::new().await, good, &changes).await;
    }
}
