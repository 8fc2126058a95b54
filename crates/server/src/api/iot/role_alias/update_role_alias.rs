//! `PUT /role-aliases/{roleAlias}` — https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateRoleAlias.html
//! Divergences: `iam:PassRole` is demanded where the request names a role, be it the one that the
//! alias has already; who changes the duration alone passes no role and needs none. A role's
//! MaxSessionDuration still bounds the duration when a device asks.

use http::Method;
use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, RoleArn};
use thingpass_domain::authorize::Demand;
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleAliasName;
use thingpass_domain::role_alias::check_duration;
use thingpass_wire::rest_json::Binding;

use super::PASSED_TO_SERVICE;
use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// UpdateRoleAlias.
#[derive(Debug)]
pub struct UpdateRoleAlias;

impl RestOperation for UpdateRoleAlias {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/role-aliases/{roleAlias}";
    const BINDINGS: &'static [Binding] = &[label("roleAlias")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    role_alias: RoleAliasName,
    role_arn: Option<RoleArn>,
    credential_duration_seconds: Option<u32>,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    role_alias: RoleAliasName,
    role_alias_arn: String,
}

impl Operation for UpdateRoleAlias {
    const NAME: &'static str = "UpdateRoleAlias";
    const ACTION: &'static str = "iot:UpdateRoleAlias";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        let mut demands = vec![Demand::new(
            Self::ACTION,
            home.role_alias(&input.role_alias),
        )];
        demands.extend(input.role_arn.as_ref().map(|role| {
            Demand::new("iam:PassRole", role.to_string())
                .with("iam:PassedToService", PASSED_TO_SERVICE)
        }));
        Demands::All(demands)
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let context = call.context;
        let home = &context.home;
        input
            .credential_duration_seconds
            .map_or(Ok(()), check_duration)?;
        if let Some(role) = &input.role_arn {
            super::check_role_account(role, home)?;
        }
        let (name, seconds) = (&input.role_alias, input.credential_duration_seconds);
        let now = context.clock.now();
        context
            .store
            .update_role_alias(&home.account, name, input.role_arn, seconds, now)
            .await?;
        Ok(Output {
            role_alias_arn: home.role_alias(name),
            role_alias: input.role_alias,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::super::testing::{ROLE, alias};
    use super::UpdateRoleAlias;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn what_is_given_changes_and_the_rest_stays() {
        let bench = Bench::new().await;
        alias(&bench, "a").await;
        bench.clock.advance_seconds(60);
        let other = "arn:aws:iam::123456789012:role/path/other";
        for (input, role, seconds) in [
            (
                json!({"roleAlias": "a", "credentialDurationSeconds": 900}),
                ROLE,
                900,
            ),
            (json!({"roleAlias": "a", "roleArn": other}), other, 900),
        ] {
            let answer = bench.call::<UpdateRoleAlias>(input).await.unwrap();
            let arn = "arn:aws:iot:us-east-1:123456789012:rolealias/a";
            assert_eq!(answer, json!({"roleAlias": "a", "roleAliasArn": arn}));
            let name = "a".parse().unwrap();
            let alias = bench
                .context
                .directory
                .role_alias(bench.account(), &name)
                .unwrap()
                .unwrap();
            assert_eq!(alias.role_arn.to_string(), role);
            assert_eq!(alias.credential_duration_seconds, seconds);
            assert_eq!(alias.last_modified_at, bench.context.clock.now());
            assert!(alias.created_at < alias.last_modified_at);
        }
    }

    #[tokio::test]
    async fn an_absent_alias_is_not_found() {
        let bench = Bench::new().await;
        let absent = bench
            .call::<UpdateRoleAlias>(json!({"roleAlias": "a"}))
            .await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
    }

    #[tokio::test]
    async fn who_may_not_pass_the_role_changes_the_duration_only() {
        let bench = Bench::new().await;
        alias(&bench, "a").await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}"#;
        let duration = json!({"roleAlias": "a", "credentialDurationSeconds": 900});
        assert!(
            bench
                .call_with_policy::<UpdateRoleAlias>(allowed, duration)
                .await
                .is_ok()
        );
        let role = json!({"roleAlias": "a", "roleArn": ROLE});
        let refused = bench
            .call_with_policy::<UpdateRoleAlias>(allowed, role)
            .await;
        let Err(Error::Denied(message)) = refused else {
            panic!("{refused:?}")
        };
        assert!(message.contains("iam:PassRole on resource: arn:aws:iam::123456789012:role/r"));
    }

    #[tokio::test]
    async fn a_role_may_be_passed_to_the_credentials_provider_alone() {
        let bench = Bench::new().await;
        alias(&bench, "a").await;
        for (service, is_allowed) in [
            ("credentials.iot.amazonaws.com", true),
            ("ec2.amazonaws.com", false),
        ] {
            let policy = format!(
                r#"{{"Statement":[{{"Effect":"Allow","Action":"iot:*","Resource":"*"}},
                    {{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":
                        {{"StringEquals":{{"iam:PassedToService":"{service}"}}}}}}]}}"#
            );
            let input = json!({"roleAlias": "a", "roleArn": ROLE});
            let outcome = bench
                .call_with_policy::<UpdateRoleAlias>(&policy, input)
                .await;
            assert_eq!(outcome.is_ok(), is_allowed, "{service}: {outcome:?}");
        }
    }

    #[tokio::test]
    async fn a_duration_out_of_bounds_a_foreign_role_and_a_bad_name_are_refused() {
        let bench = Bench::new().await;
        alias(&bench, "a").await;
        for input in [
            json!({"roleAlias": "a", "credentialDurationSeconds": 899}),
            json!({"roleAlias": "a", "credentialDurationSeconds": 43201}),
            json!({"roleAlias": "a", "roleArn": "arn:aws:iam::210987654321:role/r"}),
            json!({"roleAlias": "a/b", "credentialDurationSeconds": 900}),
        ] {
            let refused = bench.call::<UpdateRoleAlias>(input.clone()).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{input}: {refused:?}"
            );
        }
    }
}
