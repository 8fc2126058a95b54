//! What users and roles have in common in SQL: unique ids, policies, boundaries.

use thingpass_domain::arn::PolicyArn;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, UniqueId};
use thingpass_domain::managed_policy::{Entity, absent};
use thingpass_domain::role;

use crate::managed_policy;
use crate::statement::{Failure, Statements};
use crate::transact::Write;
use crate::value::{Columns as _, args};

/// The key that names have in common that differ only in the case of their letters.
pub(crate) fn name_key(name: &impl AsRef<str>) -> String {
    name.as_ref().to_ascii_lowercase()
}

/// The unique id of a user or role; refuses one that is not there. Policies hang on the id: a
/// user or role made again under the same name has none of the old one's.
pub(crate) async fn require_id(
    statements: &mut Statements,
    account: &AccountId,
    entity: &Entity,
) -> Result<UniqueId, Failure> {
    let row = match entity {
        Entity::User(name) => {
            let sql = "SELECT id FROM iam_user WHERE account_id = $1 AND name_key = $2";
            statements.row(sql, args![account, name_key(name)]).await?
        }
        Entity::Role(name) => {
            let sql = "SELECT id FROM iam_role WHERE account_id = $1 AND name_key = $2";
            statements.row(sql, args![account, name_key(name)]).await?
        }
    };
    Ok(row.ok_or_else(|| entity.absent())?.parsed("id")?)
}

/// Refuses to delete a user or role that has policies.
pub(crate) async fn refuse_with_policies(
    statements: &mut Statements,
    account: &AccountId,
    id: &UniqueId,
) -> Result<(), Failure> {
    let managed = "SELECT 1 FROM managed_policy_attachment
                   WHERE account_id = $1 AND entity_id = $2 LIMIT 1";
    if statements.exists(managed, args![account, id]).await? {
        let message = "Cannot delete entity, must detach all policies first.";
        return Err(Error::DeleteConflict(message.to_owned()).into());
    }
    let inline = "SELECT 1 FROM inline_policy
                  WHERE account_id = $1 AND entity_id = $2 LIMIT 1";
    if statements.exists(inline, args![account, id]).await? {
        let message = "Cannot delete entity, must delete policies first.";
        return Err(Error::DeleteConflict(message.to_owned()).into());
    }
    Ok(())
}

/// Refuses a boundary that is not there.
pub(crate) async fn require_boundary(
    statements: &mut Statements,
    account: &AccountId,
    boundary: Option<&str>,
) -> Result<(), Failure> {
    let Some(boundary) = boundary else {
        return Ok(());
    };
    let arn = PolicyArn::new(boundary).map_err(Error::from)?;
    if managed_policy::exists(statements, account, &arn).await? {
        return Ok(());
    }
    Err(absent(&arn).into())
}

/// Has the account's trust policies forget a user or role that is deleted: see
/// [`role::forget_principal`].
pub(crate) async fn forget_in_trust_policies(
    write: &mut Write,
    account: &AccountId,
    arns: impl Fn(&str) -> bool,
    id: &UniqueId,
) -> Result<(), Failure> {
    let sql = "SELECT name_key, trust_policy FROM iam_role WHERE account_id = $1";
    for row in write.rows(sql, args![account]).await? {
        let (name, policy) = (row.text("name_key")?, row.text("trust_policy")?);
        let Some(renamed) = role::forget_principal(&policy, &arns, id) else {
            continue;
        };
        write
            .execute(
                "UPDATE iam_role SET trust_policy = $3 WHERE account_id = $1 AND name_key = $2",
                args![account, &name, &renamed],
            )
            .await?;
        write.changed("role", format_args!("{account}/{name}"));
    }
    Ok(())
}
