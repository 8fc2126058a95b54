//! Inline policies in SQL.

use async_trait::async_trait;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, PolicyName};
use thingpass_domain::managed_policy::{Entity, InlinePolicyStore, absent_inline, inline_size};
use thingpass_domain::page::{Page, PageRequest};

use crate::SqliteStore;
use crate::entity::require_id;
use crate::paging;
use crate::transact::step;
use crate::value::{Columns as _, args};

#[async_trait]
impl InlinePolicyStore for SqliteStore {
    async fn put_inline_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        name: &PolicyName,
        document: &str,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let id = require_id(write, account, entity).await?;
                write
                    .execute(
                        "INSERT INTO inline_policy (account_id, entity_id, name, document)
                         VALUES ($1, $2, $3, $4)
                         ON CONFLICT (account_id, entity_id, name)
                         DO UPDATE SET document = excluded.document",
                        args![account, &id, name, document],
                    )
                    .await?;
                let rows = write
                    .rows(
                        "SELECT document FROM inline_policy
                         WHERE account_id = $1 AND entity_id = $2",
                        args![account, &id],
                    )
                    .await?;
                let mut size: usize = 0;
                for row in &rows {
                    size = size.saturating_add(inline_size(&row.text("document")?));
                }
                let max = entity.inline_policies_size_max();
                if size > max {
                    return Err(Error::LimitExceeded(format!(
                        "Maximum policy size of {max} bytes exceeded for {} {}",
                        entity.kind(),
                        entity.name()
                    ))
                    .into());
                }
                write.changed("inline_policy", format_args!("{account}/{id}/{name}"));
                Ok(())
            })
        })
        .await
    }

    async fn inline_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        name: &PolicyName,
    ) -> Result<Option<String>, Error> {
        let statements = &mut self.read().await?;
        let id = require_id(statements, account, entity).await?;
        let row = statements
            .row(
                "SELECT document FROM inline_policy
                 WHERE account_id = $1 AND entity_id = $2 AND name = $3",
                args![account, &id, name],
            )
            .await?;
        row.map(|row| row.text("document")).transpose()
    }

    async fn delete_inline_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        name: &PolicyName,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let id = require_id(write, account, entity).await?;
                let deleted = write
                    .execute(
                        "DELETE FROM inline_policy
                         WHERE account_id = $1 AND entity_id = $2 AND name = $3",
                        args![account, &id, name],
                    )
                    .await?;
                if deleted == 0 {
                    return Err(absent_inline(entity, name).into());
                }
                write.changed("inline_policy", format_args!("{account}/{id}/{name}"));
                Ok(())
            })
        })
        .await
    }

    async fn list_inline_policies(
        &self,
        account: &AccountId,
        entity: &Entity,
        page: PageRequest,
    ) -> Result<Page<PolicyName>, Error> {
        let statements = &mut self.read().await?;
        let id = require_id(statements, account, entity).await?;
        let rows = statements
            .page(
                "SELECT name FROM inline_policy
                 WHERE account_id = $1 AND entity_id = $2 AND name > $3
                 ORDER BY name ASC
                 LIMIT $4",
                &page,
                args![
                    account,
                    &id,
                    paging::after_name(&page),
                    paging::limit(&page)
                ],
            )
            .await?;
        let names = rows
            .iter()
            .map(|row| row.parsed("name"))
            .collect::<Result<_, _>>()?;
        Ok(Page::of(names, page.limit, PolicyName::to_string))
    }
}
