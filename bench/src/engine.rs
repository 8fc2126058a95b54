//! The bare table engine: puts on one thread, on a database file, each durable before the next.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use dynoxide::Database;
use serde_json::{Value, json};

use crate::process::{self, Server};
use crate::round::Outcome;
use crate::{record, say};

/// How it is started.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The database; made on the first start
    #[arg(long)]
    database: PathBuf,
    /// Number of the first record
    #[arg(long)]
    first: u64,
    #[arg(long)]
    warm_up: f64,
    #[arg(long)]
    seconds: f64,
}

/// The role: puts until the time is over, then prints what it took.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let is_new = !options.database.exists();
    let database = Database::new(options.database.to_str().context("the path is not UTF-8")?)?;
    if is_new {
        database.create_table(serde_json::from_value(record::table())?)?;
    }
    let mut number = options.first;
    put_for(&database, &mut number, options.warm_up)?;
    let (from, before) = (number, process::cpu(std::process::id())?);
    let began = Instant::now();
    put_for(&database, &mut number, options.seconds)?;
    let cpu = process::cpu(std::process::id())?.since(&before);
    let figures = json!({
        "next": number,
        "puts": number - from,
        "cpu_seconds": cpu.as_secs_f64(),
        "seconds": began.elapsed().as_secs_f64(),
    });
    say(&figures.to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn put_for(database: &Database, number: &mut u64, seconds: f64) -> Result<()> {
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < until {
        database.put_item(record::request(*number))?;
        *number += 1;
    }
    Ok(())
}

/// Starts the role on the servers' core and waits for its figures.
pub(crate) struct Engine {
    database: PathBuf,
    next: u64,
}

impl Engine {
    /// On a database that is kept from round to round, as the daemon's is.
    pub(crate) fn new(database: PathBuf) -> Self {
        Self { database, next: 0 }
    }

    /// One measurement.
    pub(crate) fn measure(&mut self, warm_up: f64, seconds: f64) -> Result<Outcome> {
        let arguments = [
            "engine".to_owned(),
            format!("--database={}", self.database.display()),
            format!("--first={}", self.next),
            format!("--warm-up={warm_up}"),
            format!("--seconds={seconds}"),
        ];
        let mut server = Server::start_self("table engine", &arguments)?;
        let figures: Value = serde_json::from_str(&server.first_line()?)?;
        server.stop();
        let number = |name: &str| {
            figures
                .get(name)
                .and_then(Value::as_f64)
                .context("no figures")
        };
        self.next = figures
            .get("next")
            .and_then(Value::as_u64)
            .context("no figures")?;
        Outcome::new(number("puts")?, number("cpu_seconds")?, number("seconds")?)
    }
}
