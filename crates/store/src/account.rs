//! Accounts in SQL.

use async_trait::async_trait;
use thingpass_domain::account::{Account, AccountStore, FirstUser};
use thingpass_domain::error::Error;
use thingpass_domain::managed_policy::Entity;

use crate::transact::step;
use crate::value::{Columns as _, args};
use crate::{SqliteStore, access_key, policy_attachment, user};

#[async_trait]
impl AccountStore for SqliteStore {
    async fn create_account(
        &self,
        account: Account,
        first_user: Option<FirstUser>,
    ) -> Result<(), Error> {
        let (account, first_user) = (&account, first_user.as_ref());
        self.transact(|write| {
            step(async move {
                let inserted = write
                    .execute(
                        "INSERT INTO account (id, endpoint_prefix, created_at_ms)
                         VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        args![&account.id, &account.endpoint_prefix, account.created_at],
                    )
                    .await?;
                if inserted == 0 {
                    let Account {
                        id,
                        endpoint_prefix,
                        ..
                    } = account;
                    let message = format!(
                        "the account {id} or the endpoint prefix {endpoint_prefix} is taken already"
                    );
                    return Err(Error::already_exists(message).into());
                }
                write.changed("account", &account.id);
                let Some(FirstUser { user, policy, key }) = first_user else {
                    return Ok(());
                };
                let entity = Entity::User(user.name.clone());
                user::insert(write, &account.id, user).await?;
                policy_attachment::insert(write, &account.id, &entity, policy).await?;
                access_key::insert(write, &account.id, key).await
            })
        })
        .await
    }

    async fn accounts(&self) -> Result<Vec<Account>, Error> {
        let rows = self
            .read()
            .await?
            .rows(
                "SELECT id, endpoint_prefix, created_at_ms FROM account
                 ORDER BY created_at_ms, id",
                &[],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Account {
                    id: row.parsed("id")?,
                    endpoint_prefix: row.text("endpoint_prefix")?,
                    created_at: row.time("created_at_ms")?,
                })
            })
            .collect()
    }
}
