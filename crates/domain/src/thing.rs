//! Things: what a device is to its owner.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::error::Error;
use crate::id::{
    AccountId, AttributeName, AttributeValue, CertificateId, ThingName, ThingTypeName,
};
use crate::page::{Page, PageRequest};
use crate::quota;

/// The attributes of a thing.
pub type Attributes = BTreeMap<AttributeName, AttributeValue>;

/// A thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its name, unique in the account.
    pub name: ThingName,
    /// A UUID; a thing made again under the same name has another.
    pub id: String,
    /// Its type, if it has one.
    pub thing_type: Option<ThingTypeName>,
    /// Its attributes.
    pub attributes: Attributes,
    /// Begins with 1; each change adds 1.
    pub version: i64,
}

impl Thing {
    /// Checks the number and size of the attributes.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what is too much.
    pub fn check(&self) -> Result<(), Error> {
        let max = match self.thing_type {
            Some(_) => quota::ATTRIBUTES_WITH_TYPE_MAX,
            None => quota::ATTRIBUTES_WITHOUT_TYPE_MAX,
        };
        if self.attributes.len() > max {
            return Err(Error::invalid(format!(
                "a thing {} a thing type has at most {max} attributes, this one would have {}",
                if self.thing_type.is_some() {
                    "with"
                } else {
                    "without"
                },
                self.attributes.len()
            )));
        }
        let bytes: usize = self
            .attributes
            .iter()
            .map(|(k, v)| k.as_str().len() + v.as_str().len())
            .sum();
        if bytes > quota::ATTRIBUTES_TOTAL_BYTES_MAX {
            return Err(Error::invalid(
                "the attributes of a thing have at most 47 KB together",
            ));
        }
        Ok(())
    }

    /// This thing with the change applied, one version on.
    ///
    /// # Errors
    /// [`Error::VersionConflict`] where another version was expected; [`Error::Invalid`] as
    /// [`Thing::check`].
    pub fn changed(mut self, change: &ThingChange) -> Result<Self, Error> {
        expect_version(&self.name, self.version, change.expected_version)?;
        if change.remove_thing_type {
            self.thing_type = None;
        }
        if let Some(thing_type) = &change.thing_type {
            self.thing_type = Some(thing_type.clone());
        }
        if let Some(attributes) = &change.attributes {
            if !change.merge {
                self.attributes.clear();
            }
            for (name, value) in attributes {
                if value.as_str().is_empty() {
                    self.attributes.remove(name);
                } else {
                    self.attributes.insert(name.clone(), value.clone());
                }
            }
        }
        self.version += 1;
        self.check()?;
        Ok(self)
    }
}

/// Refuses where `expected` is given and is not the version.
///
/// # Errors
/// [`Error::VersionConflict`] in AWS's words.
pub fn expect_version(name: &ThingName, version: i64, expected: Option<i64>) -> Result<(), Error> {
    match expected {
        Some(expected) if expected != version => Err(Error::VersionConflict(format!(
            "The version for thing {name} does not match the expected version."
        ))),
        Some(_) | None => Ok(()),
    }
}

/// What UpdateThing changes.
#[derive(Debug, Clone, Default)]
pub struct ThingChange {
    /// A new type.
    pub thing_type: Option<ThingTypeName>,
    /// Take the type away.
    pub remove_thing_type: bool,
    /// New attributes; an empty value takes the attribute away.
    pub attributes: Option<Attributes>,
    /// Keep the attributes that are not named.
    pub merge: bool,
    /// Refuse where this is not the version.
    pub expected_version: Option<i64>,
}

/// Which things a listing shows.
#[derive(Debug, Clone, Default)]
pub struct ThingFilter {
    /// Only things with this attribute; the value may be a prefix.
    pub attribute: Option<(AttributeName, AttributeValue)>,
    /// The attribute's value is a prefix.
    pub attribute_value_is_prefix: bool,
    /// Only things of this type.
    pub thing_type: Option<ThingTypeName>,
}

/// How a principal is attached to a thing (IoT model, `ThingPrincipalType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThingPrincipalType {
    /// The principal is this thing's only, and it no other's.
    ExclusiveThing,
    /// The principal may be attached to several things.
    NonExclusiveThing,
}

impl ThingPrincipalType {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExclusiveThing => "EXCLUSIVE_THING",
            Self::NonExclusiveThing => "NON_EXCLUSIVE_THING",
        }
    }
}

impl std::str::FromStr for ThingPrincipalType {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "EXCLUSIVE_THING" => Ok(Self::ExclusiveThing),
            "NON_EXCLUSIVE_THING" => Ok(Self::NonExclusiveThing),
            other => Err(Error::invalid(format!(
                "`{other}` is no thing principal type: EXCLUSIVE_THING or NON_EXCLUSIVE_THING"
            ))),
        }
    }
}

/// Things in the store, and the certificates attached to them.
#[async_trait]
pub trait ThingStore {
    /// Writes a new thing. Creating it again with the same type and attributes gives the one that
    /// stands; with others it is [`Error::AlreadyExists`]. A type that is not there is
    /// [`Error::NotFound`].
    async fn create_thing(&self, account: &AccountId, thing: Thing) -> Result<Thing, Error>;

    /// Reads one.
    async fn thing(&self, account: &AccountId, name: &ThingName) -> Result<Option<Thing>, Error>;

    /// Applies [`Thing::changed`]; absent thing or type: [`Error::NotFound`].
    async fn update_thing(
        &self,
        account: &AccountId,
        name: &ThingName,
        change: &ThingChange,
    ) -> Result<Thing, Error>;

    /// Deletes; an absent thing is success. A thing with principals is [`Error::Invalid`]
    /// ("Cannot delete. Thing NAME is still attached to one or more principals").
    async fn delete_thing(
        &self,
        account: &AccountId,
        name: &ThingName,
        expected_version: Option<i64>,
    ) -> Result<(), Error>;

    /// Lists by name.
    async fn list_things(
        &self,
        account: &AccountId,
        filter: &ThingFilter,
        page: PageRequest,
    ) -> Result<Page<Thing>, Error>;

    /// Attaches; attaching again is success and may change the type. Absent thing or certificate:
    /// [`Error::NotFound`]. [`Error::Invalid`] where an exclusive attachment stands in the way:
    /// the certificate is exclusively another thing's, or is asked to be exclusively this thing's
    /// while it is attached to another.
    async fn attach_thing_principal(
        &self,
        account: &AccountId,
        name: &ThingName,
        certificate: &CertificateId,
        principal_type: ThingPrincipalType,
    ) -> Result<(), Error>;

    /// Detaches; detaching what is not attached is success. Absent thing: [`Error::NotFound`].
    async fn detach_thing_principal(
        &self,
        account: &AccountId,
        name: &ThingName,
        certificate: &CertificateId,
    ) -> Result<(), Error>;

    /// Certificates of a thing, by id. Absent thing: [`Error::NotFound`].
    async fn list_thing_principals(
        &self,
        account: &AccountId,
        name: &ThingName,
        page: PageRequest,
    ) -> Result<Page<CertificateId>, Error>;

    /// Things of a certificate, by name. Absent certificate: [`Error::NotFound`].
    async fn list_principal_things(
        &self,
        account: &AccountId,
        certificate: &CertificateId,
        page: PageRequest,
    ) -> Result<Page<ThingName>, Error>;
}

/// "Thing NAME does not exist", for every operation that names an absent thing.
pub fn absent(name: &ThingName) -> Error {
    Error::not_found(format!("Thing {name} does not exist"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(attributes: &[(&str, &str)]) -> Thing {
        Thing {
            name: ThingName::new("t").unwrap(),
            id: "id".to_owned(),
            thing_type: None,
            attributes: read(attributes),
            version: 1,
        }
    }

    fn read(attributes: &[(&str, &str)]) -> Attributes {
        let read = |(k, v): &(&str, &str)| {
            (
                AttributeName::new(*k).unwrap(),
                AttributeValue::new(*v).unwrap(),
            )
        };
        attributes.iter().map(read).collect()
    }

    #[test]
    fn a_thing_without_a_type_has_three_attributes_at_most() {
        let four = thing(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
        assert!(matches!(four.check(), Err(Error::Invalid(_))));
        let mut typed = four;
        typed.thing_type = Some(ThingTypeName::new("T").unwrap());
        assert!(typed.check().is_ok());
    }

    #[test]
    fn merging_keeps_what_is_not_named_and_an_empty_value_removes() {
        let change = ThingChange {
            attributes: Some(read(&[("a", ""), ("b", "2")])),
            merge: true,
            ..ThingChange::default()
        };
        let changed = thing(&[("a", "1"), ("c", "3")]).changed(&change).unwrap();
        assert_eq!(changed.attributes, read(&[("b", "2"), ("c", "3")]));
        assert_eq!(changed.version, 2);
        let replaced = thing(&[("c", "3")]).changed(&ThingChange {
            merge: false,
            ..change
        });
        assert_eq!(replaced.unwrap().attributes, read(&[("b", "2")]));
    }

    #[test]
    fn another_version_than_expected_is_a_conflict() {
        let change = ThingChange {
            expected_version: Some(7),
            ..ThingChange::default()
        };
        assert!(matches!(
            thing(&[]).changed(&change),
            Err(Error::VersionConflict(_))
        ));
    }
}
