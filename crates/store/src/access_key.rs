//! Access keys in SQL.

use async_trait::async_trait;
use thingpass_domain::access_key::{AccessKey, AccessKeyStatus, AccessKeyStore, absent};
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccessKeyId, AccountId, UserName};
use thingpass_domain::quota::ACCESS_KEYS_PER_USER_MAX;
use thingpass_domain::user::User;

use crate::SqliteStore;
use crate::statement::{Failure, Statements};
use crate::transact::{Write, step};
use crate::user;
use crate::value::{Columns, args};

#[async_trait]
impl AccessKeyStore for SqliteStore {
    async fn create_access_key(&self, account: &AccountId, key: AccessKey) -> Result<(), Error> {
        let key = &key;
        self.transact(|write| step(insert(write, account, key)))
            .await
    }

    async fn update_access_key(
        &self,
        account: &AccountId,
        user: &UserName,
        id: &AccessKeyId,
        status: AccessKeyStatus,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let user = require_user(write, account, user).await?;
                let updated = write
                    .execute(
                        "UPDATE access_key SET status = $4
                         WHERE account_id = $1 AND user_id = $2 AND id = $3",
                        args![account, &user.id, id, status.as_str()],
                    )
                    .await?;
                if updated == 0 {
                    return Err(absent(id).into());
                }
                write.changed("access_key", format_args!("{account}/{id}"));
                Ok(())
            })
        })
        .await
    }

    async fn delete_access_key(
        &self,
        account: &AccountId,
        user: &UserName,
        id: &AccessKeyId,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let user = require_user(write, account, user).await?;
                let deleted = write
                    .execute(
                        "DELETE FROM access_key
                         WHERE account_id = $1 AND user_id = $2 AND id = $3",
                        args![account, &user.id, id],
                    )
                    .await?;
                if deleted == 0 {
                    return Err(absent(id).into());
                }
                write.changed("access_key", format_args!("{account}/{id}"));
                Ok(())
            })
        })
        .await
    }

    async fn list_access_keys(
        &self,
        account: &AccountId,
        user: &UserName,
    ) -> Result<Vec<AccessKey>, Error> {
        let statements = &mut self.read().await?;
        let user = require_user(statements, account, user).await?;
        Ok(keys_of(statements, account, &user).await?)
    }

    async fn has_active_access_key(&self, account: &AccountId) -> Result<bool, Error> {
        let statements = &mut self.read().await?;
        Ok(statements
            .exists(
                "SELECT 1 FROM access_key WHERE account_id = $1 AND status = $2 LIMIT 1",
                args![account, AccessKeyStatus::Active.as_str()],
            )
            .await?)
    }
}

/// Writes a new key in a transaction.
pub(crate) async fn insert(
    write: &mut Write,
    account: &AccountId,
    key: &AccessKey,
) -> Result<(), Failure> {
    let user = require_user(write, account, &key.user).await?;
    let inserted = write
        .execute(
            "INSERT INTO access_key (account_id, id, user_id, sealed_secret, status,
                 created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
            args![
                account,
                &key.id,
                &user.id,
                key.sealed_secret.as_slice(),
                key.status.as_str(),
                key.created_at,
            ],
        )
        .await?;
    if inserted == 0 {
        let message = format!("The Access Key with id {} already exists.", key.id);
        return Err(Error::already_exists(message).into());
    }
    let standing = keys_of(write, account, &user).await?.len();
    if standing > ACCESS_KEYS_PER_USER_MAX {
        return Err(Error::LimitExceeded(format!(
            "Cannot exceed quota for AccessKeysPerUser: {ACCESS_KEYS_PER_USER_MAX}"
        ))
        .into());
    }
    write.changed("access_key", format_args!("{account}/{}", key.id));
    Ok(())
}

/// Whether the key in a row may be used.
pub(crate) fn read_status(row: &impl Columns) -> Result<AccessKeyStatus, Error> {
    row.word("status", AccessKeyStatus::read)
}

async fn require_user(
    statements: &mut Statements,
    account: &AccountId,
    name: &UserName,
) -> Result<User, Failure> {
    let user = user::one(statements, account, name).await?;
    user.ok_or_else(|| thingpass_domain::user::absent(name).into())
}

async fn keys_of(
    statements: &mut Statements,
    account: &AccountId,
    user: &User,
) -> Result<Vec<AccessKey>, Failure> {
    let rows = statements
        .rows(
            "SELECT id, sealed_secret, status, created_at_ms
             FROM access_key
             WHERE account_id = $1 AND user_id = $2
             ORDER BY id",
            args![account, &user.id],
        )
        .await?;
    let read = |row| -> Result<AccessKey, Failure> {
        let row: &crate::dialect::Row = row;
        Ok(AccessKey {
            id: row.parsed("id")?,
            user: user.name.clone(),
            sealed_secret: row.bytes("sealed_secret")?,
            status: read_status(row)?,
            created_at: row.time("created_at_ms")?,
        })
    };
    rows.iter().map(read).collect()
}
