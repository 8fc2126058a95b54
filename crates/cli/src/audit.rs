//! `thingpass audit`

mod explain;

use clap::Subcommand;

use crate::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Tell in prose why a request was allowed or refused
    Explain(explain::Arguments),
}

pub(crate) fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Explain(arguments) => explain::run(arguments),
    }
}
