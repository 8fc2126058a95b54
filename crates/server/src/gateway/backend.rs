//! What stands behind the gateway.

pub mod embedded;
