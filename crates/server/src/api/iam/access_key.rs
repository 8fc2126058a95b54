//! Access keys of users.

pub mod create_access_key;
pub mod delete_access_key;
pub mod list_access_keys;
pub mod update_access_key;

use crate::api::dispatch::{QueryRow, query};

/// The operations of this noun.
pub(super) fn rows() -> Vec<QueryRow> {
    vec![
        query::<create_access_key::CreateAccessKey>(),
        query::<delete_access_key::DeleteAccessKey>(),
        query::<list_access_keys::ListAccessKeys>(),
        query::<update_access_key::UpdateAccessKey>(),
    ]
}
