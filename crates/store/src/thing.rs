//! Things in SQL.

use async_trait::async_trait;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, CertificateId, ThingName, ThingTypeName};
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::thing::{
    Thing, ThingChange, ThingFilter, ThingPrincipalType, ThingStore, absent, expect_version,
};

use crate::SqliteStore;
use crate::paging::{self, ABOVE_ALL};
use crate::statement::{Failure, Statements};
use crate::thing_type;
use crate::transact::{Write, step};
use crate::value::{Columns, args, json};

#[async_trait]
impl ThingStore for SqliteStore {
    async fn create_thing(&self, account: &AccountId, thing: Thing) -> Result<Thing, Error> {
        thing.check()?;
        let attributes = json(&thing.attributes)?;
        let (thing, attributes) = (&thing, attributes.as_str());
        self.transact(|write| {
            step(async move {
                if let Some(name) = &thing.thing_type {
                    thing_type::require(write, account, name).await?;
                }
                let inserted = write
                    .execute(
                        "INSERT INTO thing (account_id, name, id, thing_type, attributes, version)
                         VALUES ($1, $2, $3, $4, $5, $6)
                         ON CONFLICT DO NOTHING",
                        args![
                            account,
                            &thing.name,
                            &thing.id,
                            thing.thing_type.as_ref().map(ThingTypeName::as_str),
                            attributes,
                            thing.version,
                        ],
                    )
                    .await?;
                if inserted == 0 {
                    return same_or_refuse(write, account, thing).await;
                }
                write_attributes(write, account, thing).await?;
                write.changed("thing", format_args!("{account}/{}", thing.name));
                Ok(thing.clone())
            })
        })
        .await
    }

    async fn thing(&self, account: &AccountId, name: &ThingName) -> Result<Option<Thing>, Error> {
        Ok(one(&mut self.read().await?, account, name).await?)
    }

    async fn update_thing(
        &self,
        account: &AccountId,
        name: &ThingName,
        change: &ThingChange,
    ) -> Result<Thing, Error> {
        self.transact(|write| {
            step(async move {
                let thing = one(write, account, name)
                    .await?
                    .ok_or_else(|| absent(name))?;
                let thing = thing.changed(change)?;
                if let Some(name) = &change.thing_type {
                    thing_type::require(write, account, name).await?;
                }
                write
                    .execute(
                        "UPDATE thing SET thing_type = $3, attributes = $4, version = $5
                         WHERE account_id = $1 AND name = $2",
                        args![
                            account,
                            name,
                            thing.thing_type.as_ref().map(ThingTypeName::as_str),
                            json(&thing.attributes)?,
                            thing.version,
                        ],
                    )
                    .await?;
                write
                    .execute(
                        "DELETE FROM thing_attribute WHERE account_id = $1 AND thing_name = $2",
                        args![account, name],
                    )
                    .await?;
                write_attributes(write, account, &thing).await?;
                write.changed("thing", format_args!("{account}/{name}"));
                Ok(thing)
            })
        })
        .await
    }

    async fn delete_thing(
        &self,
        account: &AccountId,
        name: &ThingName,
        expected_version: Option<i64>,
    ) -> Result<(), Error> {
        self.transact(|write| {
            step(async move {
                let Some(thing) = one(write, account, name).await? else {
                    return Ok(());
                };
                expect_version(name, thing.version, expected_version)?;
                let attached = write
                    .exists(
                        "SELECT 1 FROM thing_principal
                         WHERE account_id = $1 AND thing_name = $2 LIMIT 1",
                        args![account, name],
                    )
                    .await?;
                if attached {
                    let message = format!(
                        "Cannot delete. Thing {name} is still attached to one or more principals"
                    );
                    return Err(Error::Invalid(message).into());
                }
                // Its attributes go with it.
                write
                    .execute(
                        "DELETE FROM thing WHERE account_id = $1 AND name = $2",
                        args![account, name],
                    )
                    .await?;
                write.changed("thing", format_args!("{account}/{name}"));
                Ok(())
            })
        })
        .await
    }

    async fn list_things(
        &self,
        account: &AccountId,
        filter: &ThingFilter,
        page: PageRequest,
    ) -> Result<Page<Thing>, Error> {
        let statements = &mut self.read().await?;
        let thing_type = filter.thing_type.as_ref().map(ThingTypeName::as_str);
        let after = paging::after_name(&page);
        let limit = paging::limit(&page);
        let rows = if let Some((name, value)) = &filter.attribute {
            let first = value.as_str();
            let last = format!(
                "{first}{}",
                if filter.attribute_value_is_prefix {
                    ABOVE_ALL
                } else {
                    ""
                }
            );
            let args = args![account, name, first, &last, after, thing_type, limit];
            statements.page(BY_ATTRIBUTE, &page, args).await?
        } else if thing_type.is_some() {
            statements
                .page(BY_TYPE, &page, args![account, thing_type, after, limit])
                .await?
        } else {
            statements
                .page(BY_NAME, &page, args![account, after, limit])
                .await?
        };
        let things = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::of(things, page.limit, |thing: &Thing| {
            thing.name.to_string()
        }))
    }

    async fn attach_thing_principal(
        &self,
        account: &AccountId,
        name: &ThingName,
        certificate: &CertificateId,
        principal_type: ThingPrincipalType,
    ) -> Result<(), Error> {
        self.attach_principal(account, name, certificate, principal_type)
            .await
    }

    async fn detach_thing_principal(
        &self,
        account: &AccountId,
        name: &ThingName,
        certificate: &CertificateId,
    ) -> Result<(), Error> {
        self.detach_principal(account, name, certificate).await
    }

    async fn list_thing_principals(
        &self,
        account: &AccountId,
        name: &ThingName,
        page: PageRequest,
    ) -> Result<Page<CertificateId>, Error> {
        self.principals_of_thing(account, name, page).await
    }

    async fn list_principal_things(
        &self,
        account: &AccountId,
        certificate: &CertificateId,
        page: PageRequest,
    ) -> Result<Page<ThingName>, Error> {
        self.things_of_principal(account, certificate, page).await
    }
}

const BY_NAME: &str = "
    SELECT name, id, thing_type, attributes, version
    FROM thing
    WHERE account_id = $1 AND name > $2
    ORDER BY name ASC
    LIMIT $3";

const BY_TYPE: &str = "
    SELECT name, id, thing_type, attributes, version
    FROM thing
    WHERE account_id = $1 AND thing_type = $2 AND name > $3
    ORDER BY name ASC
    LIMIT $4";

const BY_ATTRIBUTE: &str = "
    SELECT t.name, t.id, t.thing_type, t.attributes, t.version
    FROM thing_attribute a
    JOIN thing t ON t.account_id = a.account_id AND t.name = a.thing_name
    WHERE a.account_id = $1 AND a.name = $2 AND a.value BETWEEN $3 AND $4
      AND t.name > $5 AND ($6 = t.thing_type OR $6 IS NULL)
    ORDER BY t.name ASC
    LIMIT $7";

/// Reads a thing in a transaction.
pub(crate) async fn one(
    statements: &mut Statements,
    account: &AccountId,
    name: &ThingName,
) -> Result<Option<Thing>, Failure> {
    let row = statements
        .row(
            "SELECT name, id, thing_type, attributes, version
             FROM thing
             WHERE account_id = $1 AND name = $2",
            args![account, name],
        )
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// The thing in a row.
pub(crate) fn read(row: &impl Columns) -> Result<Thing, Error> {
    Ok(Thing {
        name: row.parsed("name")?,
        id: row.text("id")?,
        thing_type: row.optional_parsed("thing_type")?,
        attributes: row.json("attributes")?,
        version: row.integer("version")?,
    })
}

async fn write_attributes(
    write: &mut Write,
    account: &AccountId,
    thing: &Thing,
) -> Result<(), Failure> {
    for (name, value) in &thing.attributes {
        write
            .execute(
                "INSERT INTO thing_attribute (account_id, thing_name, name, value)
                 VALUES ($1, $2, $3, $4)",
                args![account, &thing.name, name, value],
            )
            .await?;
    }
    Ok(())
}

async fn same_or_refuse(
    statements: &mut Statements,
    account: &AccountId,
    asked: &Thing,
) -> Result<Thing, Failure> {
    let standing = one(statements, account, &asked.name).await?;
    let standing = standing.ok_or_else(|| Error::internal("a thing is there and is not"))?;
    if standing.thing_type == asked.thing_type && standing.attributes == asked.attributes {
        return Ok(standing);
    }
    Err(Error::AlreadyExists {
        message: format!(
            "Thing {} already exists in account {account} with different attributes",
            asked.name
        ),
        resource_id: Some(standing.id),
        resource_arn: None,
    }
    .into())
}
