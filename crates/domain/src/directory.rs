//! The registry as the two doors read it: [`Lookup`]'s answers, made ready for use (policies
//! parsed) and kept in bounded caches.
//!
//! An answer is kept with the revision that stood *before* it was read and is used only while that
//! is still the revision, so a change is seen by the first request after it was answered.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use quick_cache::sync::Cache;
use thingpass_policy::{Context, Grammar};
use time::OffsetDateTime;

use crate::certificate::CertificateStatus;
use crate::error::Error;
use crate::id::{
    AccessKeyId, AccountId, CertificateId, RoleAliasName, RoleName, ThingName, UniqueId,
};
use crate::lookup::{AccessKeyRecord, DeviceRecord, EntityPolicies, Lookup, RoleRecord};
use crate::policy_set::PolicySet;
use crate::role::Role;
use crate::role_alias::RoleAlias;
use crate::store::Store;
use crate::thing::Thing;

/// Answers kept of each kind.
const CACHE_ENTRIES: usize = 20_000;

/// A device certificate, ready for the vend.
#[derive(Debug)]
pub struct Device {
    /// Its state.
    pub status: CertificateStatus,
    /// From the certificate.
    pub not_before: OffsetDateTime,
    /// From the certificate.
    pub not_after: OffsetDateTime,
    /// The IoT policies attached to it.
    pub policies: PolicySet,
    /// What the certificate itself puts into the context of their evaluation.
    pub context: Context,
}

/// The policies of a user or role, ready for evaluation.
#[derive(Debug, Default)]
pub struct ReadyPolicies {
    /// Inline and managed together.
    pub identity: PolicySet,
    /// The boundary; an empty set, which allows nothing, where the policy is gone.
    pub boundary: Option<PolicySet>,
}

/// A role, ready for the vend and for authorisation.
#[derive(Debug)]
pub struct ReadyRole {
    /// The role.
    pub role: Role,
    /// Its ARN.
    pub arn: String,
    /// Who may assume it.
    pub trust: PolicySet,
    /// What it may do.
    pub policies: Arc<ReadyPolicies>,
}

/// A user's access key, ready for authentication.
#[derive(Debug)]
pub struct ReadyAccessKey {
    /// As the store has it.
    pub record: AccessKeyRecord,
    /// What the user may do.
    pub policies: Arc<ReadyPolicies>,
}

/// The registry, read through caches.
pub struct Directory {
    store: Arc<dyn Store>,
    devices: Kept<(AccountId, CertificateId), Device>,
    things: Kept<(AccountId, CertificateId, ThingName), Thing>,
    aliases: Kept<(AccountId, RoleAliasName), RoleAlias>,
    roles_by_name: Kept<(AccountId, RoleName), ReadyRole>,
    roles_by_id: Kept<(AccountId, UniqueId), ReadyRole>,
    access_keys: Kept<AccessKeyId, ReadyAccessKey>,
}

impl Directory {
    /// The directory over a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            devices: Kept::new(),
            things: Kept::new(),
            aliases: Kept::new(),
            roles_by_name: Kept::new(),
            roles_by_id: Kept::new(),
            access_keys: Kept::new(),
        }
    }

    /// A device certificate.
    pub fn device(
        &self,
        account: &AccountId,
        id: CertificateId,
    ) -> Result<Option<Arc<Device>>, Error> {
        let store = &*self.store;
        self.devices.read(store, (account.clone(), id), || {
            store
                .device(account, &id)?
                .map(|record| ready_device(id, &record))
                .transpose()
        })
    }

    /// A thing, if the certificate is attached to it.
    pub fn attached_thing(
        &self,
        account: &AccountId,
        id: CertificateId,
        thing: &ThingName,
    ) -> Result<Option<Arc<Thing>>, Error> {
        let store = &*self.store;
        self.things
            .read(store, (account.clone(), id, thing.clone()), || {
                store.attached_thing(account, &id, thing)
            })
    }

    /// A role alias.
    pub fn role_alias(
        &self,
        account: &AccountId,
        name: &RoleAliasName,
    ) -> Result<Option<Arc<RoleAlias>>, Error> {
        let store = &*self.store;
        let key = (account.clone(), name.clone());
        self.aliases
            .read(store, key, || Lookup::role_alias(store, account, name))
    }

    /// A role by name.
    pub fn role_by_name(
        &self,
        account: &AccountId,
        name: &RoleName,
    ) -> Result<Option<Arc<ReadyRole>>, Error> {
        let store = &*self.store;
        self.roles_by_name
            .read(store, (account.clone(), name.clone()), || {
                Ok(store
                    .role_by_name(account, name)?
                    .map(|record| ready_role(account, record)))
            })
    }

    /// A role by unique id.
    pub fn role_by_id(
        &self,
        account: &AccountId,
        id: &UniqueId,
    ) -> Result<Option<Arc<ReadyRole>>, Error> {
        let store = &*self.store;
        self.roles_by_id
            .read(store, (account.clone(), id.clone()), || {
                Ok(store
                    .role_by_id(account, id)?
                    .map(|record| ready_role(account, record)))
            })
    }

    /// A long-term access key.
    pub fn access_key(&self, id: &AccessKeyId) -> Result<Option<Arc<ReadyAccessKey>>, Error> {
        let store = &*self.store;
        self.access_keys.read(store, id.clone(), || {
            Ok(store.access_key(id)?.map(|record| {
                let policies = Arc::new(ready_policies(&record.policies));
                ReadyAccessKey { record, policies }
            }))
        })
    }

    /// The managed policies named beside a session policy; with one that is gone everything is
    /// denied, since what it would have denied is not known.
    pub fn managed_policies(
        &self,
        account: &AccountId,
        arns: &[String],
    ) -> Result<PolicySet, Error> {
        let mut set = PolicySet::default();
        for arn in arns {
            match Lookup::managed_policy(&*self.store, account, arn)? {
                Some(policy) => set.extend(PolicySet::parse([&policy], Grammar::Identity)),
                None => set.extend(PolicySet::gone(arn)),
            }
        }
        Ok(set)
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Directory(..)")
    }
}

struct Kept<K, V>(Cache<K, (u64, Option<Arc<V>>)>);

impl<K: Hash + Eq + Clone, V> Kept<K, V> {
    fn new() -> Self {
        Self(Cache::new(CACHE_ENTRIES))
    }

    fn read(
        &self,
        store: &dyn Store,
        key: K,
        load: impl FnOnce() -> Result<Option<V>, Error>,
    ) -> Result<Option<Arc<V>>, Error> {
        // INVARIANT: the revision is taken before the read, never after.
        let revision = store.revision();
        if let Some((seen, value)) = self.0.get(&key)
            && seen == revision
        {
            return Ok(value);
        }
        let value = load()?.map(Arc::new);
        self.0.insert(key, (revision, value.clone()));
        Ok(value)
    }
}

fn ready_device(id: CertificateId, record: &DeviceRecord) -> Result<Device, Error> {
    let certificate = thingpass_pki::Certificate::from_pem(&record.pem)
        .map_err(|error| Error::internal(format!("certificate `{id}` in the store: {error}")))?;
    let mut context = Context::new();
    context.insert("iot:certificateid", id.to_string());
    let policies = PolicySet::parse(&record.policies, Grammar::Iot);
    // Most policies name nothing of the certificate: then nothing of it is carried along.
    if policies.names_key_under("iot:Certificate.") {
        crate::certificate_context::insert(&mut context, &certificate);
    }
    Ok(Device {
        status: record.status,
        not_before: record.not_before,
        not_after: record.not_after,
        policies,
        context,
    })
}

fn ready_role(account: &AccountId, record: RoleRecord) -> ReadyRole {
    let arn = record.role.arn(account);
    let trust = PolicySet::parse_one("trust policy", &record.role.trust_policy, Grammar::Trust);
    let policies = Arc::new(ready_policies(&record.policies));
    ReadyRole {
        role: record.role,
        arn,
        trust,
        policies,
    }
}

fn ready_policies(policies: &EntityPolicies) -> ReadyPolicies {
    let boundary = policies
        .boundary
        .as_ref()
        .map(|boundary| PolicySet::parse(boundary.as_slice(), Grammar::Identity));
    ReadyPolicies {
        identity: PolicySet::parse(&policies.identity, Grammar::Identity),
        boundary,
    }
}

/// Attributes as policy variables: `iot:Connection.Thing.Attributes[NAME]`.
pub(crate) fn attribute_keys(
    attributes: &BTreeMap<crate::id::AttributeName, crate::id::AttributeValue>,
) -> impl Iterator<Item = (String, &str)> {
    attributes.iter().map(|(name, value)| {
        (
            format!("iot:Connection.Thing.Attributes[{name}]"),
            value.as_str(),
        )
    })
}
