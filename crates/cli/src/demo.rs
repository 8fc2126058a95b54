//! `thingpass demo`: the story of a thermostat, told against a daemon of its own.
//!
//! Begin to read in `story.rs`: every step there stands with the AWS CLI command that does the same.

mod call;
mod client;
mod command;
mod daemon;
mod folder;
mod keys;
mod place;
mod second_shell;
mod shorten;
mod step;
mod story;
mod terminal;

use std::net::TcpListener;
use std::path::PathBuf;
use std::pin::Pin;

use clap::Args;
use thingpass_server::config::{Config, DEFAULT_API_LISTEN, DEFAULT_DEVICE_LISTEN, Overrides};
use thingpass_server::data_dir::DataDir;

use crate::env::{exports, quote};
use crate::serve::stop_signal;
use crate::{Failure, logging, runtime, say};
use command::{aws, shell};
use daemon::Daemon;
use folder::{CERTIFICATE_ARN_FILE, FOLDER};
use place::Place;
use story::{Story, THING};
use terminal::{Terminal, note};

/// Any free port of this machine.
const ANY_PORT: &str = "127.0.0.1:0";

/// Nothing of it touches anything but its own directory and two ports of this machine.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// End after the story: exit code 0, or 1 if any step went otherwise
    #[arg(long)]
    once: bool,
    /// An empty directory for the demo, which stays [default: a new one, removed at the end]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Keep the directory that the demo makes
    #[arg(long)]
    keep: bool,
    /// Address of the signed services
    #[arg(long, value_name = "ADDR", help = format!("Address of the signed services [default: {DEFAULT_API_LISTEN}, or any free port]"))]
    api_listen: Option<String>,
    /// Address of the credentials endpoint
    #[arg(long, value_name = "ADDR", help = format!("Address of the credentials endpoint for devices [default: {DEFAULT_DEVICE_LISTEN}, or any free port]"))]
    device_listen: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let runtime = runtime()?;
    // Before anything is made, so that Ctrl-C never leaves it behind.
    let stop = {
        let _within = runtime.enter();
        stop_signal()?
    };
    let place = Place::make(arguments.data_dir.as_deref(), arguments.keep)?;
    logging::begin("warn", false);
    let outcome = runtime.block_on(demonstrate(arguments, &place, stop));
    drop(runtime);
    let left = place.leave();
    outcome.and(left)
}

async fn demonstrate(
    arguments: &Arguments,
    place: &Place,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let terminal = Terminal::standard();
    let mut stop = std::pin::pin!(stop);
    let daemon = Daemon::start(config(arguments, place)?).await?;
    let data_dir = DataDir::open(place.path()).map_err(Failure::usage)?;
    let told = tokio::select! {
        told = tell(&daemon, &data_dir, &terminal) => Some(told),
        () = &mut stop => None,
    };
    let stayed = match &told {
        Some(Ok(_)) if !arguments.once => stay(&data_dir, place, &terminal, stop).await,
        Some(_) | None => Ok(()),
    };
    daemon.stop().await?;
    stayed?;
    match told {
        None => Err(Failure::failed("stopped before the story's end")),
        Some(Ok(0)) => Ok(()),
        Some(Ok(1)) => Err(Failure::failed(
            "a step went otherwise: see the line marked ✗",
        )),
        Some(Ok(count)) => Err(Failure::failed(format!(
            "{count} steps went otherwise: see the lines marked ✗"
        ))),
        Some(Err(failure)) => Err(failure),
    }
}

/// Stays up until it is told to stop.
async fn stay(
    data_dir: &DataDir,
    place: &Place,
    terminal: &Terminal,
    stop: Pin<&mut impl Future<Output = ()>>,
) -> Result<(), Failure> {
    terminal.heading("Thingpass stays up")?;
    note("\nPoint a shell's AWS CLI at it:")?;
    say(&exports(data_dir.path())?)?;
    note("\nand try, for example:")?;
    let arn = data_dir
        .path()
        .join(FOLDER)
        .join(CERTIFICATE_ARN_FILE)
        .display()
        .to_string();
    let commands = [
        aws("sts get-caller-identity"),
        aws("dynamodb scan").option("--table-name", THING),
        aws("iot describe-certificate").words(&format!(
            "--certificate-id \"$(sed 's|.*/||' {})\"",
            quote(&arn)
        )),
        shell("tail -n 1").words(&quote(&data_dir.audit_log().display().to_string())),
    ];
    commands
        .iter()
        .try_for_each(|command| terminal.command(command))?;
    let removed = if place.is_removed_at_the_end() {
        " and removes its data directory"
    } else {
        ""
    };
    note(&format!("\nCtrl-C stops it{removed}."))?;
    stop.await;
    Ok(())
}

/// Tells the story; how many steps went otherwise.
async fn tell(daemon: &Daemon, data_dir: &DataDir, terminal: &Terminal) -> Result<usize, Failure> {
    let mut story = Story::begin(daemon.endpoints(), data_dir, terminal)?;
    story.tell().await?;
    story.end()
}

fn config(arguments: &Arguments, place: &Place) -> Result<Config, Failure> {
    let Arguments {
        api_listen,
        device_listen,
        ..
    } = arguments;
    let overrides = Overrides {
        api_listen: Some(address(api_listen.as_deref(), DEFAULT_API_LISTEN)?),
        device_listen: Some(address(device_listen.as_deref(), DEFAULT_DEVICE_LISTEN)?),
    };
    Config::read(place.path(), None, &overrides).map_err(Failure::usage)
}

/// The address that was asked for; otherwise the usual one, if nothing listens there.
fn address(wanted: Option<&str>, usual: &str) -> Result<String, Failure> {
    if let Some(wanted) = wanted {
        return Ok(wanted.to_owned());
    }
    if TcpListener::bind(usual).is_ok() {
        return Ok(usual.to_owned());
    }
    note(&format!(
        "{usual} is in use: any free port is taken in its place"
    ))?;
    Ok(ANY_PORT.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_use_gives_way_to_any_port_but_not_where_it_was_asked_for() {
        let taken = TcpListener::bind(ANY_PORT).unwrap();
        let usual = taken.local_addr().unwrap().to_string();
        assert_eq!(address(None, &usual).unwrap(), ANY_PORT);
        assert_eq!(address(Some(&usual), "127.0.0.1:1").unwrap(), usual);
        drop(taken);
        assert_eq!(address(None, &usual).unwrap(), usual);
    }
}
