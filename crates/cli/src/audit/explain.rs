//! `thingpass audit explain`

use std::path::PathBuf;

use clap::Args;
use thingpass_server::audit_log;
use thingpass_server::data_dir::DataDir;

use crate::{Failure, say};

/// The request id is in the answer's header `x-amzn-RequestId`; the AWS CLI shows it with --debug.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Request id, as the client was told
    #[arg(value_name = "REQUEST-ID")]
    request_id: String,
    /// Directory of the daemon
    #[arg(long, value_name = "DIR", env = "THINGPASS_DATA_DIR")]
    data_dir: PathBuf,
    /// Print the events as they stand in the log (JSON)
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let data_dir = DataDir::open(&arguments.data_dir).map_err(Failure::usage)?;
    let path = data_dir.audit_log();
    let id = arguments.request_id.trim();
    let events = audit_log::find(&path, id)
        .map_err(|error| Failure::failed(format!("audit log `{}`: {error}", path.display())))?;
    if events.is_empty() {
        return Err(Failure::failed(format!(
            "no decision about request `{id}` in `{}`: either it is not the id of a request to \
             this daemon, or nothing was decided, as when a device asks for another path than \
             `/role-aliases/ALIAS/credentials` (404) or with another method than GET (405)",
            path.display()
        )));
    }
    for event in events {
        let text = if arguments.json {
            serde_json::to_string(&event).map_err(Failure::failed)?
        } else {
            event.to_string()
        };
        say(&text)?;
    }
    Ok(())
}
