//! IAM users in SQL.

use async_trait::async_trait;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, UserName};
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::user::{User, UserStore, absent};

use crate::SqliteStore;
use crate::entity::{forget_in_trust_policies, name_key, refuse_with_policies, require_boundary};
use crate::paging;
use crate::statement::{Failure, Statements};
use crate::transact::{Write, step};
use crate::value::{Columns, args};

#[async_trait]
impl UserStore for SqliteStore {
    async fn create_user(&self, account: &AccountId, user: User) -> Result<(), Error> {
        let user = &user;
        self.transact(|write| step(insert(write, account, user)))
            .await
    }

    async fn user(&self, account: &AccountId, name: &UserName) -> Result<Option<User>, Error> {
        Ok(one(&mut self.read().await?, account, name).await?)
    }

    async fn update_user_boundary(
        &self,
        account: &AccountId,
        name: &UserName,
        permissions_boundary: Option<String>,
    ) -> Result<(), Error> {
        let permissions_boundary = permissions_boundary.as_deref();
        self.transact(|write| {
            step(async move {
                let standing = one(write, account, name)
                    .await?
                    .ok_or_else(|| absent(name))?;
                require_boundary(write, account, permissions_boundary).await?;
                write
                    .execute(
                        "UPDATE iam_user SET permissions_boundary = $3
                         WHERE account_id = $1 AND name_key = $2",
                        args![account, name_key(name), permissions_boundary],
                    )
                    .await?;
                write.changed("user", format_args!("{account}/{}", standing.name));
                Ok(())
            })
        })
        .await
    }

    async fn delete_user(&self, account: &AccountId, name: &UserName) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let standing = one(write, account, name)
                    .await?
                    .ok_or_else(|| absent(name))?;
                let keys = write
                    .exists(
                        "SELECT 1 FROM access_key WHERE account_id = $1 AND user_id = $2 LIMIT 1",
                        args![account, &standing.id],
                    )
                    .await?;
                if keys {
                    let message = "Cannot delete entity, must delete access keys first.";
                    return Err(Error::DeleteConflict(message.to_owned()).into());
                }
                refuse_with_policies(write, account, &standing.id).await?;
                write
                    .execute(
                        "DELETE FROM iam_user WHERE account_id = $1 AND name_key = $2",
                        args![account, name_key(name)],
                    )
                    .await?;
                write.changed("user", format_args!("{account}/{}", standing.name));
                let arn = standing.arn(account);
                forget_in_trust_policies(write, account, |named| named == arn, &standing.id).await
            })
        })
        .await
    }

    async fn list_users(
        &self,
        account: &AccountId,
        path_prefix: &str,
        page: PageRequest,
    ) -> Result<Page<User>, Error> {
        let rows = self
            .read()
            .await?
            .page(
                "SELECT name, path, id, permissions_boundary, created_at_ms
                 FROM iam_user
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
        let users = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::of(users, page.limit, |user: &User| {
            user.name.to_string()
        }))
    }
}

/// Writes a new user in a transaction.
pub(crate) async fn insert(
    write: &mut Write,
    account: &AccountId,
    user: &User,
) -> Result<(), Failure> {
    require_boundary(write, account, user.permissions_boundary.as_deref()).await?;
    let inserted = write
        .execute(
            "INSERT INTO iam_user (account_id, name_key, name, path, id,
                 permissions_boundary, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT DO NOTHING",
            args![
                account,
                name_key(&user.name),
                &user.name,
                &user.path,
                &user.id,
                user.permissions_boundary.as_deref(),
                user.created_at,
            ],
        )
        .await?;
    if inserted == 0 {
        let message = format!("User with name {} already exists.", user.name);
        return Err(Error::already_exists(message).into());
    }
    write.changed("user", format_args!("{account}/{}", user.name));
    Ok(())
}

/// Reads a user in a transaction.
pub(crate) async fn one(
    statements: &mut Statements,
    account: &AccountId,
    name: &UserName,
) -> Result<Option<User>, Failure> {
    let row = statements
        .row(
            "SELECT name, path, id, permissions_boundary, created_at_ms
             FROM iam_user
             WHERE account_id = $1 AND name_key = $2",
            args![account, name_key(name)],
        )
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// The user in a row.
pub(crate) fn read(row: &impl Columns) -> Result<User, Error> {
    Ok(User {
        name: row.parsed("name")?,
        path: row.parsed("path")?,
        id: row.parsed("id")?,
        permissions_boundary: row.optional_text("permissions_boundary")?,
        created_at: row.time("created_at_ms")?,
    })
}
