//! What goes on beside the requests: following other processes' changes, rotating the key ring,
//! renewing the server certificate.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use thingpass_domain::error::Error;
use thingpass_domain::key_ring::{KeyRing, new_ring_key, superseded};

use crate::boot::Booted;
use crate::config::Config;
use crate::listen::tls::CurrentCertificate;
use crate::names;

/// How soon another process's change is seen.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// How often the slow work is looked at, in turns of [`FOLLOW_EVERY`].
const TURNS_BETWEEN_ROUNDS: u32 = 4 * 60;

/// Goes on until `stop` resolves.
pub async fn run(
    config: Config,
    booted: Booted,
    certificate: Arc<CurrentCertificate>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    let mut turns = tokio::time::interval(FOLLOW_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut turn = 0_u32;
    let mut ring_revision = booted.context.store.revision();
    loop {
        tokio::select! {
            _ = turns.tick() => {}
            () = &mut stop => return,
        }
        report(
            "following changes",
            booted.context.store.follow_changes().await,
        );
        turn = turn.wrapping_add(1);
        if turn.is_multiple_of(TURNS_BETWEEN_ROUNDS) {
            report("rotating the key ring", rotate(&config, &booted).await);
            renew(&config, &booted, &certificate);
        }
        let revision = booted.context.store.revision();
        if revision != ring_revision {
            let reloaded = reload(&booted).await;
            if reloaded.is_ok() {
                ring_revision = revision;
            }
            report("reading the key ring", reloaded);
        }
    }
}

fn report(what: &str, outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::error!(inside = error.inside(), %error, "{what} failed");
    }
}

/// Adds a key when the newest is old enough, and drops those that no live session can need.
async fn rotate(config: &Config, booted: &Booted) -> Result<(), Error> {
    let context = &booted.context;
    let now = context.clock.now();
    let keys = context.store.ring_keys().await?;
    let age = time::Duration::hours(i64::from(config.key_ring.rotate_after_hours));
    if let Some(newest) = keys.last()
        && now - newest.created_at >= age
    {
        let key = new_ring_key(Some(newest.id), &context.root_key, &*context.entropy, now)?;
        context.store.add_ring_key(key).await?;
    }
    for id in superseded(&keys, now) {
        context.store.delete_ring_key(id).await?;
    }
    Ok(())
}

async fn reload(booted: &Booted) -> Result<(), Error> {
    let context = &booted.context;
    let keys = context.store.ring_keys().await?;
    context
        .key_ring
        .store(Arc::new(KeyRing::open(&keys, &context.root_key)?));
    Ok(())
}

fn renew(config: &Config, booted: &Booted, certificate: &CurrentCertificate) {
    let names = names::certificate_names(config);
    let (clock, entropy) = (&*booted.context.clock, &*booted.context.entropy);
    let identity = booted
        .service_ca
        .server_identity(&booted.data_dir, &names, clock, entropy);
    match identity.map(|identity| certificate.replace(&identity)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "renewing the server certificate failed"),
        Err(error) => tracing::error!(%error, "renewing the server certificate failed"),
    }
}
