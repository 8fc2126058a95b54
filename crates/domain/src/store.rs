//! The store, as the rest of the house sees it: one trait a noun, and [`Store`] for all of them.
//!
//! Reads answer `Result<Option<T>>`. A write is one transaction, retried by the store where the
//! engine asks for it, durable when it returns, and visible to [`Lookup`] before it returns.

use async_trait::async_trait;

use crate::access_key::AccessKeyStore;
use crate::account::AccountStore;
use crate::ca_certificate::CaCertificateStore;
use crate::certificate::CertificateStore;
use crate::error::Error;
use crate::iot_policy::IotPolicyStore;
use crate::key_ring::KeyRingStore;
use crate::lookup::Lookup;
use crate::managed_policy::{InlinePolicyStore, ManagedPolicyStore};
use crate::role::RoleStore;
use crate::role_alias::RoleAliasStore;
use crate::thing::ThingStore;
use crate::thing_type::ThingTypeStore;
use crate::user::UserStore;

/// Everything that Thingpass keeps, but for the tables.
#[async_trait]
pub trait Store:
    AccountStore
    + ThingTypeStore
    + ThingStore
    + CertificateStore
    + CaCertificateStore
    + IotPolicyStore
    + RoleAliasStore
    + UserStore
    + AccessKeyStore
    + RoleStore
    + ManagedPolicyStore
    + InlinePolicyStore
    + KeyRingStore
    + Lookup
    + Send
    + Sync
{
    /// Reads the change feed as other processes wrote it and moves [`Lookup::revision`] on where
    /// it grew; called every few hundred milliseconds.
    async fn follow_changes(&self) -> Result<(), Error>;

    /// Writes what is pending and closes; nothing may be asked afterwards.
    async fn close(&self);
}
