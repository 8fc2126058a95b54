//! Roles, their trust policies and boundaries.

pub mod create_role;
pub mod delete_role;
pub mod delete_role_permissions_boundary;
pub mod get_role;
pub mod list_roles;
pub mod put_role_permissions_boundary;
pub mod update_assume_role_policy;
pub mod update_role;

use serde::Serialize;
use thingpass_domain::id::{AccountId, Path, RoleName, UniqueId};
use thingpass_domain::role::Role;
use thingpass_wire::timestamp::iso_8601;

use super::boundary::Boundary;
use super::document::encoded;
use crate::api::dispatch::{QueryRow, query};

/// The operations of this noun.
pub(super) fn rows() -> Vec<QueryRow> {
    vec![
        query::<create_role::CreateRole>(),
        query::<delete_role::DeleteRole>(),
        query::<delete_role_permissions_boundary::DeleteRolePermissionsBoundary>(),
        query::<get_role::GetRole>(),
        query::<list_roles::ListRoles>(),
        query::<put_role_permissions_boundary::PutRolePermissionsBoundary>(),
        query::<update_assume_role_policy::UpdateAssumeRolePolicy>(),
        query::<update_role::UpdateRole>(),
    ]
}

/// `Role` of IAM's model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RoleDetail {
    path: Path,
    role_name: RoleName,
    role_id: UniqueId,
    arn: String,
    create_date: String,
    assume_role_policy_document: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    max_session_duration: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary: Option<Boundary>,
}

impl RoleDetail {
    fn of(role: Role, account: &AccountId) -> Self {
        Self {
            arn: role.arn(account),
            path: role.path,
            role_name: role.name,
            role_id: role.id,
            create_date: iso_8601(role.created_at),
            assume_role_policy_document: encoded(&role.trust_policy),
            description: role.description,
            max_session_duration: role.max_session_duration_seconds,
            permissions_boundary: role.permissions_boundary.map(Boundary::from),
        }
    }
}
