//! The first start makes what Thingpass needs, every further one finds it again.

mod account;

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use thingpass_domain::account::Account;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::clock::Clock;
use thingpass_domain::directory::Directory;
use thingpass_domain::entropy::{self, Entropy};
use thingpass_domain::error::Error;
use thingpass_domain::key_ring::{KEY_BYTES, KeyRing, RootKey, new_ring_key};
use thingpass_domain::store::Store;
use thingpass_store::{Options, SqliteStore};
use zeroize::Zeroizing;

use crate::api::endpoint::Endpoints;
use crate::api::operation::Context;
use crate::config::Config;
use crate::data_dir::{DataDir, DataDirFault, Lock};
use crate::names;
use crate::service_ca::{self, ServiceCa, ServiceCaFault};

/// File of the administrator's access key.
pub const ADMINISTRATOR_FILE: &str = "administrator.json";
/// File of the key that protects all others.
const ROOT_KEY_FILE: &str = "root.key";

/// Why the daemon cannot start: one line, what, where and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum BootFault {
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirFault),
    /// The registry.
    #[error("registry: {0}")]
    Store(#[from] thingpass_store::OpenError),
    /// Something that the registry holds.
    #[error("{0}")]
    Registry(String),
    /// The certificates of the daemon itself.
    #[error(transparent)]
    ServiceCa(#[from] ServiceCaFault),
}

impl From<Error> for BootFault {
    fn from(error: Error) -> Self {
        Self::Registry(
            error
                .inside()
                .map_or_else(|| error.to_string(), str::to_owned),
        )
    }
}

/// The administrator's access key as the data directory keeps it.
#[derive(Serialize, Deserialize)]
pub struct Administrator {
    /// `AKIA…`
    pub access_key_id: String,
    /// Forty characters.
    pub secret_access_key: Zeroizing<String>,
}

impl std::fmt::Debug for Administrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Administrator")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Everything that the doors stand on.
#[derive(Debug)]
pub struct Booted {
    /// What operations work with.
    pub context: Arc<Context>,
    /// The account that answers where no name tells another.
    pub account: Account,
    /// The daemon's own certificates.
    pub service_ca: ServiceCa,
    /// The directory.
    pub data_dir: DataDir,
    _lock: Lock,
}

/// Opens or makes the data directory and all that is in it but the tables. Devices are told
/// `device_port` where it is not 443.
///
/// # Errors
/// [`BootFault`].
pub async fn boot(
    config: &Config,
    device_port: u16,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Booted, BootFault> {
    let data_dir = DataDir::create(&config.data_dir)?;
    let lock = data_dir.lock()?;
    let root_key = root_key(&data_dir, &*entropy)?;
    let opened = SqliteStore::open(&data_dir.database(), Options::default()).await?;
    let store: Arc<dyn Store> = Arc::new(opened);
    let account = match account::standing(&*store, config).await? {
        Some(account) => account,
        None => account::make(&*store, config, &data_dir, &root_key, &*clock, &*entropy).await?,
    };
    let key_ring = open_key_ring(&*store, &root_key, &*clock, &*entropy).await?;
    let service_ca = ServiceCa::open(&data_dir, &*clock, &*entropy)?;
    let device_authority = service_ca::device_authority(&data_dir, &*clock, &*entropy)?;
    let home = AccountRegion {
        account: account.id.clone(),
        region: config.region.clone(),
    };
    let credential_provider = names::credentials_endpoint(config, &account, device_port);
    let context = Context {
        home,
        directory: Arc::new(Directory::new(Arc::clone(&store))),
        store,
        clock,
        entropy,
        root_key: Arc::new(root_key),
        key_ring: Arc::new(ArcSwap::from_pointee(key_ring)),
        device_authority: Arc::new(device_authority),
        endpoints: Endpoints {
            credential_provider,
        },
    };
    Ok(Booted {
        context: Arc::new(context),
        account,
        service_ca,
        data_dir,
        _lock: lock,
    })
}

/// Opens the key ring, with a first key where there is none.
///
/// # Errors
/// [`Error`], where a key does not open under the root key.
pub async fn open_key_ring(
    store: &dyn Store,
    root_key: &RootKey,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<KeyRing, Error> {
    let mut keys = store.ring_keys().await?;
    if keys.is_empty() {
        let key = new_ring_key(None, root_key, entropy, clock.now())?;
        store.add_ring_key(key.clone()).await?;
        keys.push(key);
    }
    KeyRing::open(&keys, root_key)
}

/// Reads the root key of an existing data directory.
///
/// # Errors
/// [`BootFault`] where it is not there or is none.
pub fn read_root_key(data_dir: &DataDir) -> Result<RootKey, BootFault> {
    match data_dir.read(ROOT_KEY_FILE)? {
        Some(bytes) => parse_root_key(data_dir, &bytes),
        None => {
            let text = format!(
                "`{ROOT_KEY_FILE}` is missing, and without it nothing in `thingpass.db` can be \
                 opened: put it back from your backup"
            );
            Err(data_dir.fault(text).into())
        }
    }
}

fn root_key(data_dir: &DataDir, entropy: &dyn Entropy) -> Result<RootKey, BootFault> {
    // A root key is made before the registry is, and never for a registry that stands.
    if data_dir.database().exists() {
        return read_root_key(data_dir);
    }
    if let Some(bytes) = data_dir.read(ROOT_KEY_FILE)? {
        return parse_root_key(data_dir, &bytes);
    }
    let bytes = Zeroizing::new(entropy::bytes::<KEY_BYTES>(entropy).map_err(Error::from)?);
    let text = Zeroizing::new(data_encoding::HEXLOWER.encode(bytes.as_ref()));
    data_dir.write(ROOT_KEY_FILE, text.as_bytes())?;
    Ok(RootKey::new(&bytes)?)
}

fn parse_root_key(data_dir: &DataDir, text: &[u8]) -> Result<RootKey, BootFault> {
    let decoded = data_encoding::HEXLOWER
        .decode(text.trim_ascii())
        .map(Zeroizing::new)
        .ok();
    let bytes = decoded
        .as_ref()
        .and_then(|bytes| bytes.as_slice().try_into().ok());
    match bytes {
        Some(bytes) => Ok(RootKey::new(bytes)?),
        None => {
            let text = format!("`{ROOT_KEY_FILE}` is not 64 hexadecimal digits");
            Err(data_dir.fault(text).into())
        }
    }
}
