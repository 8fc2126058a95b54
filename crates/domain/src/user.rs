//! IAM users.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::Error;
use crate::id::{AccountId, Path, UniqueId, UserName};
use crate::page::{Page, PageRequest};

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its name, unique in the account whatever the case of its letters.
    pub name: UserName,
    /// Its path.
    pub path: Path,
    /// `AIDA…`.
    pub id: UniqueId,
    /// ARN of the managed policy that bounds it.
    pub permissions_boundary: Option<String>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

impl User {
    /// The user's ARN.
    pub fn arn(&self, account: &AccountId) -> String {
        crate::arn::user(account, &self.path, &self.name)
    }
}

/// Users in the store.
#[async_trait]
pub trait UserStore {
    /// Writes a new user; [`Error::AlreadyExists`] "User with name NAME already exists." A
    /// boundary that is not there is [`Error::NotFound`].
    async fn create_user(&self, account: &AccountId, user: User) -> Result<(), Error>;

    /// Reads one, whatever the case of the letters.
    async fn user(&self, account: &AccountId, name: &UserName) -> Result<Option<User>, Error>;

    /// Sets or takes away the boundary. Absent user or policy: [`Error::NotFound`].
    async fn update_user_boundary(
        &self,
        account: &AccountId,
        name: &UserName,
        permissions_boundary: Option<String>,
    ) -> Result<(), Error>;

    /// Deletes. [`Error::DeleteConflict`] with access keys ("Cannot delete entity, must delete
    /// access keys first."), managed or inline policies (as for roles); absent:
    /// [`Error::NotFound`].
    async fn delete_user(&self, account: &AccountId, name: &UserName) -> Result<(), Error>;

    /// Lists by name those whose path begins with `path_prefix`.
    async fn list_users(
        &self,
        account: &AccountId,
        path_prefix: &str,
        page: PageRequest,
    ) -> Result<Page<User>, Error>;
}

/// For every operation that names an absent user.
pub fn absent(name: &UserName) -> Error {
    Error::not_found(format!("The user with name {name} cannot be found."))
}
