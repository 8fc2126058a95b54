//! The configuration file.

use super::Settings;
use crate::failure::{Failure, unreadable};
use std::fs::File;
use std::io::Read;
use std::path::Path;

const FILE_BYTES: u64 = 64 * 1024;

/// Reads the TOML file at `path`; relative paths in it start at its directory.
pub(super) fn read(path: &Path) -> Result<Settings, Failure> {
    let text = text(path)?;
    let settings: Settings = toml::from_str(&text).map_err(|error| {
        let line = error
            .span()
            .map(|span| {
                text.bytes()
                    .take(span.start)
                    .filter(|byte| *byte == b'\n')
                    .count()
                    + 1
            })
            .map_or_else(String::new, |line| format!("{line}:"));
        Failure::configuration(
            format!(
                "{}:{line} {}",
                path.display(),
                error.message().trim().replace('\n', ", ")
            ),
            "mend that line; `thingpass-agent credentials --help` shows what the file may hold",
        )
    })?;
    Ok(settings.relative_to(path.parent().unwrap_or(Path::new(""))))
}

fn text(path: &Path) -> Result<String, Failure> {
    let failed = |reason: &str| {
        Failure::configuration(
            format!("configuration file `{}` {reason}", path.display()),
            "give the right file with --config or THINGPASS_AGENT_CONFIG",
        )
    };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| failed(&unreadable(&error)))?;
    if text.len() as u64 > FILE_BYTES {
        return Err(failed(&format!("is larger than {FILE_BYTES} bytes")));
    }
    Ok(text)
}
