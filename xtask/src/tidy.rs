//! The checks, and what they look at.

mod crates;
mod links;
mod modules;
mod reachable;
mod rooms;
mod source;
mod text;

use std::fmt;
use std::path::Path;

use anyhow::Result;

#[cfg(test)]
use source::Source;

/// A law that is not kept, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    file: String,
    /// Counted from one; zero where the whole file is meant.
    line: usize,
    text: String,
}

impl Finding {
    fn new(file: &str, line: usize, text: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.text),
            line => write!(f, "{}:{line}: {}", self.file, self.text),
        }
    }
}

/// Checks the workspace: how many files were looked at, and what is wrong with them.
pub(crate) fn check(root: &Path) -> Result<(usize, Vec<Finding>)> {
    let sources = source::collect(root)?;
    let metadata = crates::metadata(root)?;
    let mut findings = crates::check(&metadata);
    findings.extend(rooms::check(&sources));
    findings.extend(text::check(&sources));
    findings.extend(links::check(&sources, root));
    findings.extend(reachable::check(&sources, &metadata, root));
    findings.sort();
    findings.dedup();
    Ok((sources.len(), findings))
}

#[cfg(test)]
fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}
