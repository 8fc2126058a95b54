//! Managed policies attached to users and roles, in SQL.

use thingpass_domain::arn::PolicyArn;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, UniqueId};
use thingpass_domain::managed_policy::Entity;
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::quota::MANAGED_POLICIES_PER_ENTITY_MAX;

use crate::SqliteStore;
use crate::entity::require_id;
use crate::managed_policy::{page_key, require};
use crate::paging;
use crate::statement::Failure;
use crate::transact::{Write, step};
use crate::value::{Columns, args};

impl SqliteStore {
    pub(crate) async fn attach_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        arn: &PolicyArn,
    ) -> Result<(), Error> {
        self.transact(|write| step(insert(write, account, entity, arn)))
            .await
    }

    pub(crate) async fn detach_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        arn: &PolicyArn,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let id = require_id(write, account, entity).await?;
                let detached = write
                    .execute(
                        "DELETE FROM managed_policy_attachment
                         WHERE account_id = $1 AND entity_id = $2 AND policy_arn = $3",
                        args![account, &id, arn],
                    )
                    .await?;
                if detached == 0 {
                    return Err(Error::not_found(format!("Policy {arn} was not found.")).into());
                }
                write.changed(
                    "managed_policy_attachment",
                    format_args!("{account}/{id}/{arn}"),
                );
                Ok(())
            })
        })
        .await
    }

    pub(crate) async fn attached_policies(
        &self,
        account: &AccountId,
        entity: &Entity,
        page: PageRequest,
    ) -> Result<Page<PolicyArn>, Error> {
        let (after_name, after_account) = paging::after_name_and_account(&page)?;
        let statements = &mut self.read().await?;
        let id = require_id(statements, account, entity).await?;
        let rows = statements
            .page(
                "SELECT p.arn
                 FROM managed_policy_attachment a
                 JOIN managed_policy p ON p.arn = a.policy_arn
                 WHERE a.account_id = $1 AND a.entity_id = $2
                   AND (p.name, p.account_id) > ($3, $4)
                 ORDER BY p.name ASC, p.account_id ASC
                 LIMIT $5",
                &page,
                args![
                    account,
                    &id,
                    after_name,
                    after_account,
                    paging::limit(&page)
                ],
            )
            .await?;
        let arns = rows
            .iter()
            .map(|row| row.parsed("arn"))
            .collect::<Result<_, _>>()?;
        Ok(Page::of(arns, page.limit, page_key))
    }

    pub(crate) async fn entities_of_policy(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<Vec<(Entity, UniqueId)>, Error> {
        let statements = &mut self.read().await?;
        require(statements, account, arn).await?;
        let rows = statements
            .rows(
                "SELECT 'role' AS kind, r.name, r.id
                 FROM managed_policy_attachment a
                 JOIN iam_role r ON r.account_id = a.account_id AND r.id = a.entity_id
                 WHERE a.policy_arn = $1 AND a.account_id = $2
                 UNION ALL
                 SELECT 'user' AS kind, u.name, u.id
                 FROM managed_policy_attachment a
                 JOIN iam_user u ON u.account_id = a.account_id AND u.id = a.entity_id
                 WHERE a.policy_arn = $1 AND a.account_id = $2
                 ORDER BY kind, name",
                args![arn, account],
            )
            .await?;
        rows.iter().map(read).collect()
    }
}

/// Attaches a policy in a transaction; done already, it does nothing.
pub(crate) async fn insert(
    write: &mut Write,
    account: &AccountId,
    entity: &Entity,
    arn: &PolicyArn,
) -> Result<(), Failure> {
    let id = require_id(write, account, entity).await?;
    require(write, account, arn).await?;
    let attached = write
        .execute(
            "INSERT INTO managed_policy_attachment (account_id, entity_id, policy_arn)
             VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            args![account, &id, arn],
        )
        .await?;
    if attached == 0 {
        return Ok(());
    }
    let row = write
        .row(
            "SELECT COUNT(*) AS standing FROM managed_policy_attachment
             WHERE account_id = $1 AND entity_id = $2",
            args![account, &id],
        )
        .await?;
    let max = MANAGED_POLICIES_PER_ENTITY_MAX;
    if row.map_or(Ok(0), |row| row.integer("standing"))? > i64::try_from(max).unwrap_or(0) {
        let quota = match entity {
            Entity::User(_) => "PoliciesPerUser",
            Entity::Role(_) => "PoliciesPerRole",
        };
        let message = format!("Cannot exceed quota for {quota}: {max}");
        return Err(Error::LimitExceeded(message).into());
    }
    write.changed(
        "managed_policy_attachment",
        format_args!("{account}/{id}/{arn}"),
    );
    Ok(())
}

fn read(row: &impl Columns) -> Result<(Entity, UniqueId), Error> {
    let entity = match row.text("kind")?.as_str() {
        "role" => Entity::Role(row.parsed("name")?),
        _ => Entity::User(row.parsed("name")?),
    };
    Ok((entity, row.parsed("id")?))
}
