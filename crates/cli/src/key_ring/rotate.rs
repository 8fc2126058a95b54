//! `thingpass key-ring rotate`

use std::path::PathBuf;

use clap::Args;
use thingpass_domain::clock::{Clock, SystemClock};
use thingpass_domain::entropy::SystemEntropy;
use thingpass_domain::error::Error;
use thingpass_domain::key_ring::{KeyRingStore, new_ring_key};
use thingpass_domain::store::Store;
use thingpass_server::boot::read_root_key;
use thingpass_server::data_dir::DataDir;
use thingpass_store::{Options, SqliteStore};

use crate::{Failure, runtime, say};

/// A running daemon takes the new key up within a second. The daemon rotates by itself too
/// (`key_ring.rotate_after_hours`).
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the daemon
    #[arg(long, value_name = "DIR", env = "THINGPASS_DATA_DIR")]
    data_dir: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let data_dir = DataDir::open(&arguments.data_dir).map_err(Failure::usage)?;
    let root_key = read_root_key(&data_dir).map_err(Failure::usage)?;
    runtime()?.block_on(async {
        let store = SqliteStore::open(&data_dir.database(), Options::default())
            .await
            .map_err(Failure::usage)?;
        let rotated = async {
            let newest = store.ring_keys().await?.last().map(|key| key.id);
            let key = new_ring_key(newest, &root_key, &SystemEntropy, SystemClock.now())?;
            let id = key.id;
            store.add_ring_key(key).await?;
            Ok::<u32, Error>(id)
        };
        let outcome = rotated.await;
        store.close().await;
        let id = outcome.map_err(|error| {
            Failure::failed(
                error
                    .inside()
                    .map_or_else(|| error.to_string(), str::to_owned),
            )
        })?;
        say(&format!("key {id} seals new session tokens from now on"))
    })
}
