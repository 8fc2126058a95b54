//! Versions of managed policies in SQL.

use thingpass_domain::arn::PolicyArn;
use thingpass_domain::error::Error;
use thingpass_domain::id::AccountId;
use thingpass_domain::managed_policy::{PolicyVersion, absent, absent_version};
use thingpass_domain::quota::POLICY_VERSIONS_MAX;
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::managed_policy::{require, require_own};
use crate::statement::{Failure, Statements};
use crate::transact::step;
use crate::value::{Columns, args, kept};

impl SqliteStore {
    pub(crate) async fn create_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        document: &str,
        set_as_default: bool,
        at: OffsetDateTime,
    ) -> Result<PolicyVersion, Error> {
        require_own(account, arn)?;
        self.transact(|write| {
            step(async move {
                let row = write
                    .row(
                        "UPDATE managed_policy
                         SET next_version = next_version + 1, updated_at_ms = $2,
                             default_version =
                                 CASE WHEN $3 = 1 THEN next_version ELSE default_version END
                         WHERE arn = $1
                         RETURNING next_version - 1 AS number",
                        args![arn, at, set_as_default],
                    )
                    .await?;
                let number = row.ok_or_else(|| absent(arn))?.number("number")?;
                write
                    .execute(
                        "INSERT INTO managed_policy_version (policy_arn, number, document,
                             created_at_ms)
                         VALUES ($1, $2, $3, $4)",
                        args![arn, number, document, at],
                    )
                    .await?;
                if all(write, arn).await?.len() > POLICY_VERSIONS_MAX {
                    return Err(Error::VersionsLimitExceeded(format!(
                    "A managed policy can have up to {POLICY_VERSIONS_MAX} versions. Before you \
                     create a new version, you must delete an existing version."
                ))
                .into());
                }
                write.changed("managed_policy", arn);
                Ok(PolicyVersion {
                    number,
                    document: document.to_owned(),
                    is_default: set_as_default,
                    created_at: kept(at),
                })
            })
        })
        .await
    }

    pub(crate) async fn version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        number: u32,
    ) -> Result<Option<PolicyVersion>, Error> {
        let row = self
            .read()
            .await?
            .row(
                "SELECT v.number, v.document, v.number = p.default_version AS is_default,
                     v.created_at_ms
                 FROM managed_policy p
                 JOIN managed_policy_version v ON v.policy_arn = p.arn
                 WHERE p.arn = $1 AND p.account_id IN ($2, 'aws') AND v.number = $3",
                args![arn, account, number],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    pub(crate) async fn versions(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<Vec<PolicyVersion>, Error> {
        let statements = &mut self.read().await?;
        require(statements, account, arn).await?;
        Ok(all(statements, arn).await?)
    }

    pub(crate) async fn set_default_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        number: u32,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        require_own(account, arn)?;
        self.transact(|write| {
            step(async move {
                require(write, account, arn).await?;
                require_version(write, arn, number).await?;
                write
                    .execute(
                        "UPDATE managed_policy SET default_version = $2, updated_at_ms = $3
                         WHERE arn = $1",
                        args![arn, number, at],
                    )
                    .await?;
                write.changed("managed_policy", arn);
                Ok(())
            })
        })
        .await
    }

    pub(crate) async fn delete_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        number: u32,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        require_own(account, arn)?;
        self.transact(|write| {
            step(async move {
                require(write, account, arn).await?;
                if require_version(write, arn, number).await?.is_default {
                    let message = "Cannot delete the default version of a policy.";
                    return Err(Error::DeleteConflict(message.to_owned()).into());
                }
                write
                    .execute(
                        "DELETE FROM managed_policy_version WHERE policy_arn = $1 AND number = $2",
                        args![arn, number],
                    )
                    .await?;
                write
                    .execute(
                        "UPDATE managed_policy SET updated_at_ms = $2 WHERE arn = $1",
                        args![arn, at],
                    )
                    .await?;
                write.changed("managed_policy", arn);
                Ok(())
            })
        })
        .await
    }
}

/// All versions, the newest first.
async fn all(statements: &mut Statements, arn: &PolicyArn) -> Result<Vec<PolicyVersion>, Failure> {
    let rows = statements
        .rows(
            "SELECT v.number, v.document, v.number = p.default_version AS is_default,
                 v.created_at_ms
             FROM managed_policy p
             JOIN managed_policy_version v ON v.policy_arn = p.arn
             WHERE p.arn = $1
             ORDER BY v.number DESC",
            args![arn],
        )
        .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

async fn require_version(
    statements: &mut Statements,
    arn: &PolicyArn,
    number: u32,
) -> Result<PolicyVersion, Failure> {
    let version = all(statements, arn)
        .await?
        .into_iter()
        .find(|v| v.number == number);
    version.ok_or_else(|| absent_version(arn, number).into())
}

fn read(row: &impl Columns) -> Result<PolicyVersion, Error> {
    Ok(PolicyVersion {
        number: row.number("number")?,
        document: row.text("document")?,
        is_default: row.flag("is_default")?,
        created_at: row.time("created_at_ms")?,
    })
}
