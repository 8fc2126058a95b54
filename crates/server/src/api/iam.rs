//! IAM: users, roles, policies (awsQuery).

pub mod access_key;
mod boundary;
mod document;
pub mod error;
pub mod inline_policy;
mod paging;
pub mod policy;
pub mod role;
#[cfg(test)]
pub(crate) mod testing;
pub mod user;

use std::sync::LazyLock;

use crate::api::dispatch::QueryRow;

/// The namespace of the service's documents.
pub const XMLNS: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// The version that requests name.
pub const VERSION: &str = "2010-05-08";

/// The operations of the service.
pub static OPERATIONS: LazyLock<Vec<QueryRow>> = LazyLock::new(|| {
    [
        access_key::rows(),
        inline_policy::rows(),
        policy::rows(),
        role::rows(),
        user::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
});
