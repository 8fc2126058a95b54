//! Where private keys come from.

pub mod file;
