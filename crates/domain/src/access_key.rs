//! Access keys of users. The secret stands in the store sealed under the root key.

use async_trait::async_trait;
use time::OffsetDateTime;

use zeroize::Zeroizing;

use crate::caller::secret_purpose;
use crate::entropy::{self, Entropy};
use crate::error::Error;
use crate::id::{AccessKeyId, AccountId, UserName};
use crate::key_ring::RootKey;

/// Whether an access key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKeyStatus {
    /// It may.
    Active,
    /// It may not.
    Inactive,
}

impl AccessKeyStatus {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }

    /// Reads AWS's spelling.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything else.
    pub fn read(text: &str) -> Result<Self, Error> {
        match text {
            "Active" => Ok(Self::Active),
            "Inactive" => Ok(Self::Inactive),
            other => Err(Error::invalid(format!(
                "`{other}` is no status of an access key: Active or Inactive"
            ))),
        }
    }
}

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: AccessKeyId,
    /// Whose it is.
    pub user: UserName,
    /// The secret, sealed ([`crate::key_ring::RootKey::seal`]).
    pub sealed_secret: Vec<u8>,
    /// Whether it may be used.
    pub status: AccessKeyStatus,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

impl AccessKey {
    /// A new key of `user`, active, with its secret in clear: this is the only time it is seen.
    ///
    /// # Errors
    /// [`Error::Internal`] without randomness.
    pub fn issue(
        account: &AccountId,
        user: UserName,
        root_key: &RootKey,
        entropy: &dyn Entropy,
        now: OffsetDateTime,
    ) -> Result<(Self, Zeroizing<String>), Error> {
        let id = entropy::access_key_id("AKIA", account, entropy::bytes(entropy)?);
        let secret = entropy::secret_access_key(entropy)?;
        let sealed_secret = root_key.seal(&secret_purpose(&id), secret.as_bytes(), entropy)?;
        let status = AccessKeyStatus::Active;
        Ok((
            Self {
                id,
                user,
                sealed_secret,
                status,
                created_at: now,
            },
            secret,
        ))
    }
}

/// Access keys in the store.
#[async_trait]
pub trait AccessKeyStore {
    /// Writes a new key. Absent user: [`Error::NotFound`]; a user with
    /// [`crate::quota::ACCESS_KEYS_PER_USER_MAX`] keys: [`Error::LimitExceeded`] "Cannot exceed
    /// quota for AccessKeysPerUser: 2".
    async fn create_access_key(&self, account: &AccountId, key: AccessKey) -> Result<(), Error>;

    /// Sets the state. Absent, or another user's: [`Error::NotFound`].
    async fn update_access_key(
        &self,
        account: &AccountId,
        user: &UserName,
        id: &AccessKeyId,
        status: AccessKeyStatus,
    ) -> Result<(), Error>;

    /// Deletes. Absent, or another user's: [`Error::NotFound`].
    async fn delete_access_key(
        &self,
        account: &AccountId,
        user: &UserName,
        id: &AccessKeyId,
    ) -> Result<(), Error>;

    /// All keys of a user, by id. Absent user: [`Error::NotFound`].
    async fn list_access_keys(
        &self,
        account: &AccountId,
        user: &UserName,
    ) -> Result<Vec<AccessKey>, Error>;

    /// Whether any user of the account has a key that may be used.
    async fn has_active_access_key(&self, account: &AccountId) -> Result<bool, Error>;
}

/// For every operation that names an absent key.
pub fn absent(id: &AccessKeyId) -> Error {
    Error::not_found(format!("The Access Key with id {id} cannot be found."))
}
