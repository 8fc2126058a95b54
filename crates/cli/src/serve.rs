//! `thingpass serve`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use thingpass_domain::clock::SystemClock;
use thingpass_domain::entropy::SystemEntropy;
use thingpass_server::config::{Config, DEFAULT_API_LISTEN, DEFAULT_DEVICE_LISTEN, Overrides};
use thingpass_server::serve::{Endpoints, ServeFault, serve};
use tokio::signal::unix::{SignalKind, signal};

use crate::{Failure, logging, runtime, say};

/// The data directory is made on the first start; back it up whole, `root.key` first of all.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of everything that is kept; made if it is not there
    #[arg(long, value_name = "DIR", env = "THINGPASS_DATA_DIR")]
    data_dir: PathBuf,
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "THINGPASS_CONFIG")]
    config: Option<PathBuf>,
    /// Address of the signed services
    #[arg(long, value_name = "ADDR", help = format!("Address of the signed services [default: {DEFAULT_API_LISTEN}]"))]
    api_listen: Option<String>,
    /// Address of the credentials endpoint
    #[arg(long, value_name = "ADDR", help = format!("Address of the credentials endpoint for devices [default: {DEFAULT_DEVICE_LISTEN}]"))]
    device_listen: Option<String>,
    /// Log as JSON
    #[arg(long)]
    log_json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let overrides = Overrides {
        api_listen: arguments.api_listen.clone(),
        device_listen: arguments.device_listen.clone(),
    };
    let config = Config::read(&arguments.data_dir, arguments.config.as_deref(), &overrides)
        .map_err(Failure::usage)?;
    logging::begin("info,sqlx=warn", arguments.log_json);
    runtime()?.block_on(async {
        let stop = stop_signal()?;
        let data_dir = config.data_dir.clone();
        let ready = |endpoints: &Endpoints| {
            let _ = say(&announcement(endpoints, &data_dir.display().to_string()));
        };
        serve(
            config,
            Arc::new(SystemClock),
            Arc::new(SystemEntropy),
            ready,
            stop,
        )
        .await
        .map_err(failure)
    })
}

/// What the operator can mend on the command line or in files is exit code 2.
pub(crate) fn failure(fault: ServeFault) -> Failure {
    match fault {
        ServeFault::Boot(_) | ServeFault::Listen { .. } => Failure::usage(fault),
        ServeFault::Tls(_) | ServeFault::AuditLog { .. } | ServeFault::Tables(_) => {
            Failure::failed(fault)
        }
    }
}

fn announcement(endpoints: &Endpoints, data_dir: &str) -> String {
    let Endpoints {
        api,
        device,
        region,
        account,
        ca,
    } = endpoints;
    format!(
        "thingpass is ready\n\
         \x20 account    {account} in {region}\n\
         \x20 services   {api}\n\
         \x20 devices    https://{device}\n\
         \x20 trust      {ca}\n\
         Point a shell at it with: eval \"$(thingpass env --data-dir {data_dir})\""
    )
}

/// Resolves at SIGTERM or SIGINT.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
