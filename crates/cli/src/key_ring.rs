//! `thingpass key-ring`

mod rotate;

use clap::Subcommand;

use crate::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Seal new session tokens with a new key; sessions that live go on
    Rotate(rotate::Arguments),
}

pub(crate) fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Rotate(arguments) => rotate::run(arguments),
    }
}
