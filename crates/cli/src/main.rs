//! `thingpass`: the daemon and the tools around it. One file a verb.

mod audit;
mod completions;
mod demo;
mod env;
mod key_ring;
mod logging;
mod operations;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

// A request makes some hundred small allocations, and glibc's allocator tidies up after them whenever a
// large one follows. This one does not, and holds less for a connection that waits.
#[cfg(all(feature = "jemalloc", target_os = "linux", target_arch = "x86_64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Thingpass: the AWS IoT Core credentials provider that anyone can run.
///
/// Devices that hold only an X.509 certificate get short-lived AWS credentials; Thingpass verifies
/// what they sign with them. Operators use the unmodified AWS CLI. Begin with `thingpass demo`.
#[derive(Debug, Parser)]
#[command(name = "thingpass", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the daemon
    Serve(serve::Arguments),
    /// Print the shell exports that point the AWS CLI and SDKs at a daemon
    Env(env::Arguments),
    /// Tell the story of a thermostat, step by step, against a daemon of its own
    Demo(demo::Arguments),
    /// Read the audit log
    #[command(subcommand)]
    Audit(audit::Verb),
    /// Work on the keys that session tokens are sealed with
    #[command(subcommand)]
    KeyRing(key_ring::Verb),
    /// Print the completion script of a shell
    Completions(completions::Arguments),
    /// List the operations that are served, as JSON
    #[command(hide = true)]
    Operations,
}

/// A verb that failed: what to print, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// The caller must change what they said: exit code 2.
    pub(crate) fn usage(message: impl std::fmt::Display) -> Self {
        Self {
            message: message.to_string(),
            code: 2,
        }
    }

    /// It did not work out: exit code 1.
    pub(crate) fn failed(message: impl std::fmt::Display) -> Self {
        Self {
            message: message.to_string(),
            code: 1,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.verb {
        Verb::Serve(arguments) => serve::run(&arguments),
        Verb::Env(arguments) => env::run(&arguments),
        Verb::Demo(arguments) => demo::run(&arguments),
        Verb::Audit(verb) => audit::run(&verb),
        Verb::KeyRing(verb) => key_ring::run(&verb),
        Verb::Completions(arguments) => completions::run(&arguments),
        Verb::Operations => operations::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, code }) => {
            say_error(&message);
            ExitCode::from(code)
        }
    }
}

#[allow(
    clippy::print_stderr,
    reason = "the one place that tells a failure to the terminal"
)]
fn say_error(message: &str) {
    eprintln!("thingpass: {message}");
}

/// Writes to standard output; a reader that went away is no failure.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    use std::io::{ErrorKind, Write};
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::failed(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A runtime for the verbs that need one.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
