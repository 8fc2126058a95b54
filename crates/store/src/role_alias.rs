//! Role aliases in SQL.

use async_trait::async_trait;
use thingpass_domain::arn::RoleArn;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, RoleAliasName};
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::quota::ROLE_ALIASES_MAX;
use thingpass_domain::role_alias::{RoleAlias, RoleAliasStore, absent, check_duration};
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::paging;
use crate::statement::{Failure, Statements};
use crate::transact::step;
use crate::value::{Columns, args};

#[async_trait]
impl RoleAliasStore for SqliteStore {
    async fn create_role_alias(&self, account: &AccountId, alias: RoleAlias) -> Result<(), Error> {
        check_duration(alias.credential_duration_seconds)?;
        let (alias, name) = (&alias, &alias.name);
        self.transact(|write| {
            step(async move {
                let inserted = write
                    .execute(
                        "INSERT INTO role_alias (account_id, name, role_arn,
                             credential_duration_seconds, created_at_ms, last_modified_at_ms)
                         VALUES ($1, $2, $3, $4, $5, $6)
                         ON CONFLICT DO NOTHING",
                        args![
                            account,
                            name,
                            &alias.role_arn,
                            alias.credential_duration_seconds,
                            alias.created_at,
                            alias.last_modified_at,
                        ],
                    )
                    .await?;
                if inserted == 0 {
                    let message = format!("Role alias {name} already exists");
                    return Err(Error::already_exists(message).into());
                }
                let row = write
                    .row(
                        "SELECT COUNT(*) AS standing FROM role_alias WHERE account_id = $1",
                        args![account],
                    )
                    .await?;
                let standing = row.map_or(Ok(0), |row| row.number("standing"))?;
                if u64::from(standing) > ROLE_ALIASES_MAX {
                    return Err(Error::LimitExceeded(format!(
                        "an account has at most {ROLE_ALIASES_MAX} role aliases: delete one first"
                    ))
                    .into());
                }
                write.changed("role_alias", format_args!("{account}/{name}"));
                Ok(())
            })
        })
        .await
    }

    async fn role_alias(
        &self,
        account: &AccountId,
        name: &RoleAliasName,
    ) -> Result<Option<RoleAlias>, Error> {
        Ok(one(&mut self.read().await?, account, name).await?)
    }

    async fn update_role_alias(
        &self,
        account: &AccountId,
        name: &RoleAliasName,
        role_arn: Option<RoleArn>,
        credential_duration_seconds: Option<u32>,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        credential_duration_seconds.map_or(Ok(()), check_duration)?;
        let role_arn = role_arn.as_ref();
        self.transact(|write| {
            step(async move {
                let standing = one(write, account, name)
                    .await?
                    .ok_or_else(|| absent(name))?;
                write
                    .execute(
                        "UPDATE role_alias
                         SET role_arn = $3, credential_duration_seconds = $4,
                             last_modified_at_ms = $5
                         WHERE account_id = $1 AND name = $2",
                        args![
                            account,
                            name,
                            role_arn.unwrap_or(&standing.role_arn),
                            credential_duration_seconds
                                .unwrap_or(standing.credential_duration_seconds),
                            at,
                        ],
                    )
                    .await?;
                write.changed("role_alias", format_args!("{account}/{name}"));
                Ok(())
            })
        })
        .await
    }

    async fn delete_role_alias(
        &self,
        account: &AccountId,
        name: &RoleAliasName,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let deleted = write
                    .execute(
                        "DELETE FROM role_alias WHERE account_id = $1 AND name = $2",
                        args![account, name],
                    )
                    .await?;
                if deleted == 0 {
                    return Err(absent(name).into());
                }
                write.changed("role_alias", format_args!("{account}/{name}"));
                Ok(())
            })
        })
        .await
    }

    async fn list_role_aliases(
        &self,
        account: &AccountId,
        page: PageRequest,
    ) -> Result<Page<RoleAliasName>, Error> {
        let rows = self
            .read()
            .await?
            .page(
                "SELECT name FROM role_alias
                 WHERE account_id = $1 AND name > $2
                 ORDER BY name ASC
                 LIMIT $3",
                &page,
                args![account, paging::after_name(&page), paging::limit(&page)],
            )
            .await?;
        let names = rows
            .iter()
            .map(|row| row.parsed("name"))
            .collect::<Result<_, _>>()?;
        Ok(Page::of(names, page.limit, RoleAliasName::to_string))
    }
}

/// Reads one by account and name, here and in the lookups.
pub(crate) const ONE: &str = "
    SELECT name, role_arn, credential_duration_seconds, created_at_ms, last_modified_at_ms
    FROM role_alias
    WHERE account_id = $1 AND name = $2";

/// The alias in a row.
pub(crate) fn read(row: &impl Columns) -> Result<RoleAlias, Error> {
    Ok(RoleAlias {
        name: row.parsed("name")?,
        role_arn: row.parsed("role_arn")?,
        credential_duration_seconds: row.number("credential_duration_seconds")?,
        created_at: row.time("created_at_ms")?,
        last_modified_at: row.time("last_modified_at_ms")?,
    })
}

async fn one(
    statements: &mut Statements,
    account: &AccountId,
    name: &RoleAliasName,
) -> Result<Option<RoleAlias>, Failure> {
    let row = statements.row(ONE, args![account, name]).await?;
    Ok(row.as_ref().map(read).transpose()?)
}
