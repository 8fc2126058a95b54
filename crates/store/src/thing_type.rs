//! Thing types in SQL.

use async_trait::async_trait;
use thingpass_domain::error::Error;
use thingpass_domain::id::{AccountId, ThingTypeName};
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::thing_type::{ThingType, ThingTypeStore};

use crate::SqliteStore;
use crate::paging;
use crate::statement::{Failure, Statements};
use crate::transact::step;
use crate::value::{Columns, args, json, kept};

#[async_trait]
impl ThingTypeStore for SqliteStore {
    async fn create_thing_type(
        &self,
        account: &AccountId,
        thing_type: ThingType,
    ) -> Result<ThingType, Error> {
        thing_type.check()?;
        let searchable_attributes = json(&thing_type.searchable_attributes)?;
        let (thing_type, searchable_attributes) = (&thing_type, searchable_attributes.as_str());
        self.transact(|write| {
            step(async move {
                let inserted = write
                    .execute(
                        "INSERT INTO thing_type (account_id, name, id, description,
                             searchable_attributes, created_at_ms)
                         VALUES ($1, $2, $3, $4, $5, $6)
                         ON CONFLICT DO NOTHING",
                        args![
                            account,
                            &thing_type.name,
                            &thing_type.id,
                            thing_type.description.as_deref(),
                            searchable_attributes,
                            thing_type.created_at,
                        ],
                    )
                    .await?;
                if inserted == 0 {
                    return same_or_refuse(write, account, thing_type).await;
                }
                write.changed("thing_type", format_args!("{account}/{}", thing_type.name));
                let created_at = kept(thing_type.created_at);
                Ok(ThingType {
                    created_at,
                    ..thing_type.clone()
                })
            })
        })
        .await
    }

    async fn thing_type(
        &self,
        account: &AccountId,
        name: &ThingTypeName,
    ) -> Result<Option<ThingType>, Error> {
        Ok(one(&mut self.read().await?, account, name).await?)
    }

    async fn list_thing_types(
        &self,
        account: &AccountId,
        name: Option<&ThingTypeName>,
        page: PageRequest,
    ) -> Result<Page<ThingType>, Error> {
        let rows = self
            .read()
            .await?
            .page(
                "SELECT name, id, description, searchable_attributes, created_at_ms
                 FROM thing_type
                 WHERE account_id = $1 AND name > $2 AND ($3 = name OR $3 IS NULL)
                 ORDER BY name ASC
                 LIMIT $4",
                &page,
                args![
                    account,
                    paging::after_name(&page),
                    name.map(ThingTypeName::as_str),
                    paging::limit(&page),
                ],
            )
            .await?;
        let types = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::of(types, page.limit, |thing_type: &ThingType| {
            thing_type.name.to_string()
        }))
    }
}

/// Refuses a type that is not there.
pub(crate) async fn require(
    statements: &mut Statements,
    account: &AccountId,
    name: &ThingTypeName,
) -> Result<(), Failure> {
    match one(statements, account, name).await? {
        Some(_) => Ok(()),
        None => Err(Error::not_found(format!("Thing type {name} does not exist")).into()),
    }
}

async fn one(
    statements: &mut Statements,
    account: &AccountId,
    name: &ThingTypeName,
) -> Result<Option<ThingType>, Failure> {
    let row = statements
        .row(
            "SELECT name, id, description, searchable_attributes, created_at_ms
             FROM thing_type
             WHERE account_id = $1 AND name = $2",
            args![account, name],
        )
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

async fn same_or_refuse(
    statements: &mut Statements,
    account: &AccountId,
    asked: &ThingType,
) -> Result<ThingType, Failure> {
    let standing = one(statements, account, &asked.name).await?;
    let standing = standing.ok_or_else(|| Error::internal("a thing type is there and is not"))?;
    if standing.description == asked.description
        && standing.searchable_attributes == asked.searchable_attributes
    {
        return Ok(standing);
    }
    Err(Error::AlreadyExists {
        message: format!(
            "Thing type {} already exists with different properties",
            asked.name
        ),
        resource_id: Some(standing.id),
        resource_arn: None,
    }
    .into())
}

fn read(row: &impl Columns) -> Result<ThingType, Error> {
    Ok(ThingType {
        name: row.parsed("name")?,
        id: row.text("id")?,
        description: row.optional_text("description")?,
        searchable_attributes: row.json("searchable_attributes")?,
        created_at: row.time("created_at_ms")?,
    })
}
