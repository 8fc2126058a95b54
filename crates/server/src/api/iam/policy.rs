//! Managed policies, their versions and attachments.

pub mod attach_role_policy;
pub mod attach_user_policy;
mod attachment;
pub mod create_policy;
pub mod create_policy_version;
pub mod delete_policy;
pub mod delete_policy_version;
pub mod detach_role_policy;
pub mod detach_user_policy;
pub mod get_policy;
pub mod get_policy_version;
pub mod list_attached_role_policies;
pub mod list_attached_user_policies;
pub mod list_entities_for_policy;
pub mod list_policies;
pub mod list_policy_versions;
pub mod set_default_policy_version;

use serde::{Deserialize, Serialize};
use thingpass_domain::id::{InvalidName, Path, PolicyName, UniqueId};
use thingpass_domain::managed_policy::{ManagedPolicy, PolicyVersion};
use thingpass_wire::timestamp::iso_8601;

use super::document::encoded;
use crate::api::dispatch::{QueryRow, query};

/// The operations of this noun.
pub(super) fn rows() -> Vec<QueryRow> {
    vec![
        query::<attach_role_policy::AttachRolePolicy>(),
        query::<attach_user_policy::AttachUserPolicy>(),
        query::<create_policy::CreatePolicy>(),
        query::<create_policy_version::CreatePolicyVersion>(),
        query::<delete_policy::DeletePolicy>(),
        query::<delete_policy_version::DeletePolicyVersion>(),
        query::<detach_role_policy::DetachRolePolicy>(),
        query::<detach_user_policy::DetachUserPolicy>(),
        query::<get_policy::GetPolicy>(),
        query::<get_policy_version::GetPolicyVersion>(),
        query::<list_attached_role_policies::ListAttachedRolePolicies>(),
        query::<list_attached_user_policies::ListAttachedUserPolicies>(),
        query::<list_entities_for_policy::ListEntitiesForPolicy>(),
        query::<list_policies::ListPolicies>(),
        query::<list_policy_versions::ListPolicyVersions>(),
        query::<set_default_policy_version::SetDefaultPolicyVersion>(),
    ]
}

/// `Policy` of IAM's model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyDetail {
    policy_name: PolicyName,
    policy_id: UniqueId,
    arn: String,
    path: Path,
    default_version_id: VersionId,
    attachment_count: u32,
    is_attachable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    create_date: String,
    update_date: String,
}

impl From<ManagedPolicy> for PolicyDetail {
    fn from(policy: ManagedPolicy) -> Self {
        Self {
            arn: policy.arn.to_string(),
            policy_name: policy.arn.name,
            policy_id: policy.id,
            path: policy.arn.path,
            default_version_id: VersionId(policy.default_version),
            attachment_count: policy.attachment_count,
            is_attachable: true,
            description: policy.description,
            create_date: iso_8601(policy.created_at),
            update_date: iso_8601(policy.updated_at),
        }
    }
}

/// `PolicyVersion` of IAM's model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct VersionDetail {
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    version_id: VersionId,
    is_default_version: bool,
    create_date: String,
}

impl VersionDetail {
    fn with_document(version: &PolicyVersion) -> Self {
        let document = Some(encoded(&version.document));
        Self {
            document,
            ..Self::without_document(version)
        }
    }

    fn without_document(version: &PolicyVersion) -> Self {
        Self {
            document: None,
            version_id: VersionId(version.number),
            is_default_version: version.is_default,
            create_date: iso_8601(version.created_at),
        }
    }
}

/// The number of a version: 1 is written `v1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct VersionId(u32);

impl TryFrom<String> for VersionId {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        let digits = text.strip_prefix('v').filter(|digits| {
            !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        digits
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| {
                let constraint = "satisfy regular expression pattern: v[1-9][0-9]*";
                InvalidName::new("versionId", &text, constraint)
            })
    }
}

impl From<VersionId> for String {
    fn from(VersionId(number): VersionId) -> String {
        format!("v{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_it_is_written_and_not_otherwise() {
        let read = |text: &str| VersionId::try_from(text.to_owned());
        assert_eq!(read("v12").unwrap(), VersionId(12));
        assert_eq!(String::from(VersionId(12)), "v12");
        for bad in [
            "",
            "v",
            "1",
            "v0",
            "v01",
            "v+1",
            "V1",
            "v1.a",
            "v1 ",
            "v4294967296",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
