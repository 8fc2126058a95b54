//! Accounts: the wall between owners.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::access_key::AccessKey;
use crate::arn::PolicyArn;
use crate::error::Error;
use crate::id::AccountId;
use crate::user::User;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// First label of its credentials endpoint: lower-case letters and digits, never changes.
    pub endpoint_prefix: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// The user that an account begins with, who can make all others.
#[derive(Debug, Clone)]
pub struct FirstUser {
    /// The user.
    pub user: User,
    /// The managed policy that is attached to it.
    pub policy: PolicyArn,
    /// Its access key.
    pub key: AccessKey,
}

/// Accounts in the store.
#[async_trait]
pub trait AccountStore {
    /// Writes a new account with its first user, if it is given one, in one transaction: an
    /// account that stands has had its first user, whatever has become of it since.
    async fn create_account(
        &self,
        account: Account,
        first_user: Option<FirstUser>,
    ) -> Result<(), Error>;

    /// All accounts, the oldest first: the first one is the default.
    async fn accounts(&self) -> Result<Vec<Account>, Error>;
}
