//! `thingpass-agent`: the device's side. Exchanges the device certificate for AWS credentials and
//! feeds them to AWS SDKs.

mod cache;
mod config;
mod credentials;
mod failure;
mod fetch;
mod output;
mod verb;

use clap::Parser;
use std::process::ExitCode;
use time::OffsetDateTime;

/// The device's side of Thingpass: AWS credentials for a device certificate.
#[derive(Debug, Parser)]
#[command(name = "thingpass-agent", version, after_long_help = verb::EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    verb: verb::Verb,
}

fn main() -> ExitCode {
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place where the machine's clock comes in"
    )]
    let clock = OffsetDateTime::now_utc;
    match verb::run(CommandLine::parse().verb, clock) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::error(&failure);
            failure.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
        assert_eq!(CommandLine::command().get_name(), "thingpass-agent");
    }
}
