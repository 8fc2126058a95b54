//! What Thingpass means: the registry's nouns, sessions and sealed tokens, the vend and authorise
//! pipelines, audit events, and the store as a trait. No sockets and no SQL.

pub mod access_key;
pub mod account;
pub mod arn;
pub mod assume_role;
pub mod audit;
pub mod authorize;
pub mod ca_certificate;
pub mod caller;
pub mod certificate;
mod certificate_context;
pub mod clock;
pub mod directory;
pub mod entropy;
pub mod error;
pub mod id;
pub mod iot_policy;
pub mod key_ring;
pub mod lookup;
pub mod managed_policy;
pub mod page;
pub mod policy_set;
pub mod quota;
mod request_context;
pub mod role;
pub mod role_alias;
pub mod session;
pub mod store;
pub mod thing;
pub mod thing_type;
pub mod token;
pub mod trust;
pub mod user;
pub mod vend;
