//! Users and their boundaries.

pub mod create_user;
pub mod delete_user;
pub mod delete_user_permissions_boundary;
pub mod get_user;
pub mod list_users;
pub mod put_user_permissions_boundary;

use serde::Serialize;
use thingpass_domain::id::{AccountId, Path, UniqueId, UserName};
use thingpass_domain::user::User;
use thingpass_wire::timestamp::iso_8601;

use super::boundary::Boundary;
use crate::api::dispatch::{QueryRow, query};

/// The operations of this noun.
pub(super) fn rows() -> Vec<QueryRow> {
    vec![
        query::<create_user::CreateUser>(),
        query::<delete_user::DeleteUser>(),
        query::<delete_user_permissions_boundary::DeleteUserPermissionsBoundary>(),
        query::<get_user::GetUser>(),
        query::<list_users::ListUsers>(),
        query::<put_user_permissions_boundary::PutUserPermissionsBoundary>(),
    ]
}

/// `User` of IAM's model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct UserDetail {
    path: Path,
    user_name: UserName,
    user_id: UniqueId,
    arn: String,
    create_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary: Option<Boundary>,
}

impl UserDetail {
    fn of(user: User, account: &AccountId) -> Self {
        Self {
            arn: user.arn(account),
            path: user.path,
            user_name: user.name,
            user_id: user.id,
            create_date: iso_8601(user.created_at),
            permissions_boundary: user.permissions_boundary.map(Boundary::from),
        }
    }
}
