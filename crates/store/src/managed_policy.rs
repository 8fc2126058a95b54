//! Managed policies in SQL. Versions stand in [`crate::policy_version`], attachments in
//! [`crate::policy_attachment`].

use async_trait::async_trait;
use thingpass_domain::arn::{AWS_MANAGED_ACCOUNT, PolicyArn};
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, UniqueId};
use thingpass_domain::managed_policy::{
    Entity, ManagedPolicy, ManagedPolicyStore, PolicyFilter, PolicyVersion, absent,
};
use thingpass_domain::page::{Page, PageRequest};
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::entity::name_key;
use crate::paging;
use crate::statement::{Failure, Statements};
use crate::transact::{Write, step};
use crate::value::{Columns, args};

#[async_trait]
impl ManagedPolicyStore for SqliteStore {
    async fn create_managed_policy(
        &self,
        account: &AccountId,
        policy: ManagedPolicy,
        document: &str,
    ) -> Result<(), Error> {
        require_own(account, &policy.arn)?;
        let policy = &policy;
        self.transact(|write| {
            step(async move {
                if insert(write, account, policy).await? == 0 {
                    return Err(Error::already_exists(format!(
                        "A policy called {} already exists. Duplicate names are not allowed.",
                        policy.arn.name
                    ))
                    .into());
                }
                write
                    .execute(
                        "INSERT INTO managed_policy_version (policy_arn, number, document,
                             created_at_ms)
                         VALUES ($1, 1, $2, $3)",
                        args![&policy.arn, document, policy.created_at],
                    )
                    .await?;
                write.changed("managed_policy", &policy.arn);
                Ok(())
            })
        })
        .await
    }

    async fn managed_policy(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<Option<ManagedPolicy>, Error> {
        let row = self
            .read()
            .await?
            .row(
                "SELECT p.arn, p.id, p.default_version, p.description, p.created_at_ms,
                     p.updated_at_ms,
                     (SELECT COUNT(*) FROM managed_policy_attachment a
                      WHERE a.policy_arn = p.arn AND a.account_id = $2) AS attachment_count
                 FROM managed_policy p
                 WHERE p.arn = $1 AND p.account_id IN ($2, 'aws')",
                args![arn, account],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    async fn list_managed_policies(
        &self,
        account: &AccountId,
        filter: &PolicyFilter,
        page: PageRequest,
    ) -> Result<Page<ManagedPolicy>, Error> {
        let (after_name, after_account) = paging::after_name_and_account(&page)?;
        let rows = self
            .read()
            .await?
            .page(
                LIST,
                &page,
                args![
                    account,
                    filter.local.then_some(account.as_str()),
                    filter.aws.then_some(AWS_MANAGED_ACCOUNT),
                    &filter.path_prefix,
                    filter.only_attached,
                    after_name,
                    after_account,
                    paging::limit(&page),
                ],
            )
            .await?;
        let policies = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::of(policies, page.limit, |policy: &ManagedPolicy| {
            page_key(&policy.arn)
        }))
    }

    async fn delete_managed_policy(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<(), Error> {
        require_own(account, arn)?;
        self.transact(|write| {
            step(async move {
                require(write, account, arn).await?;
                refuse_in_use(write, account, arn).await?;
                // Its default version goes with it.
                write
                    .execute("DELETE FROM managed_policy WHERE arn = $1", args![arn])
                    .await?;
                write.changed("managed_policy", arn);
                Ok(())
            })
        })
        .await
    }

    async fn create_policy_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        document: &str,
        set_as_default: bool,
        at: OffsetDateTime,
    ) -> Result<PolicyVersion, Error> {
        self.create_version(account, arn, document, set_as_default, at)
            .await
    }

    async fn policy_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        number: u32,
    ) -> Result<Option<PolicyVersion>, Error> {
        self.version(account, arn, number).await
    }

    async fn list_policy_versions(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<Vec<PolicyVersion>, Error> {
        self.versions(account, arn).await
    }

    async fn set_default_policy_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        number: u32,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        self.set_default_version(account, arn, number, at).await
    }

    async fn delete_policy_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        number: u32,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        self.delete_version(account, arn, number, at).await
    }

    async fn attach_managed_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        arn: &PolicyArn,
    ) -> Result<(), Error> {
        self.attach_policy(account, entity, arn).await
    }

    async fn detach_managed_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        arn: &PolicyArn,
    ) -> Result<(), Error> {
        self.detach_policy(account, entity, arn).await
    }

    async fn list_attached_managed_policies(
        &self,
        account: &AccountId,
        entity: &Entity,
        page: PageRequest,
    ) -> Result<Page<PolicyArn>, Error> {
        self.attached_policies(account, entity, page).await
    }

    async fn list_entities_for_managed_policy(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<Vec<(Entity, UniqueId)>, Error> {
        self.entities_of_policy(account, arn).await
    }
}

const LIST: &str = "
    SELECT p.arn, p.id, p.default_version, p.description, p.created_at_ms, p.updated_at_ms,
        (SELECT COUNT(*) FROM managed_policy_attachment a
         WHERE a.policy_arn = p.arn AND a.account_id = $1) AS attachment_count
    FROM managed_policy p
    WHERE (p.account_id = $2 OR p.account_id = $3)
      AND substr(p.path, 1, length($4)) = $4
      AND ($5 = 0 OR EXISTS (SELECT 1 FROM managed_policy_attachment a
                             WHERE a.policy_arn = p.arn AND a.account_id = $1))
      AND (p.name, p.account_id) > ($6, $7)
    ORDER BY p.name ASC, p.account_id ASC
    LIMIT $8";

/// The key of a policy in a listing by name, then account.
pub(crate) fn page_key(arn: &PolicyArn) -> String {
    format!("{} {}", arn.name, arn.account)
}

/// Refuses to change a policy of another account: `aws`'s are nobody's to change, others' are
/// not even there.
pub(crate) fn require_own(account: &AccountId, arn: &PolicyArn) -> Result<(), Error> {
    if arn.account == AWS_MANAGED_ACCOUNT {
        return Err(Error::Denied(format!(
            "Policy {arn} is outside your own account."
        )));
    }
    if arn.account != account.as_str() {
        return Err(absent(arn));
    }
    Ok(())
}

/// Refuses a policy that is not there, or not for this account to see.
pub(crate) async fn require(
    statements: &mut Statements,
    account: &AccountId,
    arn: &PolicyArn,
) -> Result<(), Failure> {
    if exists(statements, account, arn).await? {
        Ok(())
    } else {
        Err(absent(arn).into())
    }
}

/// Whether the policy is there for this account to see.
pub(crate) async fn exists(
    statements: &mut Statements,
    account: &AccountId,
    arn: &PolicyArn,
) -> Result<bool, Failure> {
    statements
        .exists(
            "SELECT 1 FROM managed_policy WHERE arn = $1 AND account_id IN ($2, 'aws')",
            args![arn, account],
        )
        .await
}

async fn insert(
    write: &mut Write,
    account: &AccountId,
    policy: &ManagedPolicy,
) -> Result<u64, Failure> {
    write
        .execute(
            "INSERT INTO managed_policy (account_id, name_key, name, path, arn, id,
                 default_version, next_version, description, created_at_ms, updated_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, 1, 2, $7, $8, $9)
             ON CONFLICT DO NOTHING",
            args![
                account,
                name_key(&policy.arn.name),
                &policy.arn.name,
                &policy.arn.path,
                &policy.arn,
                &policy.id,
                policy.description.as_deref(),
                policy.created_at,
                policy.updated_at,
            ],
        )
        .await
}

async fn refuse_in_use(
    write: &mut Write,
    account: &AccountId,
    arn: &PolicyArn,
) -> Result<(), Failure> {
    let used = write
        .exists(
            "SELECT 1 FROM managed_policy_attachment WHERE policy_arn = $1
             UNION ALL
             SELECT 1 FROM iam_user WHERE account_id = $2 AND permissions_boundary = $1
             UNION ALL
             SELECT 1 FROM iam_role WHERE account_id = $2 AND permissions_boundary = $1
             LIMIT 1",
            args![arn, account],
        )
        .await?;
    if used {
        let message = "Cannot delete a policy attached to entities.";
        return Err(Error::DeleteConflict(message.to_owned()).into());
    }
    let other_versions = write
        .exists(
            "SELECT 1 FROM managed_policy_version v
             JOIN managed_policy p ON p.arn = v.policy_arn
             WHERE p.arn = $1 AND v.number <> p.default_version
             LIMIT 1",
            args![arn],
        )
        .await?;
    if other_versions {
        let message = "This policy has more than one version. Before you delete a policy, you \
                       must delete the policy's versions. The default version is deleted with \
                       the policy.";
        return Err(Error::DeleteConflict(message.to_owned()).into());
    }
    Ok(())
}

fn read(row: &impl Columns) -> Result<ManagedPolicy, Error> {
    Ok(ManagedPolicy {
        arn: row.parsed("arn")?,
        id: row.parsed("id")?,
        default_version: row.number("default_version")?,
        attachment_count: row.number("attachment_count")?,
        description: row.optional_text("description")?,
        created_at: row.time("created_at_ms")?,
        updated_at: row.time("updated_at_ms")?,
    })
}
