//! Thing types: what things of a kind have in common.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::Error;
use crate::id::{AccountId, AttributeName, ThingTypeName};
use crate::page::{Page, PageRequest};
use crate::quota;

/// A thing type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingType {
    /// Its name, unique in the account.
    pub name: ThingTypeName,
    /// A UUID.
    pub id: String,
    /// Free text.
    pub description: Option<String>,
    /// Attributes that a search may name.
    pub searchable_attributes: Vec<AttributeName>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

impl ThingType {
    /// Checks what no single name shows.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn check(&self) -> Result<(), Error> {
        let description = self.description.as_deref().unwrap_or_default();
        if description.chars().count() > quota::THING_TYPE_DESCRIPTION_MAX {
            let max = quota::THING_TYPE_DESCRIPTION_MAX;
            return Err(Error::invalid(format!(
                "a thing type's description has at most {max} characters"
            )));
        }
        if self.searchable_attributes.len() > quota::SEARCHABLE_ATTRIBUTES_MAX {
            let max = quota::SEARCHABLE_ATTRIBUTES_MAX;
            return Err(Error::invalid(format!(
                "a thing type has at most {max} searchable attributes"
            )));
        }
        Ok(())
    }
}

/// Thing types in the store.
#[async_trait]
pub trait ThingTypeStore {
    /// Writes a new thing type. Creating it again with the same properties gives the one that
    /// stands; with others it is [`Error::AlreadyExists`].
    async fn create_thing_type(
        &self,
        account: &AccountId,
        thing_type: ThingType,
    ) -> Result<ThingType, Error>;

    /// Reads one.
    async fn thing_type(
        &self,
        account: &AccountId,
        name: &ThingTypeName,
    ) -> Result<Option<ThingType>, Error>;

    /// Lists them by name; `name` narrows to that one.
    async fn list_thing_types(
        &self,
        account: &AccountId,
        name: Option<&ThingTypeName>,
        page: PageRequest,
    ) -> Result<Page<ThingType>, Error>;
}
