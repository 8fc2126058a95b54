//! Role aliases.

pub mod create_role_alias;
pub mod delete_role_alias;
pub mod describe_role_alias;
pub mod list_role_aliases;
pub mod update_role_alias;

use thingpass_domain::arn::{AccountRegion, RoleArn};
use thingpass_domain::error::Error;
use thingpass_domain::trust::CREDENTIALS_SERVICE;

use crate::api::dispatch::{RestRow, rest};

/// The operations of this noun.
pub(super) fn rows() -> Vec<RestRow> {
    vec![
        rest::<create_role_alias::CreateRoleAlias>(),
        rest::<delete_role_alias::DeleteRoleAlias>(),
        rest::<describe_role_alias::DescribeRoleAlias>(),
        rest::<list_role_aliases::ListRoleAliases>(),
        rest::<update_role_alias::UpdateRoleAlias>(),
    ]
}

/// `iam:PassedToService` of the role behind an alias.
const PASSED_TO_SERVICE: &str = CREDENTIALS_SERVICE;

/// A role can be passed within its account only.
fn check_role_account(role: &RoleArn, home: &AccountRegion) -> Result<(), Error> {
    if role.account == home.account {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "role `{role}` is in another account: an alias points to a role of its own account, {}",
        home.account
    )))
}

#[cfg(test)]
mod testing {
    use serde_json::json;

    use super::create_role_alias::CreateRoleAlias;
    use crate::api::testing::Bench;

    pub(super) const ROLE: &str = "arn:aws:iam::123456789012:role/r";

    pub(super) async fn alias(bench: &Bench, name: &str) {
        let input = json!({"roleAlias": name, "roleArn": ROLE});
        bench.call::<CreateRoleAlias>(input).await.unwrap();
    }
}
