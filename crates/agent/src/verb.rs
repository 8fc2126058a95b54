//! What the command line can ask for, one file per verb.

mod completions;
mod credentials;

use crate::failure::Failure;
use time::OffsetDateTime;

/// Where the time comes from.
pub(crate) type Clock = fn() -> OffsetDateTime;

/// How the agent is put to use, below `--help`.
pub(crate) const EXAMPLES: &str = "\
Examples:
  Let every AWS SDK and the AWS CLI use the device's identity, in ~/.aws/config:

    [default]
    region = eu-central-1
    credential_process = thingpass-agent credentials --config /etc/thingpass/agent.toml

  with /etc/thingpass/agent.toml (paths may be relative to the file):

    endpoint = \"abc123.credentials.iot.eu-central-1.example.com\"
    ca = \"ca.pem\"
    cert = \"device.pem\"
    key = \"device.key\"
    role_alias = \"telemetry\"
    thing_name = \"lamp-7\"            # if policies use thing variables
    duration_seconds = 3600          # optional, as are the lines below
    cache_dir = \"/var/cache/thingpass\"
    no_cache = false
    timeout_seconds = 10

  An option wins over its environment variable, and that over the file.
  Exit codes: 0 credentials printed, 1 refused or unreachable, 2 wrongly configured.";

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Print credentials for AWS SDKs (`credential_process`)
    #[command(after_long_help = EXAMPLES)]
    Credentials(Box<credentials::Arguments>),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

/// Does what `verb` asks for.
pub(crate) fn run(verb: Verb, clock: Clock) -> Result<(), Failure> {
    match verb {
        Verb::Credentials(arguments) => credentials::run(*arguments, clock),
        Verb::Completions(arguments) => completions::run(&arguments),
    }
}
