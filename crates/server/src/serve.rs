//! The daemon from start to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thingpass_domain::audit::AuditLog;
use thingpass_domain::caller::CallerDirectory;
use thingpass_domain::clock::Clock;
use thingpass_domain::entropy::Entropy;
use thingpass_domain::vend::CredentialsProvider;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::audit_log::FileAuditLog;
use crate::body::{AnswerMemory, BodyReader};
use crate::boot::{BootFault, Booted, boot};
use crate::config::{Config, Limits};
use crate::data_dir::{DataDir, DataDirFault};
use crate::device::credentials::CredentialsEndpoint;
use crate::device::verifier::PossessionVerifier;
use crate::gateway::Tables;
use crate::listen::{self, listen, tls};
use crate::names::{self, DeviceNames};
use crate::service_ca::SERVICE_CA_FILE;
use crate::signed::chain::ServiceDoor;
use crate::signed::signing_keys::SigningKeys;
use crate::upkeep;

/// File descriptors that the registry, the tables and the logs need.
const DESCRIPTORS_KEPT: usize = 128;

/// File that tells where the doors are.
const ENDPOINTS_FILE: &str = "endpoints.json";

/// Why the daemon did not start or did not go on: one line, what, where and how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    /// At the start.
    #[error(transparent)]
    Boot(#[from] BootFault),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] tls::TlsFault),
    /// An address.
    #[error("cannot listen on {address}: {error}; choose another address with --{option}")]
    Listen {
        /// Which one.
        option: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The audit log.
    #[error("audit log `{path}`: {error}")]
    AuditLog {
        /// Where it is.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The tables.
    #[error("tables: {0}")]
    Tables(String),
}

impl From<DataDirFault> for ServeFault {
    fn from(fault: DataDirFault) -> Self {
        Self::Boot(fault.into())
    }
}

/// Where the doors are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// URL of the signed services.
    pub api: String,
    /// Host and port of the credentials endpoint.
    pub device: String,
    /// The region.
    pub region: String,
    /// The account.
    pub account: String,
    /// File of the CA that clients trust.
    pub ca: String,
}

impl Endpoints {
    /// Those that the last start on this directory wrote down.
    ///
    /// # Errors
    /// [`DataDirFault`] where there was none.
    pub fn read(data_dir: &DataDir) -> Result<Self, DataDirFault> {
        let json = data_dir.read(ENDPOINTS_FILE)?;
        json.and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| {
                data_dir.fault(format!(
                "`{ENDPOINTS_FILE}` is missing: start the daemon with `thingpass serve --data-dir \
                 {}`",
                data_dir.path().display()
            ))
            })
    }
}

/// Runs the daemon: calls `ready` once both doors are open, stops when `stop` resolves and what is
/// in flight has been answered.
///
/// # Errors
/// [`ServeFault`].
pub async fn serve(
    mut config: Config,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ready: impl FnOnce(&Endpoints),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeFault> {
    config.limits.max_connections = connections_possible(&config.limits);
    let api = bind("api-listen", config.api_listen).await?;
    let device = bind("device-listen", config.device_listen).await?;
    let (api_port, device_port) = (port(&api), port(&device));
    let booted = boot(&config, device_port, clock, entropy).await?;
    let context = Arc::clone(&booted.context);
    let endpoints = endpoints(&config, &booted, api_port);
    let json = serde_json::to_vec_pretty(&endpoints).unwrap_or_default();
    booted.data_dir.write(ENDPOINTS_FILE, &json)?;

    let certificate = Arc::new(server_certificate(&config, &booted)?);
    let audit = audit_log(&config, &booted.data_dir.audit_log())?;
    let tables = Tables::open(&booted.data_dir.tables(), context.home.clone())
        .map_err(|error| ServeFault::Tables(error.to_string()))?;
    let tables = Arc::new(tables);
    let device_door = Arc::new(device_door(&config, &booted, Arc::clone(&audit)));
    let service_door = Arc::new(service_door(&config, &booted, audit, Arc::clone(&tables)));
    let verifier = PossessionVerifier::new(&tls::provider());
    let device_tls = tls::device(Arc::clone(&certificate), verifier)?;
    let service_tls = tls::service(Arc::clone(&certificate))?;

    let (stop_doors, stopped) = watch::channel(false);
    let limits = config.limits.clone();
    let doors = [
        tokio::spawn(listen(
            device,
            device_tls,
            device_door,
            limits.clone(),
            wait(&stopped),
        )),
        tokio::spawn(listen(
            api,
            service_tls,
            service_door,
            limits,
            wait(&stopped),
        )),
    ];
    let upkeep = tokio::spawn(upkeep::run(config, booted, certificate, wait(&stopped)));
    ready(&endpoints);
    stop.await;
    tracing::info!("stopping: requests in flight are finished first");
    stop_doors.send_replace(true);
    for door in doors {
        // A panic in the accept loop is logged by the runtime; the rest still stops in order.
        let _ = door.await;
    }
    let _ = upkeep.await;
    tables.close().await;
    context.store.close().await;
    Ok(())
}

/// Connections that each door can hold with the file descriptors that the system gives: running out
/// of them would take the audit log and the registry along.
fn connections_possible(limits: &Limits) -> usize {
    let wanted = limits.max_connections;
    let available = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(descriptors) => usize::try_from(descriptors).unwrap_or(usize::MAX),
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be read");
            return wanted;
        }
    };
    let possible = available.saturating_sub(DESCRIPTORS_KEPT) / 2;
    // Nobody who said nothing is told that the system allows less than the most.
    if possible < wanted && !limits.has_default_connections() {
        tracing::warn!(
            "limits.max_connections is {wanted}, but {available} open files allow {possible} at each \
             door: raise the limit of open files (`ulimit -n`, LimitNOFILE=)"
        );
    }
    wanted.min(possible.max(1))
}

fn wait(stopped: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + use<> {
    let mut stopped = stopped.clone();
    async move {
        // An error means that the sender is gone, which is a stop too.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }
}

async fn bind(option: &'static str, address: SocketAddr) -> Result<TcpListener, ServeFault> {
    listen::bind(address)
        .await
        .map_err(|error| ServeFault::Listen {
            option,
            address,
            error,
        })
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().map_or(0, |address| address.port())
}

fn endpoints(config: &Config, booted: &Booted, api_port: u16) -> Endpoints {
    let host = match config.api_listen.ip() {
        ip if ip.is_loopback() || ip.is_unspecified() => "localhost".to_owned(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        std::net::IpAddr::V4(ip) => ip.to_string(),
    };
    let ca = booted.data_dir.path().join(SERVICE_CA_FILE);
    let ca = std::path::absolute(&ca).unwrap_or(ca);
    let device = &booted.context.endpoints.credential_provider;
    let has_port = device.contains(':');
    Endpoints {
        api: format!("https://{host}:{api_port}"),
        device: if has_port {
            device.clone()
        } else {
            format!("{device}:443")
        },
        region: config.region.to_string(),
        account: booted.account.id.to_string(),
        ca: ca.display().to_string(),
    }
}

fn server_certificate(
    config: &Config,
    booted: &Booted,
) -> Result<tls::CurrentCertificate, ServeFault> {
    let names = names::certificate_names(config);
    let (clock, entropy) = (&*booted.context.clock, &*booted.context.entropy);
    let identity = booted
        .service_ca
        .server_identity(&booted.data_dir, &names, clock, entropy)
        .map_err(BootFault::from)?;
    Ok(tls::CurrentCertificate::new(&identity)?)
}

fn audit_log(config: &Config, path: &Path) -> Result<Arc<dyn AuditLog>, ServeFault> {
    let opened = FileAuditLog::open(
        path,
        config.audit.max_file_bytes,
        config.audit.max_old_files,
    );
    match opened {
        Ok(log) => Ok(Arc::new(log)),
        Err(error) => Err(ServeFault::AuditLog {
            path: path.display().to_string(),
            error,
        }),
    }
}

fn device_door(config: &Config, booted: &Booted, audit: Arc<dyn AuditLog>) -> CredentialsEndpoint {
    let context = &booted.context;
    CredentialsEndpoint {
        home: context.home.clone(),
        names: DeviceNames::of(config, &booted.account),
        provider: CredentialsProvider::new(
            Arc::clone(&context.directory),
            Arc::clone(&context.key_ring),
            Arc::clone(&context.entropy),
        ),
        audit,
        clock: Arc::clone(&context.clock),
        entropy: Arc::clone(&context.entropy),
    }
}

fn service_door(
    config: &Config,
    booted: &Booted,
    audit: Arc<dyn AuditLog>,
    tables: Arc<Tables>,
) -> ServiceDoor {
    let context = &booted.context;
    let limits = &config.limits;
    let (bodies, table_bodies) = shares(limits.body_memory_bytes);
    let (answers, table_answers) = shares(limits.answer_memory_bytes);
    ServiceDoor {
        context: Arc::clone(context),
        callers: CallerDirectory::new(
            Arc::clone(&context.directory),
            Arc::clone(&context.key_ring),
            Arc::clone(&context.root_key),
            Arc::clone(&context.clock),
        ),
        signing_keys: SigningKeys::default(),
        tables,
        audit,
        bodies: BodyReader::new(bodies, limits.body_timeout_seconds),
        table_bodies: BodyReader::new(table_bodies, limits.body_timeout_seconds),
        answers: AnswerMemory::new(answers),
        table_answers: AnswerMemory::new(table_answers),
    }
}

/// What the control plane gets of memory, and what the tables get.
fn shares(bytes: u32) -> (u32, u32) {
    let quarter = bytes / 4;
    (quarter, bytes - quarter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MEMORY_BYTES_MIN;
    use crate::signed::route::Service;

    #[test]
    fn the_least_memory_holds_the_largest_body_of_every_service() {
        let least = u32::try_from(MEMORY_BYTES_MIN).unwrap();
        let (control_plane, tables) = shares(least);
        for service in [Service::Iot, Service::Iam, Service::Sts] {
            assert!(usize::try_from(control_plane).unwrap() >= service.body_bytes_max());
        }
        assert!(usize::try_from(tables).unwrap() >= Service::DynamoDb.body_bytes_max());
    }
}
