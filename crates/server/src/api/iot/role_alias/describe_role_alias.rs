//! `GET /role-aliases/{roleAlias}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeRoleAlias.html
//! Divergences: none.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use thingpass_domain::arn::{AccountRegion, RoleArn};
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, RoleAliasName};
use thingpass_domain::role_alias::{RoleAliasStore, absent};
use thingpass_wire::rest_json::Binding;
use thingpass_wire::timestamp::epoch_seconds;

use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// DescribeRoleAlias.
#[derive(Debug)]
pub struct DescribeRoleAlias;

impl RestOperation for DescribeRoleAlias {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/role-aliases/{roleAlias}";
    const BINDINGS: &'static [Binding] = &[label("roleAlias")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    role_alias: RoleAliasName,
}

/// See the AWS documentation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    role_alias_description: Description,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    role_alias: RoleAliasName,
    role_alias_arn: String,
    role_arn: RoleArn,
    owner: AccountId,
    credential_duration_seconds: u32,
    creation_date: Number,
    last_modified_date: Number,
}

impl Operation for DescribeRoleAlias {
    const NAME: &'static str = "DescribeRoleAlias";
    const ACTION: &'static str = "iot:DescribeRoleAlias";
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.role_alias(&input.role_alias))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let home = &call.context.home;
        let (store, name) = (&*call.context.store, &input.role_alias);
        let found = RoleAliasStore::role_alias(store, &home.account, name).await?;
        let alias = found.ok_or_else(|| absent(name))?;
        let role_alias_description = Description {
            role_alias_arn: home.role_alias(name),
            role_alias: alias.name,
            role_arn: alias.role_arn,
            owner: home.account.clone(),
            credential_duration_seconds: alias.credential_duration_seconds,
            creation_date: epoch_seconds(alias.created_at),
            last_modified_date: epoch_seconds(alias.last_modified_at),
        };
        Ok(Output {
            role_alias_description,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::super::testing::{ROLE, alias};
    use super::DescribeRoleAlias;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn an_alias_is_described_in_full() {
        let bench = Bench::new().await;
        alias(&bench, "a").await;
        let told = bench
            .call::<DescribeRoleAlias>(json!({"roleAlias": "a"}))
            .await
            .unwrap();
        let description = &told["roleAliasDescription"];
        assert_eq!(description["roleAlias"], "a");
        assert_eq!(
            description["roleAliasArn"],
            "arn:aws:iot:us-east-1:123456789012:rolealias/a"
        );
        assert_eq!(description["roleArn"], ROLE);
        assert_eq!(description["owner"], "123456789012");
        assert_eq!(description["credentialDurationSeconds"], 3600);
        for member in ["creationDate", "lastModifiedDate"] {
            assert_eq!(
                description[member].as_f64(),
                Some(1_767_225_600.0),
                "{member}"
            );
        }
    }

    #[tokio::test]
    async fn an_absent_alias_is_not_found_and_an_illegal_name_is_refused() {
        let bench = Bench::new().await;
        let absent = bench
            .call::<DescribeRoleAlias>(json!({"roleAlias": "a"}))
            .await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{absent:?}");
        let refused = bench
            .call::<DescribeRoleAlias>(json!({"roleAlias": "a.b"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn who_may_not_read_it_is_denied() {
        let bench = Bench::new().await;
        alias(&bench, "a").await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:DescribeRoleAlias",
            "Resource":"arn:aws:iot:us-east-1:123456789012:rolealias/b"}}"#;
        let input = json!({"roleAlias": "a"});
        let refused = bench
            .call_with_policy::<DescribeRoleAlias>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}
