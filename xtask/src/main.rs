//! `cargo xtask tidy`: the laws of the house as a test.

mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("tidy"), None) => tidy(),
        _ => bail!("usage: cargo xtask tidy"),
    }
}

fn tidy() -> Result<ExitCode> {
    let root = root()?;
    let (files, findings) = tidy::check(&root)?;
    for finding in &findings {
        say(&finding.to_string());
    }
    if findings.is_empty() {
        say(&format!("tidy: {files} files keep the laws of the house"));
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!(
        "tidy: {} findings in {files} files",
        findings.len()
    ));
    Ok(ExitCode::FAILURE)
}

/// The workspace: the folder above this crate's.
fn root() -> Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent()
        .map(Path::to_owned)
        .context("the crate stands in no workspace")
}

#[allow(
    clippy::print_stdout,
    reason = "telling findings to the terminal is what it is for"
)]
fn say(text: &str) {
    println!("{text}");
}
