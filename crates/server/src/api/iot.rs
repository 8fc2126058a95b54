//! AWS IoT: things, certificates, policies, role aliases (restJson1).

pub mod ca_certificate;
pub mod certificate;
pub mod endpoint;
pub mod error;
mod paging;
pub mod policy;
pub mod role_alias;
pub mod thing;
pub mod thing_type;

use std::sync::LazyLock;

use crate::api::dispatch::RestRow;

/// The operations of the service.
pub static OPERATIONS: LazyLock<Vec<RestRow>> = LazyLock::new(|| {
    [
        ca_certificate::rows(),
        certificate::rows(),
        endpoint::rows(),
        policy::rows(),
        role_alias::rows(),
        thing::rows(),
        thing_type::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
});
