//! IoT policies: what a certificate may ask for.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::error::Error;
use crate::id::{AccountId, IotPolicyName};
use crate::page::{Page, PageRequest};
use crate::quota;

/// An IoT policy with its default version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IotPolicy {
    /// Its name, unique in the account.
    pub name: IotPolicyName,
    /// The version that is in force.
    pub default_version_id: u32,
    /// The document of that version, as it was sent.
    pub document: String,
    /// A UUID.
    pub generation_id: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub last_modified_at: OffsetDateTime,
}

/// Checks a document at its creation: grammar and size.
///
/// # Errors
/// [`Error::MalformedPolicy`] with the place and what is wrong there.
pub fn check_document(document: &str) -> Result<(), Error> {
    let size = thingpass_policy::limits::size_without_whitespace(document);
    if size > quota::IOT_POLICY_SIZE_MAX {
        let max = quota::IOT_POLICY_SIZE_MAX;
        return Err(Error::MalformedPolicy(format!(
            "the policy has {size} characters without white space, at most {max} are allowed"
        )));
    }
    thingpass_policy::parse(document, thingpass_policy::Grammar::Iot)
        .map(|_| ())
        .map_err(|error| Error::MalformedPolicy(error.to_string()))
}

/// IoT policies in the store, and their attachments to targets (ARNs of certificates).
#[async_trait]
pub trait IotPolicyStore {
    /// Writes a new policy, version 1; [`Error::AlreadyExists`] "Policy cannot be created - name
    /// already exists (name=NAME)".
    async fn create_iot_policy(&self, account: &AccountId, policy: IotPolicy) -> Result<(), Error>;

    /// Reads one.
    async fn iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
    ) -> Result<Option<IotPolicy>, Error>;

    /// Deletes. Attached: [`Error::DeleteConflict`] "The policy cannot be deleted as the policy is
    /// attached to one or more principals (name=NAME)"; absent: [`Error::NotFound`].
    async fn delete_iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
    ) -> Result<(), Error>;

    /// Lists by name.
    async fn list_iot_policies(
        &self,
        account: &AccountId,
        page: PageRequest,
    ) -> Result<Page<IotPolicyName>, Error>;

    /// Attaches; attaching again is success. Absent policy: [`Error::NotFound`]; a target with
    /// [`quota::IOT_POLICIES_PER_TARGET_MAX`] policies: [`Error::LimitExceeded`]. Whether the
    /// target is there is checked in the same transaction when it is a certificate's ARN.
    async fn attach_iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
        target: &PolicyTarget,
    ) -> Result<(), Error>;

    /// Detaches; detaching what is not attached is success. Absent policy: [`Error::NotFound`].
    async fn detach_iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
        target: &PolicyTarget,
    ) -> Result<(), Error>;

    /// Policies attached to a target, by name.
    async fn list_attached_iot_policies(
        &self,
        account: &AccountId,
        target: &PolicyTarget,
        page: PageRequest,
    ) -> Result<Page<IotPolicyName>, Error>;

    /// Targets of a policy, by id. Absent policy: [`Error::NotFound`].
    async fn list_targets_for_iot_policy(
        &self,
        account: &AccountId,
        name: &IotPolicyName,
        page: PageRequest,
    ) -> Result<Page<PolicyTarget>, Error>;
}

/// What an IoT policy can be attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyTarget {
    /// A device certificate.
    Certificate(crate::id::CertificateId),
}

/// For every operation that names an absent policy.
pub fn absent(name: &IotPolicyName) -> Error {
    Error::not_found(format!("Policy not found (name={name})"))
}
