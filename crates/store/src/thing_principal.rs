//! Certificates attached to things, in SQL.

use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, CertificateId, ThingName};
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::thing::{ThingPrincipalType, absent};

use crate::SqliteStore;
use crate::certificate;
use crate::paging;
use crate::statement::{Failure, Statements};
use crate::thing;
use crate::transact::step;
use crate::value::{Columns as _, args};

impl SqliteStore {
    pub(crate) async fn attach_principal(
        &self,
        account: &AccountId,
        name: &ThingName,
        certificate: &CertificateId,
        principal_type: ThingPrincipalType,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                require_thing(write, account, name).await?;
                certificate::require(write, account, certificate).await?;
                refuse_conflict(write, account, name, certificate, principal_type).await?;
                let attached = write
                    .execute(
                        "INSERT INTO thing_principal
                             (account_id, thing_name, certificate_id, principal_type)
                         VALUES ($1, $2, $3, $4)
                         ON CONFLICT (account_id, thing_name, certificate_id)
                         DO UPDATE SET principal_type = excluded.principal_type
                         WHERE thing_principal.principal_type <> excluded.principal_type",
                        args![account, name, certificate, principal_type.as_str()],
                    )
                    .await?;
                if attached > 0 {
                    write.changed(
                        "thing_principal",
                        format_args!("{account}/{name}/{certificate}"),
                    );
                }
                Ok(())
            })
        })
        .await
    }

    pub(crate) async fn detach_principal(
        &self,
        account: &AccountId,
        name: &ThingName,
        certificate: &CertificateId,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                require_thing(write, account, name).await?;
                let detached = write
                    .execute(
                        "DELETE FROM thing_principal
                         WHERE account_id = $1 AND thing_name = $2 AND certificate_id = $3",
                        args![account, name, certificate],
                    )
                    .await?;
                if detached > 0 {
                    write.changed(
                        "thing_principal",
                        format_args!("{account}/{name}/{certificate}"),
                    );
                }
                Ok(())
            })
        })
        .await
    }

    pub(crate) async fn principals_of_thing(
        &self,
        account: &AccountId,
        name: &ThingName,
        page: PageRequest,
    ) -> Result<Page<CertificateId>, Error> {
        let statements = &mut self.read().await?;
        require_thing(statements, account, name).await?;
        let rows = statements
            .page(
                "SELECT certificate_id
                 FROM thing_principal
                 WHERE account_id = $1 AND thing_name = $2 AND certificate_id > $3
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
        let ids = rows
            .iter()
            .map(|row| row.parsed("certificate_id"))
            .collect::<Result<_, _>>()?;
        Ok(Page::of(ids, page.limit, CertificateId::to_string))
    }

    pub(crate) async fn things_of_principal(
        &self,
        account: &AccountId,
        certificate: &CertificateId,
        page: PageRequest,
    ) -> Result<Page<ThingName>, Error> {
        let statements = &mut self.read().await?;
        certificate::require(statements, account, certificate).await?;
        let rows = statements
            .page(
                "SELECT thing_name
                 FROM thing_principal
                 WHERE account_id = $1 AND certificate_id = $2 AND thing_name > $3
                 ORDER BY thing_name ASC
                 LIMIT $4",
                &page,
                args![
                    account,
                    certificate,
                    paging::after_name(&page),
                    paging::limit(&page)
                ],
            )
            .await?;
        let names = rows
            .iter()
            .map(|row| row.parsed("thing_name"))
            .collect::<Result<_, _>>()?;
        Ok(Page::of(names, page.limit, ThingName::to_string))
    }
}

async fn require_thing(
    statements: &mut Statements,
    account: &AccountId,
    name: &ThingName,
) -> Result<(), Failure> {
    match thing::one(statements, account, name).await? {
        Some(_) => Ok(()),
        None => Err(absent(name).into()),
    }
}

/// Refuses where the certificate is exclusively another thing's, or would be exclusively this
/// thing's while it is another's too.
async fn refuse_conflict(
    statements: &mut Statements,
    account: &AccountId,
    name: &ThingName,
    certificate: &CertificateId,
    principal_type: ThingPrincipalType,
) -> Result<(), Failure> {
    let others = statements
        .rows(
            "SELECT thing_name, principal_type
             FROM thing_principal
             WHERE account_id = $1 AND certificate_id = $2 AND thing_name <> $3
             ORDER BY thing_name",
            args![account, certificate, name],
        )
        .await?;
    for other in &others {
        let thing: ThingName = other.parsed("thing_name")?;
        let standing: ThingPrincipalType = other.word("principal_type", str::parse)?;
        match (standing, principal_type) {
            (ThingPrincipalType::ExclusiveThing, _) => {
                return Err(Error::invalid(format!(
                    "The principal {certificate} is exclusively attached to thing {thing}: \
                     detach it from that thing first"
                ))
                .into());
            }
            (ThingPrincipalType::NonExclusiveThing, ThingPrincipalType::ExclusiveThing) => {
                return Err(Error::invalid(format!(
                    "The principal {certificate} cannot be attached exclusively while it is \
                     attached to thing {thing}: detach it from that thing first"
                ))
                .into());
            }
            (ThingPrincipalType::NonExclusiveThing, ThingPrincipalType::NonExclusiveThing) => {}
        }
    }
    Ok(())
}
