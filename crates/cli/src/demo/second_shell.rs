//! The lines that make another shell ready for the story's commands.

use std::path::Path;

use super::folder::FOLDER;
use super::terminal::note;
use crate::env::quote;
use crate::{Failure, say};

/// Tells them.
pub(crate) fn invite(data_dir: &Path) -> Result<(), Failure> {
    note("\nEach step shows the command that does the same. To try them, in another shell:")?;
    if let Some(directory) = program_directory() {
        say(&format!("  export PATH={}:\"$PATH\"", quote(&directory)))?;
    }
    let folder = data_dir.join(FOLDER);
    say(&format!(
        "  eval \"$(thingpass env --data-dir {})\"\n  cd {}\n  export \
         AWS_SHARED_CREDENTIALS_FILE=\"$PWD/credentials\"",
        quote(&data_dir.display().to_string()),
        quote(&folder.display().to_string())
    ))
}

/// The directory of this program, if the shell would not find it by its name.
fn program_directory() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|directory| directory.join("thingpass"))
        .find(|candidate| candidate.is_file());
    let is_found = found.and_then(|found| found.canonicalize().ok()) == program.canonicalize().ok();
    let directory = program.parent()?.display().to_string();
    (!is_found).then_some(directory)
}
