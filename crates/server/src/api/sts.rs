//! STS: sessions (awsQuery).

pub mod assume_role;
pub mod error;
pub mod get_caller_identity;

use std::sync::LazyLock;

use crate::api::dispatch::{QueryRow, query};

/// The namespace of the service's documents.
pub const XMLNS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The version that requests name.
pub const VERSION: &str = "2011-06-15";

/// The operations of the service.
pub static OPERATIONS: LazyLock<Vec<QueryRow>> = LazyLock::new(|| {
    vec![
        query::<assume_role::AssumeRole>(),
        query::<get_caller_identity::GetCallerIdentity>(),
    ]
});
