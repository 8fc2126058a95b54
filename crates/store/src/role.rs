//! IAM roles in SQL.

use async_trait::async_trait;
use thingpass_domain::arn::assumed_role_prefix;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, RoleName};
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::role::{Role, RoleChange, RoleStore, absent};

use crate::SqliteStore;
use crate::entity::{forget_in_trust_policies, name_key, refuse_with_policies, require_boundary};
use crate::paging;
use crate::statement::{Failure, Statements};
use crate::transact::step;
use crate::value::{Columns, args};

#[async_trait]
impl RoleStore for SqliteStore {
    async fn create_role(&self, account: &AccountId, role: Role) -> Result<(), Error> {
        let role = &role;
        self.transact(|write| {
            step(async move {
                require_boundary(write, account, role.permissions_boundary.as_deref()).await?;
                let inserted = write
                    .execute(
                        "INSERT INTO iam_role (account_id, name_key, name, path, id, trust_policy,
                             max_session_duration_seconds, description, permissions_boundary,
                             created_at_ms)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                         ON CONFLICT DO NOTHING",
                        args![
                            account,
                            name_key(&role.name),
                            &role.name,
                            &role.path,
                            &role.id,
                            &role.trust_policy,
                            role.max_session_duration_seconds,
                            role.description.as_deref(),
                            role.permissions_boundary.as_deref(),
                            role.created_at,
                        ],
                    )
                    .await?;
                if inserted == 0 {
                    let message = format!("Role with name {} already exists.", role.name);
                    return Err(Error::already_exists(message).into());
                }
                write.changed("role", format_args!("{account}/{}", role.name));
                Ok(())
            })
        })
        .await
    }

    async fn role(&self, account: &AccountId, name: &RoleName) -> Result<Option<Role>, Error> {
        Ok(one(&mut self.read().await?, account, name).await?)
    }

    async fn update_role(
        &self,
        account: &AccountId,
        name: &RoleName,
        change: &RoleChange,
    ) -> Result<Role, Error> {
        self.transact(|write| {
            step(async move {
                let standing = one(write, account, name)
                    .await?
                    .ok_or_else(|| absent(name))?;
                if let Some(boundary) = &change.permissions_boundary {
                    require_boundary(write, account, boundary.as_deref()).await?;
                }
                let role = changed(standing, change);
                write
                    .execute(
                        "UPDATE iam_role
                         SET trust_policy = $3, max_session_duration_seconds = $4, description = $5,
                             permissions_boundary = $6
                         WHERE account_id = $1 AND name_key = $2",
                        args![
                            account,
                            name_key(name),
                            &role.trust_policy,
                            role.max_session_duration_seconds,
                            role.description.as_deref(),
                            role.permissions_boundary.as_deref(),
                        ],
                    )
                    .await?;
                write.changed("role", format_args!("{account}/{}", role.name));
                Ok(role)
            })
        })
        .await
    }

    async fn delete_role(&self, account: &AccountId, name: &RoleName) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let standing = one(write, account, name)
                    .await?
                    .ok_or_else(|| absent(name))?;
                refuse_with_policies(write, account, &standing.id).await?;
                write
                    .execute(
                        "DELETE FROM iam_role WHERE account_id = $1 AND name_key = $2",
                        args![account, name_key(name)],
                    )
                    .await?;
                write.changed("role", format_args!("{account}/{}", standing.name));
                let arn = standing.arn(account);
                let sessions = assumed_role_prefix(account, &standing.name);
                let names = |named: &str| named == arn || named.starts_with(&sessions);
                forget_in_trust_policies(write, account, names, &standing.id).await
            })
        })
        .await
    }

    async fn list_roles(
        &self,
        account: &AccountId,
        path_prefix: &str,
        page: PageRequest,
    ) -> Result<Page<Role>, Error> {
        let rows = self
            .read()
            .await?
            .page(
                "SELECT name, path, id, trust_policy, max_session_duration_seconds, description,
                     permissions_boundary, created_at_ms
                 FROM iam_role
                 WHERE account_id = $1 AND name > $2 AND substr(path, 1, length($3)) = $3
                 ORDER BY name ASC
                 LIMIT $4",
                &page,
                args![
                    account,
                    paging::after_name(&page),
                    path_prefix,
                    paging::limit(&page)
                ],
            )
            .await?;
        let roles = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::of(roles, page.limit, |role: &Role| {
            role.name.to_string()
        }))
    }
}

/// Reads one by account and the key of its name, here and in the lookups.
pub(crate) const BY_NAME: &str = "
    SELECT name, path, id, trust_policy, max_session_duration_seconds, description,
        permissions_boundary, created_at_ms
    FROM iam_role
    WHERE account_id = $1 AND name_key = $2";

/// Reads one by account and unique id.
pub(crate) const BY_ID: &str = "
    SELECT name, path, id, trust_policy, max_session_duration_seconds, description,
        permissions_boundary, created_at_ms
    FROM iam_role
    WHERE account_id = $1 AND id = $2";

/// The role in a row.
pub(crate) fn read(row: &impl Columns) -> Result<Role, Error> {
    Ok(Role {
        name: row.parsed("name")?,
        path: row.parsed("path")?,
        id: row.parsed("id")?,
        trust_policy: row.text("trust_policy")?,
        max_session_duration_seconds: row.number("max_session_duration_seconds")?,
        description: row.optional_text("description")?,
        permissions_boundary: row.optional_text("permissions_boundary")?,
        created_at: row.time("created_at_ms")?,
    })
}

async fn one(
    statements: &mut Statements,
    account: &AccountId,
    name: &RoleName,
) -> Result<Option<Role>, Failure> {
    let row = statements
        .row(BY_NAME, args![account, name_key(name)])
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

fn changed(mut role: Role, change: &RoleChange) -> Role {
    if let Some(trust_policy) = &change.trust_policy {
        role.trust_policy.clone_from(trust_policy);
    }
    if let Some(seconds) = change.max_session_duration_seconds {
        role.max_session_duration_seconds = seconds;
    }
    if let Some(description) = &change.description {
        role.description = Some(description.clone());
    }
    if let Some(boundary) = &change.permissions_boundary {
        role.permissions_boundary.clone_from(boundary);
    }
    role
}
