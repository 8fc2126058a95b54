//! IoT policies and their attachments in SQL.

use async_trait::async_trait;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, IotPolicyName};
use thingpass_domain::iot_policy::{IotPolicy, IotPolicyStore, PolicyTarget, absent};
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::quota::IOT_POLICIES_PER_TARGET_MAX;

use crate::SqliteStore;
use crate::certificate;
use crate::paging;
use crate::statement::{Failure, Statements};
use crate::transact::step;
use crate::value::{Columns, args};

#[async_trait]
impl IotPolicyStore for SqliteStore {
    async fn create_iot_policy(&self, account: &AccountId, policy: IotPolicy) -> Result<(), Error> {
        let (policy, name) = (&policy, &policy.name);
        self.transact(|write| {
            step(async move {
                let inserted = write
                    .execute(
                        "INSERT INTO iot_policy (account_id, name, default_version, next_version,
                             generation_id, created_at_ms, last_modified_at_ms)
                         VALUES ($1, $2, 1, 2, $3, $4, $5)
                         ON CONFLICT DO NOTHING",
                        args![
                            account,
                            name,
                            &policy.generation_id,
                            policy.created_at,
                            policy.last_modified_at,
                        ],
                    )
                    .await?;
                if inserted == 0 {
                    let message =
                        format!("Policy cannot be created - name already exists (name={name})");
                    return Err(Error::already_exists(message).into());
                }
                write
                    .execute(
                        "INSERT INTO iot_policy_version (account_id, policy_name, number, document,
                             created_at_ms)
                         VALUES ($1, $2, 1, $3, $4)",
                        args![account, name, &policy.document, policy.created_at],
                    )
                    .await?;
                write.changed("iot_policy", format_args!("{account}/{name}"));
                Ok(())
            })
        })
        .await
    }

    async fn iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
    ) -> Result<Option<IotPolicy>, Error> {
        let row = self
            .read()
            .await?
            .row(
                "SELECT p.name, p.default_version, v.document, p.generation_id, p.created_at_ms,
                     p.last_modified_at_ms
                 FROM iot_policy p
                 LEFT JOIN iot_policy_version v
                   ON v.account_id = p.account_id AND v.policy_name = p.name
                  AND v.number = p.default_version
                 WHERE p.account_id = $1 AND p.name = $2",
                args![account, name],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    async fn delete_iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                require(write, account, name).await?;
                let attached = write
                    .exists(
                        "SELECT 1 FROM iot_policy_attachment
                         WHERE account_id = $1 AND policy_name = $2 LIMIT 1",
                        args![account, name],
                    )
                    .await?;
                if attached {
                    return Err(Error::DeleteConflict(format!(
                        "The policy cannot be deleted as the policy is attached to one or more \
                     principals (name={name})"
                    ))
                    .into());
                }
                // Its versions go with it.
                write
                    .execute(
                        "DELETE FROM iot_policy WHERE account_id = $1 AND name = $2",
                        args![account, name],
                    )
                    .await?;
                write.changed("iot_policy", format_args!("{account}/{name}"));
                Ok(())
            })
        })
        .await
    }

    async fn list_iot_policies(
        &self,
        account: &AccountId,
        page: PageRequest,
    ) -> Result<Page<IotPolicyName>, Error> {
        let rows = self
            .read()
            .await?
            .page(
                "SELECT name FROM iot_policy
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
        Ok(Page::of(names, page.limit, IotPolicyName::to_string))
    }

    async fn attach_iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
        target: &PolicyTarget,
    ) -> Result<(), Error> {
        let PolicyTarget::Certificate(id) = target;
        self.transact(|write| {
            step(async move {
                require(write, account, name).await?;
                certificate::require(write, account, id).await?;
                let attached = write
                    .execute(
                        "INSERT INTO iot_policy_attachment
                             (account_id, certificate_id, policy_name)
                         VALUES ($1, $2, $3)
                         ON CONFLICT DO NOTHING",
                        args![account, id, name],
                    )
                    .await?;
                if attached == 0 {
                    return Ok(());
                }
                let row = write
                    .row(
                        "SELECT COUNT(*) AS standing FROM iot_policy_attachment
                         WHERE account_id = $1 AND certificate_id = $2",
                        args![account, id],
                    )
                    .await?;
                let max = IOT_POLICIES_PER_TARGET_MAX;
                if row.map_or(Ok(0), |row| row.integer("standing"))?
                    > i64::try_from(max).unwrap_or(0)
                {
                    return Err(Error::LimitExceeded(format!(
                        "a certificate has at most {max} policies attached: detach one first"
                    ))
                    .into());
                }
                write.changed(
                    "iot_policy_attachment",
                    format_args!("{account}/{id}/{name}"),
                );
                Ok(())
            })
        })
        .await
    }

    async fn detach_iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
        target: &PolicyTarget,
    ) -> Result<(), Error> {
        let PolicyTarget::Certificate(id) = target;
        self.transact(|write| {
            step(async move {
                require(write, account, name).await?;
                let detached = write
                    .execute(
                        "DELETE FROM iot_policy_attachment
                         WHERE account_id = $1 AND certificate_id = $2 AND policy_name = $3",
                        args![account, id, name],
                    )
                    .await?;
                if detached > 0 {
                    write.changed(
                        "iot_policy_attachment",
                        format_args!("{account}/{id}/{name}"),
                    );
                }
                Ok(())
            })
        })
        .await
    }

    async fn list_attached_iot_policies(
        &self,
        account: &AccountId,
        target: &PolicyTarget,
        page: PageRequest,
    ) -> Result<Page<IotPolicyName>, Error> {
        let PolicyTarget::Certificate(id) = target;
        let rows = self
            .read()
            .await?
            .page(
                "SELECT policy_name FROM iot_policy_attachment
                 WHERE account_id = $1 AND certificate_id = $2 AND policy_name > $3
                 ORDER BY policy_name ASC
                 LIMIT $4",
                &page,
                args![account, id, paging::after_name(&page), paging::limit(&page)],
            )
            .await?;
        let names = rows
            .iter()
            .map(|row| row.parsed("policy_name"))
            .collect::<Result<_, _>>()?;
        Ok(Page::of(names, page.limit, IotPolicyName::to_string))
    }

    async fn list_targets_for_iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
        page: PageRequest,
    ) -> Result<Page<PolicyTarget>, Error> {
        let statements = &mut self.read().await?;
        require(statements, account, name).await?;
        let rows = statements
            .page(
                "SELECT certificate_id FROM iot_policy_attachment
                 WHERE account_id = $1 AND policy_name = $2 AND certificate_id > $3
                 ORDER BY certificate_id ASC
                 LIMIT $4",
                &page,
                args![
                    account,
                    name,
                    paging::after_name(&page),
                    paging::limit(&page)
                ],
            )
            .await?;
        let targets = rows
            .iter()
            .map(|row| row.parsed("certificate_id").map(PolicyTarget::Certificate))
            .collect::<Result<_, _>>()?;
        Ok(Page::of(
            targets,
            page.limit,
            |PolicyTarget::Certificate(id)| id.to_string(),
        ))
    }
}

async fn require(
    statements: &mut Statements,
    account: &AccountId,
    name: &IotPolicyName,
) -> Result<(), Failure> {
    let there = statements
        .exists(
            "SELECT 1 FROM iot_policy WHERE account_id = $1 AND name = $2",
            args![account, name],
        )
        .await?;
    if there {
        Ok(())
    } else {
        Err(absent(name).into())
    }
}

fn read(row: &impl Columns) -> Result<IotPolicy, Error> {
    Ok(IotPolicy {
        name: row.parsed("name")?,
        default_version_id: row.number("default_version")?,
        document: row.text("document")?,
        generation_id: row.text("generation_id")?,
        created_at: row.time("created_at_ms")?,
        last_modified_at: row.time("last_modified_at_ms")?,
    })
}
