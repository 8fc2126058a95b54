//! `thingpass completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Failure;

/// For example: thingpass completions bash > /etc/bash_completion.d/thingpass
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

#[allow(clippy::unnecessary_wraps, reason = "every verb has the same shape")]
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut command = crate::Arguments::command();
    clap_complete::generate(
        arguments.shell,
        &mut command,
        "thingpass",
        &mut std::io::stdout(),
    );
    Ok(())
}
