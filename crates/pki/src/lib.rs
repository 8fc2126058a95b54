//! X.509 for Thingpass: read, fingerprint, issue and verify certificates, and load private keys.
//!
//! Bytes from devices and operators come in here first, so nothing in this crate trusts its input:
//! what cannot be read completely is refused, and no input makes it panic.

mod alternative_names;
mod certificate;
pub mod chain;
pub mod csr;
mod der;
mod error;
mod fingerprint;
pub mod issue;
pub mod key;
pub mod limits;
mod name;
mod pem;
mod public_key;
mod signature;

pub use alternative_names::AlternativeNames;
pub use certificate::Certificate;
pub use error::Error;
pub use fingerprint::fingerprint;
pub use name::{DistinguishedName, DnAttribute};
pub use public_key::subject_public_key_info;
