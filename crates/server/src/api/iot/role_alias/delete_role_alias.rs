//! `DELETE /role-aliases/{roleAlias}` — https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteRoleAlias.html
//! Divergences: the sessions that were given out for the alias end with it.

use http::Method;
use serde::Deserialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleAliasName;
use thingpass_wire::rest_json::Binding;

use crate::api::dispatch::{RestOperation, label};
use crate::api::operation::{Call, Demands, Operation};

/// DeleteRoleAlias.
#[derive(Debug)]
pub struct DeleteRoleAlias;

impl RestOperation for DeleteRoleAlias {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/role-aliases/{roleAlias}";
    const BINDINGS: &'static [Binding] = &[label("roleAlias")];
}

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    role_alias: RoleAliasName,
}

impl Operation for DeleteRoleAlias {
    const NAME: &'static str = "DeleteRoleAlias";
    const ACTION: &'static str = "iot:DeleteRoleAlias";
    type Input = Input;
    type Output = ();

    fn demands(input: &Input, home: &AccountRegion) -> Demands {
        Demands::one(Self::ACTION, home.role_alias(&input.role_alias))
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<(), Error> {
        let account = &call.context.home.account;
        call.context
            .store
            .delete_role_alias(account, &input.role_alias)
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use thingpass_domain::error::Error;

    use super::super::testing::alias;
    use super::DeleteRoleAlias;
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn an_alias_is_deleted_once() {
        let bench = Bench::new().await;
        alias(&bench, "a").await;
        let input = json!({"roleAlias": "a"});
        assert_eq!(
            bench.call::<DeleteRoleAlias>(input.clone()).await.unwrap(),
            Value::Null
        );
        let name = "a".parse().unwrap();
        assert!(
            bench
                .context
                .directory
                .role_alias(bench.account(), &name)
                .unwrap()
                .is_none()
        );
        let second = bench.call::<DeleteRoleAlias>(input).await;
        assert!(matches!(second, Err(Error::NotFound(_))), "{second:?}");
    }

    #[tokio::test]
    async fn who_may_not_delete_it_is_denied_and_an_illegal_name_is_refused() {
        let bench = Bench::new().await;
        alias(&bench, "a").await;
        let allowed = r#"{"Statement":{"Effect":"Allow","Action":"iot:Describe*","Resource":"*"}}"#;
        let input = json!({"roleAlias": "a"});
        let refused = bench
            .call_with_policy::<DeleteRoleAlias>(allowed, input)
            .await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        let refused = bench
            .call::<DeleteRoleAlias>(json!({"roleAlias": "a b"}))
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}
