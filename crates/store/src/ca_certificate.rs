//! CA certificates and registration codes in SQL.

use async_trait::async_trait;
use thingpass_domain::ca_certificate::{
    CaCertificate, CaCertificateStatus, CaCertificateStore, absent,
};
use thingpass_domain::certificate::CertificateMode;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, CertificateId};
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::quota::CA_CERTIFICATES_WITH_SAME_SUBJECT_MAX;
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::paging;
use crate::statement::{Failure, Statements};
use crate::transact::{Write, step};
use crate::value::{Columns, args};

#[async_trait]
impl CaCertificateStore for SqliteStore {
    async fn registration_code(
        &self,
        account: &AccountId,
        candidate: &str,
    ) -> Result<String, Error> {
        if let Some(code) = code(&mut self.read().await?, account).await? {
            return Ok(code);
        }
        self.transact(|write| {
            step(async move {
                let inserted = write
                    .execute(
                        "INSERT INTO registration_code (account_id, code) VALUES ($1, $2)
                         ON CONFLICT DO NOTHING",
                        args![account, candidate],
                    )
                    .await?;
                if inserted > 0 {
                    write.changed("registration_code", account);
                }
                let code = code(write, account).await?;
                Ok(code.ok_or_else(|| Error::internal("the registration code was not kept"))?)
            })
        })
        .await
    }

    async fn create_ca_certificate(
        &self,
        account: &AccountId,
        certificate: CaCertificate,
    ) -> Result<(), Error> {
        let certificate = &certificate;
        self.transact(|write| {
            step(async move {
                if one(write, account, &certificate.id).await?.is_some() {
                    return Err(already_registered(&certificate.id).into());
                }
                refuse_too_many(write, account, &certificate.subject_der).await?;
                let inserted = insert(write, account, certificate).await?;
                if inserted == 0 {
                    return Err(already_registered(&certificate.id).into());
                }
                write.changed(
                    "ca_certificate",
                    format_args!("{account}/{}", certificate.id),
                );
                Ok(())
            })
        })
        .await
    }

    async fn ca_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
    ) -> Result<Option<CaCertificate>, Error> {
        Ok(one(&mut self.read().await?, account, id).await?)
    }

    async fn ca_certificates_by_subject(
        &self,
        account: &AccountId,
        subject_der: &[u8],
    ) -> Result<Vec<CaCertificate>, Error> {
        let rows = self
            .read()
            .await?
            .rows(
                "SELECT id, pem, subject_der, status, auto_registration, mode, generation_id,
                     customer_version, not_before_ms, not_after_ms, created_at_ms,
                     last_modified_at_ms
                 FROM ca_certificate
                 WHERE account_id = $1 AND subject_der = $2
                 ORDER BY created_at_ms, id",
                args![account, subject_der],
            )
            .await?;
        rows.iter().map(read).collect()
    }

    async fn update_ca_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
        status: Option<CaCertificateStatus>,
        auto_registration: Option<bool>,
        at: OffsetDateTime,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let standing = one(write, account, id).await?.ok_or_else(|| absent(id))?;
                write
                    .execute(
                        "UPDATE ca_certificate
                         SET status = $3, auto_registration = $4, last_modified_at_ms = $5,
                             customer_version = customer_version + 1
                         WHERE account_id = $1 AND id = $2",
                        args![
                            account,
                            id,
                            status.unwrap_or(standing.status).as_str(),
                            auto_registration.unwrap_or(standing.auto_registration),
                            at,
                        ],
                    )
                    .await?;
                write.changed("ca_certificate", format_args!("{account}/{id}"));
                Ok(())
            })
        })
        .await
    }

    async fn delete_ca_certificate(
        &self,
        account: &AccountId,
        id: &CertificateId,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let standing = one(write, account, id).await?.ok_or_else(|| absent(id))?;
                if standing.status == CaCertificateStatus::Active {
                    let message = format!(
                        "CA certificate must be deactivated (not ACTIVE) before deletion. Id: {id}"
                    );
                    return Err(Error::CertificateState(message).into());
                }
                write
                    .execute(
                        "DELETE FROM ca_certificate WHERE account_id = $1 AND id = $2",
                        args![account, id],
                    )
                    .await?;
                write.changed("ca_certificate", format_args!("{account}/{id}"));
                Ok(())
            })
        })
        .await
    }

    async fn list_ca_certificates(
        &self,
        account: &AccountId,
        page: PageRequest,
    ) -> Result<Page<CaCertificate>, Error> {
        let (after_ms, after_id) = paging::after_time(&page)?;
        let rows = self
            .read()
            .await?
            .page(
                "SELECT id, pem, subject_der, status, auto_registration, mode, generation_id,
                     customer_version, not_before_ms, not_after_ms, created_at_ms,
                     last_modified_at_ms
                 FROM ca_certificate
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
            |certificate: &CaCertificate| paging::time_key(certificate.created_at, &certificate.id),
        ))
    }
}

async fn code(statements: &mut Statements, account: &AccountId) -> Result<Option<String>, Failure> {
    let row = statements
        .row(
            "SELECT code FROM registration_code WHERE account_id = $1",
            args![account],
        )
        .await?;
    Ok(row.map(|row| row.text("code")).transpose()?)
}

async fn one(
    statements: &mut Statements,
    account: &AccountId,
    id: &CertificateId,
) -> Result<Option<CaCertificate>, Failure> {
    let row = statements
        .row(
            "SELECT id, pem, subject_der, status, auto_registration, mode, generation_id,
                 customer_version, not_before_ms, not_after_ms, created_at_ms,
                 last_modified_at_ms
             FROM ca_certificate
             WHERE account_id = $1 AND id = $2",
            args![account, id],
        )
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

async fn insert(
    write: &mut Write,
    account: &AccountId,
    certificate: &CaCertificate,
) -> Result<u64, Failure> {
    write
        .execute(
            "INSERT INTO ca_certificate (account_id, id, pem, subject_der, status,
                 auto_registration, mode, generation_id, customer_version, not_before_ms,
                 not_after_ms, created_at_ms, last_modified_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT DO NOTHING",
            args![
                account,
                &certificate.id,
                &certificate.pem,
                certificate.subject_der.as_slice(),
                certificate.status.as_str(),
                certificate.auto_registration,
                certificate.mode.as_str(),
                &certificate.generation_id,
                certificate.customer_version,
                certificate.not_before,
                certificate.not_after,
                certificate.created_at,
                certificate.last_modified_at,
            ],
        )
        .await
}

async fn refuse_too_many(
    write: &mut Write,
    account: &AccountId,
    subject_der: &[u8],
) -> Result<(), Failure> {
    let row = write
        .row(
            "SELECT COUNT(*) AS standing FROM ca_certificate
             WHERE account_id = $1 AND subject_der = $2",
            args![account, subject_der],
        )
        .await?;
    let standing = row.map_or(Ok(0), |row| row.number("standing"))?;
    let max = CA_CERTIFICATES_WITH_SAME_SUBJECT_MAX;
    if u64::from(standing) >= max {
        let message = format!(
            "an account has at most {max} CA certificates with the same subject: delete one first"
        );
        return Err(Error::LimitExceeded(message).into());
    }
    Ok(())
}

fn already_registered(id: &CertificateId) -> Error {
    Error::AlreadyExists {
        message: "The CA certificate is already registered".to_owned(),
        resource_id: Some(id.to_string()),
        resource_arn: None,
    }
}

fn read(row: &impl Columns) -> Result<CaCertificate, Error> {
    Ok(CaCertificate {
        id: row.parsed("id")?,
        pem: row.text("pem")?,
        subject_der: row.bytes("subject_der")?,
        status: row.word("status", CaCertificateStatus::read)?,
        auto_registration: row.flag("auto_registration")?,
        mode: row.word("mode", CertificateMode::read)?,
        generation_id: row.text("generation_id")?,
        customer_version: row.integer("customer_version")?,
        not_before: row.time("not_before_ms")?,
        not_after: row.time("not_after_ms")?,
        created_at: row.time("created_at_ms")?,
        last_modified_at: row.time("last_modified_at_ms")?,
    })
}
