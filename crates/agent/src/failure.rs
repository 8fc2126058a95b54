//! Why the agent gave no credentials.

use std::io::{Error, ErrorKind};
use std::process::ExitCode;

/// What went wrong and how to mend it, one line each. Never holds a secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    kind: Kind,
    what: String,
    advice: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Configuration,
    Exchange,
}

impl Failure {
    /// The agent was not told what it needs, or a file it was told of cannot be used: exit code 2.
    pub(crate) fn configuration(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Kind::Configuration, what.into(), advice.into())
    }

    /// The exchange failed or was refused: exit code 1.
    pub(crate) fn exchange(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Kind::Exchange, what.into(), advice.into())
    }

    /// 2 for configuration, 1 for everything else.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Configuration => ExitCode::from(2),
            Kind::Exchange => ExitCode::from(1),
        }
    }

    /// What happened, and where.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it; may be empty.
    pub(crate) fn advice(&self) -> &str {
        &self.advice
    }

    fn new(kind: Kind, what: String, advice: String) -> Self {
        Self { kind, what, advice }
    }
}

/// Why a file cannot be read, as the rest of a sentence about it.
pub(crate) fn unreadable(error: &Error) -> String {
    let kind = error.kind();
    if kind == ErrorKind::NotFound {
        return "does not exist".to_owned();
    }
    if kind == ErrorKind::PermissionDenied {
        return "may not be read by this user".to_owned();
    }
    if kind == ErrorKind::InvalidData {
        return "is not text".to_owned();
    }
    format!("cannot be read: {kind}")
}
