//! The reads that stand in the path of every request: few, compact, inline, without a thread hop.
//! The store answers them from its tables; [`crate::directory::Directory`] keeps the answers.

use time::OffsetDateTime;

use crate::access_key::AccessKeyStatus;
use crate::certificate::CertificateStatus;
use crate::error::Error;
use crate::id::{AccessKeyId, AccountId, CertificateId, RoleAliasName, ThingName, UniqueId};
use crate::role::Role;
use crate::role_alias::RoleAlias;
use crate::thing::Thing;
use crate::user::User;

/// A policy document with the name by which reasons call it: an ARN, or an inline policy's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The name.
    pub name: String,
    /// The document in force.
    pub document: String,
}

/// What the vend needs to know of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// Its state.
    pub status: CertificateStatus,
    /// From the certificate.
    pub not_before: OffsetDateTime,
    /// From the certificate.
    pub not_after: OffsetDateTime,
    /// The certificate as PEM, for the policy variables of its subject and issuer.
    pub pem: String,
    /// The IoT policies attached to it, by name.
    pub policies: Vec<PolicyDocument>,
}

/// The policies that speak for a user or role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityPolicies {
    /// Inline and attached managed policies.
    pub identity: Vec<PolicyDocument>,
    /// The boundary: `Some(None)` where its ARN is set and the policy is gone, which allows
    /// nothing.
    pub boundary: Option<Option<PolicyDocument>>,
}

/// A role with its policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRecord {
    /// The role.
    pub role: Role,
    /// Its policies.
    pub policies: EntityPolicies,
}

/// An access key with its user and the user's policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKeyRecord {
    /// The account that the key is in.
    pub account: AccountId,
    /// Whether it may be used.
    pub status: AccessKeyStatus,
    /// The secret, sealed.
    pub sealed_secret: Vec<u8>,
    /// Whose it is.
    pub user: User,
    /// The user's policies.
    pub policies: EntityPolicies,
}

/// Inline reads. Each answers from committed state; none may block on a writer.
pub trait Lookup: Send + Sync {
    /// A number that grows with every committed change, this process's before the change is
    /// answered and others' within half a second. An answer read at an older revision may be
    /// stale.
    fn revision(&self) -> u64;

    /// A device certificate.
    fn device(
        &self,
        account: &AccountId,
        certificate: &CertificateId,
    ) -> Result<Option<DeviceRecord>, Error>;

    /// A thing, if the certificate is attached to it.
    fn attached_thing(
        &self,
        account: &AccountId,
        certificate: &CertificateId,
        thing: &ThingName,
    ) -> Result<Option<Thing>, Error>;

    /// A role alias.
    fn role_alias(
        &self,
        account: &AccountId,
        name: &RoleAliasName,
    ) -> Result<Option<RoleAlias>, Error>;

    /// A role by its name, whatever the case of the letters.
    fn role_by_name(
        &self,
        account: &AccountId,
        name: &crate::id::RoleName,
    ) -> Result<Option<RoleRecord>, Error>;

    /// A role by its unique id.
    fn role_by_id(&self, account: &AccountId, id: &UniqueId) -> Result<Option<RoleRecord>, Error>;

    /// A long-term access key.
    fn access_key(&self, id: &AccessKeyId) -> Result<Option<AccessKeyRecord>, Error>;

    /// The document in force of a managed policy of this account or of `aws`.
    fn managed_policy(
        &self,
        account: &AccountId,
        arn: &str,
    ) -> Result<Option<PolicyDocument>, Error>;
}
