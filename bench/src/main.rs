//! `thingpass-bench`: the daemon side by side with reference servers, in one run, on one machine.
//!
//! Without a subcommand it measures and reports. The subcommands are the reference servers: processes
//! of their own, started and pinned by the measuring one.

mod client;
mod engine;
mod floor;
mod goal;
mod load;
mod machine;
mod material;
mod nginx;
mod process;
mod record;
mod report;
mod round;
mod run;
mod signed;
mod story;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures Thingpass beside reference servers and writes the report.
///
/// Build the daemon first: `cargo build --release --workspace`. Needs Linux, two cores, nginx and
/// util-linux.
#[derive(Debug, Parser)]
#[command(
    name = "thingpass-bench",
    version,
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(flatten)]
    run: run::Options,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// A minimal rustls and hyper server with a constant answer
    #[command(hide = true)]
    Floor(floor::Options),
    /// The bare table engine, one put after the other
    #[command(hide = true)]
    Engine(engine::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.role {
        None => run::run(&arguments.run),
        Some(Role::Floor(options)) => floor::serve(options),
        Some(Role::Engine(options)) => engine::run(options),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            say_error(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

#[allow(
    clippy::print_stderr,
    reason = "the one place that tells a failure to the terminal"
)]
fn say_error(message: &str) {
    eprintln!("thingpass-bench: {message}");
}

/// Writes a line to standard output.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_subcommand_it_measures() {
        let arguments = Arguments::try_parse_from(["thingpass-bench", "--rounds", "7"]).unwrap();
        assert!(arguments.role.is_none());
    }
}
