//! Managed and inline IAM policies, and their attachment to users and roles.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::arn::PolicyArn;
use crate::error::Error;
use crate::id::{AccountId, InvalidName, Path, PolicyName, RoleName, UniqueId, UserName};
use crate::page::{Page, PageRequest};
use crate::quota;

/// A managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its ARN; the account `aws` owns the ones that come with Thingpass.
    pub arn: PolicyArn,
    /// `ANPA…`
    pub id: UniqueId,
    /// The version in force: `1` is written `v1`.
    pub default_version: u32,
    /// To how many users and roles it is attached.
    pub attachment_count: u32,
    /// Free text.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When a version was last made, deleted or put in force.
    pub updated_at: OffsetDateTime,
}

/// A version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// `1` is written `v1`; numbers are never given twice.
    pub number: u32,
    /// The document, as it was sent.
    pub document: String,
    /// Whether it is in force.
    pub is_default: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// A policy that every account finds, as AWS's managed ones.
#[derive(Debug, Clone, Copy)]
pub struct AwsManaged {
    /// Its name.
    pub name: &'static str,
    /// Its document.
    pub document: &'static str,
    /// What it is for.
    pub description: &'static str,
}

/// The policies of the account `aws`; the store holds them from the first start on.
pub const AWS_MANAGED: &[AwsManaged] = &[AwsManaged {
    name: "AdministratorAccess",
    document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    description: "Provides full access to AWS services and resources.",
}];

/// Who a policy can be attached to, or carried by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entity {
    /// A user.
    User(UserName),
    /// A role.
    Role(RoleName),
}

impl Entity {
    /// `user` or `role`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Role(_) => "role",
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        match self {
            Self::User(name) => name.as_str(),
            Self::Role(name) => name.as_str(),
        }
    }

    /// For every operation that names an absent user or role.
    pub fn absent(&self) -> Error {
        match self {
            Self::User(name) => crate::user::absent(name),
            Self::Role(name) => crate::role::absent(name),
        }
    }

    /// Characters of inline policies that it may carry, white space not counted.
    pub fn inline_policies_size_max(&self) -> usize {
        match self {
            Self::User(_) => quota::USER_INLINE_POLICIES_SIZE_MAX,
            Self::Role(_) => quota::ROLE_INLINE_POLICIES_SIZE_MAX,
        }
    }
}

/// Which managed policies a listing shows.
#[derive(Debug, Clone, Default)]
pub struct PolicyFilter {
    /// Only those with such a path.
    pub path_prefix: String,
    /// Only those that are attached.
    pub only_attached: bool,
    /// Those of the account `aws`.
    pub aws: bool,
    /// Those of this account.
    pub local: bool,
}

/// Checks a managed policy's document: grammar and size.
///
/// # Errors
/// [`Error::MalformedPolicy`], [`Error::LimitExceeded`].
pub fn check_managed_document(document: &str) -> Result<(), Error> {
    let max = quota::MANAGED_POLICY_SIZE_MAX;
    if thingpass_policy::limits::size_without_whitespace(document) > max {
        return Err(Error::LimitExceeded(format!(
            "Cannot exceed quota for PolicySize: {max}"
        )));
    }
    check_inline_document(document)
}

/// What an inline policy counts towards [`Entity::inline_policies_size_max`], in characters.
pub fn inline_size(document: &str) -> usize {
    thingpass_policy::limits::size_without_whitespace(document)
}

/// Checks an inline policy's document: grammar. Its size counts with its entity's others.
///
/// # Errors
/// [`Error::MalformedPolicy`].
pub fn check_inline_document(document: &str) -> Result<(), Error> {
    thingpass_policy::parse(document, thingpass_policy::Grammar::Identity)
        .map(|_| ())
        .map_err(|error| Error::MalformedPolicy(error.to_string()))
}

/// Checks the path of a managed policy, narrower than other paths (IAM model, `policyPathType`).
///
/// # Errors
/// The AWS validation sentence.
pub fn check_policy_path(path: &Path) -> Result<(), InvalidName> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "/.,+@=_-".contains(c);
    if path.as_str().chars().all(legal) && !path.as_str().contains("//") {
        return Ok(());
    }
    let constraint = "satisfy regular expression pattern: ((/[A-Za-z0-9\\.,\\+@=_-]+)*)/";
    Err(InvalidName::new("path", path.as_str(), constraint))
}

/// Checks a description: its length (IAM model, `policyDescriptionType`).
///
/// # Errors
/// The AWS validation sentence.
pub fn check_description(text: &str) -> Result<(), InvalidName> {
    if text.chars().count() <= quota::DESCRIPTION_MAX {
        return Ok(());
    }
    let constraint = format!(
        "have length less than or equal to {}",
        quota::DESCRIPTION_MAX
    );
    Err(InvalidName::new("description", text, constraint))
}

/// Managed policies in the store. A policy of the account `aws` can be read and attached by every
/// account and changed by none ([`Error::Denied`]).
#[async_trait]
pub trait ManagedPolicyStore {
    /// Writes a new policy with version 1; [`Error::AlreadyExists`] "A policy called NAME already
    /// exists. Duplicate names are not allowed."
    async fn create_managed_policy(
        &self,
        account: &AccountId,
        policy: ManagedPolicy,
        document: &str,
    ) -> Result<(), Error>;

    /// Reads one, with its number of attachments in this account.
    async fn managed_policy(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<Option<ManagedPolicy>, Error>;

    /// Lists by name.
    async fn list_managed_policies(
        &self,
        account: &AccountId,
        filter: &PolicyFilter,
        page: PageRequest,
    ) -> Result<Page<ManagedPolicy>, Error>;

    /// Deletes. Attached, or a boundary: [`Error::DeleteConflict`] "Cannot delete a policy
    /// attached to entities."; other versions than the default: "This policy has more than one
    /// version. Before you delete a policy, you must delete the policy's versions. The default
    /// version is deleted with the policy."; absent: [`Error::NotFound`].
    async fn delete_managed_policy(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<(), Error>;

    /// Writes a new version; [`Error::VersionsLimitExceeded`] "A managed policy can have up to 5
    /// versions. Before you create a new version, you must delete an existing version."
    async fn create_policy_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        document: &str,
        set_as_default: bool,
        at: OffsetDateTime,
    ) -> Result<PolicyVersion, Error>;

    /// Reads one.
    async fn policy_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        number: u32,
    ) -> Result<Option<PolicyVersion>, Error>;

    /// All versions, the newest first. Absent policy: [`Error::NotFound`].
    async fn list_policy_versions(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<Vec<PolicyVersion>, Error>;

    /// Puts a version in force. Absent: [`Error::NotFound`].
    async fn set_default_policy_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        number: u32,
        at: OffsetDateTime,
    ) -> Result<(), Error>;

    /// Deletes. The default: [`Error::DeleteConflict`] "Cannot delete the default version of a
    /// policy."; absent: [`Error::NotFound`].
    async fn delete_policy_version(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
        number: u32,
        at: OffsetDateTime,
    ) -> Result<(), Error>;

    /// Attaches; attaching again is success. Absent policy or entity: [`Error::NotFound`];
    /// [`Error::LimitExceeded`] "Cannot exceed quota for PoliciesPerRole: 10" (`PoliciesPerUser`).
    async fn attach_managed_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        arn: &PolicyArn,
    ) -> Result<(), Error>;

    /// Detaches. Not attached, or absent: [`Error::NotFound`] "Policy ARN was not found."
    async fn detach_managed_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        arn: &PolicyArn,
    ) -> Result<(), Error>;

    /// Policies attached to an entity, by name. Absent entity: [`Error::NotFound`].
    async fn list_attached_managed_policies(
        &self,
        account: &AccountId,
        entity: &Entity,
        page: PageRequest,
    ) -> Result<Page<PolicyArn>, Error>;

    /// All users and roles that a policy is attached to, with their unique ids, roles first, by
    /// name. Absent policy: [`Error::NotFound`].
    async fn list_entities_for_managed_policy(
        &self,
        account: &AccountId,
        arn: &PolicyArn,
    ) -> Result<Vec<(Entity, UniqueId)>, Error>;
}

/// Inline policies in the store.
#[async_trait]
pub trait InlinePolicyStore {
    /// Writes or replaces. Absent entity: [`Error::NotFound`]; [`Error::LimitExceeded`] "Maximum
    /// policy size of N bytes exceeded for KIND NAME" over
    /// [`Entity::inline_policies_size_max`] for all together.
    async fn put_inline_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        name: &PolicyName,
        document: &str,
    ) -> Result<(), Error>;

    /// Reads one. Absent entity: [`Error::NotFound`].
    async fn inline_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        name: &PolicyName,
    ) -> Result<Option<String>, Error>;

    /// Deletes. Absent: [`Error::NotFound`].
    async fn delete_inline_policy(
        &self,
        account: &AccountId,
        entity: &Entity,
        name: &PolicyName,
    ) -> Result<(), Error>;

    /// Names, in order. Absent entity: [`Error::NotFound`].
    async fn list_inline_policies(
        &self,
        account: &AccountId,
        entity: &Entity,
        page: PageRequest,
    ) -> Result<Page<PolicyName>, Error>;
}

/// For every operation that names an absent managed policy.
pub fn absent(arn: &PolicyArn) -> Error {
    Error::not_found(format!("Policy {arn} does not exist or is not attachable."))
}

/// For every operation that names an absent version.
pub fn absent_version(arn: &PolicyArn, number: u32) -> Error {
    Error::not_found(format!(
        "Policy {arn} version v{number} does not exist or is not attachable."
    ))
}

/// For every operation that names an absent inline policy.
pub fn absent_inline(entity: &Entity, name: &PolicyName) -> Error {
    Error::not_found(format!(
        "The {} policy with name {name} cannot be found.",
        entity.kind()
    ))
}

/// The path of the policies that come with Thingpass.
pub fn aws_managed_arn(policy: &AwsManaged) -> Result<PolicyArn, Error> {
    Ok(PolicyArn {
        account: crate::arn::AWS_MANAGED_ACCOUNT.to_owned(),
        path: Path::root(),
        name: PolicyName::new(policy.name)?,
    })
}
