//! Device certificates in SQL.

use async_trait::async_trait;
use thingpass_domain::certificate::{
    Certificate, CertificateMode, CertificateStatus, CertificateStore, absent, already_registered,
};
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, CertificateId};
use thingpass_domain::page::{Page, PageRequest};
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::paging;
use crate::statement::{Failure, Statements};
use crate::transact::{Write, step};
use crate::value::{Columns, args};

#[async_trait]
impl CertificateStore for SqliteStore {
    async fn create_certificate(
        &self,
        account: &AccountId,
        certificate: Certificate,
    ) -> Result<(), Error> {
        let certificate = &certificate;
        self.transact(|write| {
            step(async move {
                let inserted = write
                    .execute(
                        "INSERT INTO certificate (account_id, id, pem, ca_certificate_id, status,
                             mode, generation_id, customer_version, not_before_ms, not_after_ms,
                             created_at_ms, last_modified_at_ms, signed_part)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                         ON CONFLICT DO NOTHING",
                        args![
                            account,
                            &certificate.id,
                            &certificate.pem,
                            certificate
                                .ca_certificate_id
                                .map(|id| id.to_string())
                                .as_deref(),
                            certificate.status.as_str(),
                            certificate.mode.as_str(),
                            &certificate.generation_id,
                            certificate.customer_version,
                            certificate.not_before,
                            certificate.not_after,
                            certificate.created_at,
                            certificate.last_modified_at,
                            &certificate.signed_part,
                        ],
                    )
                    .await?;
                if inserted == 0 {
                    let id = registered_as(write, account, certificate).await?;
                    return Err(already_registered(&id).into());
                }
                write.changed("certificate", format_args!("{account}/{}", certificate.id));
                Ok(())
            })
        })
        .await
    }

    async fn certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
    ) -> Result<Option<Certificate>, Error> {
        let row = self
            .read()
            .await?
            .row(
                "SELECT id, pem, ca_certificate_id, status, mode, generation_id, customer_version,
                     not_before_ms, not_after_ms, created_at_ms, last_modified_at_ms, signed_part
                 FROM certificate
                 WHERE account_id = $1 AND id = $2",
                args![account, id],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    async fn update_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
        status: CertificateStatus,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let updated = write
                    .execute(
                        "UPDATE certificate
                         SET status = $3, last_modified_at_ms = $4,
                             customer_version = customer_version + 1
                         WHERE account_id = $1 AND id = $2",
                        args![account, id, status.as_str(), at],
                    )
                    .await?;
                if updated == 0 {
                    return Err(absent(id).into());
                }
                write.changed("certificate", format_args!("{account}/{id}"));
                Ok(())
            })
        })
        .await
    }

    async fn delete_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
        arn: &str,
        force: bool,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                refuse_active_or_attached(write, account, id, arn).await?;
                let detached = write
                    .execute(
                        "DELETE FROM iot_policy_attachment
                         WHERE account_id = $1 AND certificate_id = $2",
                        args![account, id],
                    )
                    .await?;
                if detached > 0 && !force {
                    let message = format!(
                        "Certificate policies must be detached before deletion (arn: {arn})"
                    );
                    return Err(Error::DeleteConflict(message).into());
                }
                write
                    .execute(
                        "DELETE FROM certificate WHERE account_id = $1 AND id = $2",
                        args![account, id],
                    )
                    .await?;
                write.changed("certificate", format_args!("{account}/{id}"));
                Ok(())
            })
        })
        .await
    }

    async fn list_certificates(
        &self,
        account: &AccountId,
        page: PageRequest,
    ) -> Result<Page<Certificate>, Error> {
        let (after_ms, after_id) = paging::after_time(&page)?;
        let rows = self
            .read()
            .await?
            .page(
                "SELECT id, pem, ca_certificate_id, status, mode, generation_id, customer_version,
                     not_before_ms, not_after_ms, created_at_ms, last_modified_at_ms, signed_part
                 FROM certificate
                 WHERE account_id = $1 AND (created_at_ms, id) > ($2, $3)
                 ORDER BY created_at_ms ASC, id ASC
                 LIMIT $4",
                &page,
                args![account, after_ms, after_id, paging::limit(&page)],
            )
            .await?;
        let certificates = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::of(
            certificates,
            page.limit,
            |certificate: &Certificate| paging::time_key(certificate.created_at, &certificate.id),
        ))
    }
}

/// Refuses a certificate that is not there.
pub(crate) async fn require(
    statements: &mut Statements,
    account: &AccountId,
    id: &CertificateId,
) -> Result<(), Failure> {
    let there = statements
        .exists(
            "SELECT 1 FROM certificate WHERE account_id = $1 AND id = $2",
            args![account, id],
        )
        .await?;
    if there {
        Ok(())
    } else {
        Err(absent(id).into())
    }
}

/// The state in a row.
pub(crate) fn read_status(row: &impl Columns) -> Result<CertificateStatus, Error> {
    row.word("status", CertificateStatus::read)
}

/// The id under which the same signed part stands.
async fn registered_as(
    write: &mut Write,
    account: &AccountId,
    certificate: &Certificate,
) -> Result<CertificateId, Failure> {
    let row = write
        .row(
            "SELECT id FROM certificate WHERE account_id = $1 AND signed_part = $2",
            args![account, &certificate.signed_part],
        )
        .await?;
    let id = row.map(|row| row.parsed("id")).transpose()?;
    Ok(id.unwrap_or(certificate.id))
}

async fn refuse_active_or_attached(
    write: &mut Write,
    account: &AccountId,
    id: &CertificateId,
    arn: &str,
) -> Result<(), Failure> {
    let row = write
        .row(
            "SELECT status FROM certificate WHERE account_id = $1 AND id = $2",
            args![account, id],
        )
        .await?;
    let status = read_status(&row.ok_or_else(|| absent(id))?)?;
    if status == CertificateStatus::Active {
        let message =
            format!("Certificate must be deactivated (not ACTIVE) before deletion. Id: {id}");
        return Err(Error::CertificateState(message).into());
    }
    let attached = write
        .exists(
            "SELECT 1 FROM thing_principal
             WHERE account_id = $1 AND certificate_id = $2 LIMIT 1",
            args![account, id],
        )
        .await?;
    if attached {
        let message = format!("Things must be detached before deletion (arn: {arn})");
        return Err(Error::DeleteConflict(message).into());
    }
    Ok(())
}

fn read(row: &impl Columns) -> Result<Certificate, Error> {
    Ok(Certificate {
        id: row.parsed("id")?,
        pem: row.text("pem")?,
        ca_certificate_id: row.optional_parsed("ca_certificate_id")?,
        status: read_status(row)?,
        mode: row.word("mode", CertificateMode::read)?,
        generation_id: row.text("generation_id")?,
        customer_version: row.integer("customer_version")?,
        not_before: row.time("not_before_ms")?,
        not_after: row.time("not_after_ms")?,
        created_at: row.time("created_at_ms")?,
        last_modified_at: row.time("last_modified_at_ms")?,
        signed_part: row.text("signed_part")?,
    })
}
