//! Why an exchange failed, as far as it matters to what is done next.

use crate::failure::Failure;
use std::fmt;

/// A failure and its kind.
#[derive(Debug)]
pub(crate) struct FetchError {
    kind: Kind,
    failure: Failure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The server could not be reached or could not do it now.
    Outage,
    /// The server said no.
    Refusal,
    /// Neither: trying again would change nothing, and nothing was decided.
    Other,
}

impl FetchError {
    /// The server could not be reached or could not answer now.
    pub(crate) fn outage(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            kind: Kind::Outage,
            failure: Failure::exchange(what, advice),
        }
    }

    /// The server said no.
    pub(crate) fn refusal(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            kind: Kind::Refusal,
            failure: Failure::exchange(what, advice),
        }
    }

    /// Whether it may go away by itself.
    pub(crate) fn is_outage(&self) -> bool {
        self.kind == Kind::Outage
    }

    /// Whether the server said no.
    pub(crate) fn is_refusal(&self) -> bool {
        self.kind == Kind::Refusal
    }
}

impl From<Failure> for FetchError {
    fn from(failure: Failure) -> Self {
        Self {
            kind: Kind::Other,
            failure,
        }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        error.failure
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.failure.what())
    }
}
