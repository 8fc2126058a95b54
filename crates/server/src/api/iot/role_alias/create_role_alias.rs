//! `POST /role-aliases/{roleAlias}` — https://docs.aws.amazon.com/iot/latest/apireference/API_CreateRoleAlias.html
//! Divergences: `tags` are refused.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, RoleArn};
use thingpass_domain::authorize::Demand;
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleAliasName;
use thingpass_domain::quota::CREDENTIAL_DURATION_DEFAULT_SECONDS;
use thingpass_domain::role_alias::{RoleAlias, check_duration};
use thingpass_wire::rest_json::Binding;

use super::PASSED_TO_SERVICE;
use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// CreateRoleAlias.
#[derive(Debug)]
pub struct CreateRoleAlias;

impl RestOperation for CreateRoleAlias {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/role-aliases/{roleAlias}";
    const BINDINGS: &'static [Binding] = &[label("roleAlias")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    role_alias: RoleAliasName,
    role_arn: RoleArn,
    credential_duration_seconds: Option<u32>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    role_alias: RoleAliasName,
    role_alias_arn: String,
}

impl Operation for CreateRoleAlias {
    const NAME: &'static str = "CreateRoleAlias";
    const ACTION: &'static str = "iot:CreateRoleAlias";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::All(vec![
            Demand::new(Self::ACTION, home.role_alias(&input.role_alias)),
            Demand::new("iam:PassRole", input.role_arn.to_string())
                .with("iam:PassedToService", PASSED_TO_SERVICE),
        ])
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let seconds = input
            .credential_duration_seconds
            .unwrap_or(CREDENTIAL_DURATION_DEFAULT_SECONDS);
        check_duration(seconds)?;
        super::check_role_account(&input.role_arn, home)?;
        let now = call.context.clock.now();
        let alias = RoleAlias {
            name: input.role_alias.clone(),
            role_arn: input.role_arn,
            credential_duration_seconds: seconds,
            created_at: now,
            last_modified_at: now,
        };
        call.context
            .store
            .create_role_alias(&home.account, alias)
            .await?;
        Ok(Output {
            role_alias_arn: home.role_alias(&input.role_alias),
            role_alias: input.role_alias,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::CreateRoleAlias;
    use crate::api::testing::Bench;

    const ROLE: &str = "arn:aws:iam::123456789012:role/r";

    #[tokio::test]
    async fn an_alias_is_made_with_the_default_duration_and_tells_its_arn() {
        let bench = Bench::new().await;
        let made = bench
            .call::<CreateRoleAlias>(json!({"roleAlias": "a", "roleArn": ROLE}))
            .await;
        let arn = "arn:aws:iot:us-east-1:123456789012:rolealias/a";
        assert_eq!(
            made.unwrap(),
            json!({"roleAlias": "a", "roleAliasArn": arn})
        );
        let name = "a".parse().unwrap();
        let alias = bench
            .context
            .directory
            .role_alias(bench.account(), &name)
            .unwrap()
            .unwrap();
        assert_eq!(alias.credential_duration_seconds, 3600);
    }

    #[tokio::test]
    async fn the_same_name_twice_is_a_conflict() {
        let bench = Bench::new().await;
        let input = json!({"roleAlias": "a", "roleArn": ROLE});
        bench.call::<CreateRoleAlias>(input.clone()).await.unwrap();
        let second = bench.call::<CreateRoleAlias>(input).await;
        assert!(
            matches!(second, Err(Error::AlreadyExists { .. })),
            "{second:?}"
        );
    }

    #[tokio::test]
    async fn who_may_not_pass_the_role_makes_no_alias() {
        let bench = Bench::new().await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}"#;
        let input = json!({"roleAlias": "a", "roleArn": ROLE});
        let refused = bench
            .call_with_policy::<CreateRoleAlias>(allowed, input)
            .await;
        let Err(Error::Denied(message)) = refused else {
            panic!("{refused:?}")
        };
        assert!(message.contains("iam:PassRole on resource: arn:aws:iam::123456789012:role/r"));
    }

    #[tokio::test]
    async fn a_duration_out_of_bounds_a_foreign_role_and_a_bad_name_are_refused() {
        let bench = Bench::new().await;
        for input in [
            json!({"roleAlias": "a", "roleArn": ROLE, "credentialDurationSeconds": 899}),
            json!({"roleAlias": "a", "roleArn": ROLE, "credentialDurationSeconds": 43201}),
            json!({"roleAlias": "a", "roleArn": "arn:aws:iam::210987654321:role/r"}),
            json!({"roleAlias": "a/b", "roleArn": ROLE}),
            json!({"roleAlias": "a", "roleArn": ROLE, "tags": []}),
            json!({"roleAlias": "a"}),
        ] {
            let refused = bench.call::<CreateRoleAlias>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }
}
