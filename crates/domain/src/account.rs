//! Accounts: the wall between owners.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::Error;
use crate::id::AccountId;

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

/// Accounts in the store.
#[async_trait]
pub trait AccountStore {
    /// Writes a new account.
    async fn create_account(&self, account: Account) -> Result<(), Error>;

    /// All accounts, the oldest first: the first one is the default.
    async fn accounts(&self) -> Result<Vec<Account>, Error>;
}
