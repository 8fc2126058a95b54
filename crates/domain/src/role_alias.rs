//! Role aliases: the name under which a device asks for a role.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::arn::RoleArn;
use crate::error::Error;
use crate::id::{AccountId, RoleAliasName};
use crate::page::{Page, PageRequest};
use crate::quota;

/// A role alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleAlias {
    /// Its name, unique in the account.
    pub name: RoleAliasName,
    /// The role behind it. It need not be there yet: that is checked when a device asks.
    pub role_arn: RoleArn,
    /// Life of the credentials, seconds.
    pub credential_duration_seconds: u32,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub last_modified_at: OffsetDateTime,
}

/// Checks the life of credentials that an alias asks for.
///
/// # Errors
/// [`Error::Invalid`] outside 900 … 43,200 seconds.
pub fn check_duration(seconds: u32) -> Result<(), Error> {
    let range = quota::CREDENTIAL_DURATION_MIN_SECONDS..=quota::CREDENTIAL_DURATION_MAX_SECONDS;
    if range.contains(&seconds) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "credentialDurationSeconds must be between {} and {}, `{seconds}` is not",
        range.start(),
        range.end()
    )))
}

/// Role aliases in the store.
#[async_trait]
pub trait RoleAliasStore {
    /// Writes a new alias; [`Error::AlreadyExists`], or [`Error::LimitExceeded`] at
    /// [`quota::ROLE_ALIASES_MAX`].
    async fn create_role_alias(&self, account: &AccountId, alias: RoleAlias) -> Result<(), Error>;

    /// Reads one.
    async fn role_alias(
        &self,
        account: &AccountId,
        name: &RoleAliasName,
    ) -> Result<Option<RoleAlias>, Error>;

    /// Changes what is given, at the time `at`. Absent: [`Error::NotFound`].
    async fn update_role_alias(
        &self,
        account: &AccountId,
        name: &RoleAliasName,
        role_arn: Option<RoleArn>,
        credential_duration_seconds: Option<u32>,
        at: OffsetDateTime,
    ) -> Result<(), Error>;

    /// Deletes. Absent: [`Error::NotFound`].
    async fn delete_role_alias(
        &self,
        account: &AccountId,
        name: &RoleAliasName,
    ) -> Result<(), Error>;

    /// Lists by name.
    async fn list_role_aliases(
        &self,
        account: &AccountId,
        page: PageRequest,
    ) -> Result<Page<RoleAliasName>, Error>;
}

/// For every operation that names an absent alias.
pub fn absent(name: &RoleAliasName) -> Error {
    Error::not_found(format!("Role alias {name} does not exist"))
}
