//! The files of the workspace that people write.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Folders that hold no source of ours.
const NOT_OURS: [&str; 5] = ["target", "node_modules", "__pycache__", "vectors", "corpus"];
/// Hidden folders that do.
const HIDDEN_BUT_OURS: [&str; 3] = [".ci", ".cargo", ".github"];
/// Names that end so are text that people write.
const TEXT: [&str; 12] = [
    "rs", "py", "md", "toml", "sql", "sh", "txt", "js", "css", "html", "yml", "service",
];
const TEXT_WITHOUT_EXTENSION: [&str; 4] = ["Makefile", "run", "Dockerfile", "Containerfile"];

/// A file.
#[derive(Debug)]
pub(super) struct Source {
    /// From the root of the workspace on, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|own| own == extension)
    }

    /// Lines with their numbers, counted from one.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    /// Whether the whole file is a test: nothing of it is shipped.
    pub(super) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "tests.rs" | "testing.rs" | "suite"))
            || self.path.starts_with("conformance/")
    }

    /// The line that the tests at the foot of a Rust file begin at; beyond the end without any.
    pub(super) fn tests_begin(&self) -> usize {
        if self.is_test() {
            return 0;
        }
        let mut lines = self
            .lines()
            .skip_while(|(_, line)| line.trim() != "#[cfg(test)]");
        match (lines.next(), lines.next()) {
            (Some((number, _)), Some((_, next))) if next.starts_with("mod tests {") => number,
            _ => usize::MAX,
        }
    }
}

/// Collects the files under `root`, in order.
pub(super) fn collect(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    walk(root, "", &mut sources)?;
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn walk(root: &Path, under: &str, sources: &mut Vec<Source>) -> Result<()> {
    let folder = root.join(under);
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = if under.is_empty() {
            name.to_owned()
        } else {
            format!("{under}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && is_ours(name) {
            walk(root, &path, sources)?;
        } else if kind.is_file() && is_text(name) {
            let text = fs::read_to_string(entry.path())
                .with_context(|| format!("{path} is not readable text"))?;
            sources.push(Source { path, text });
        }
    }
    Ok(())
}

fn is_ours(folder: &str) -> bool {
    HIDDEN_BUT_OURS.contains(&folder) || !(folder.starts_with('.') || NOT_OURS.contains(&folder))
}

fn is_text(file: &str) -> bool {
    match file.rsplit_once('.') {
        Some((_, extension)) => TEXT.contains(&extension),
        None => TEXT_WITHOUT_EXTENSION.contains(&file),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn generated_and_hidden_folders_are_not_looked_at() {
        assert!(!is_ours("target") && !is_ours(".git") && !is_ours(".venv"));
        assert!(is_ours("crates") && is_ours(".ci"));
    }

    #[test]
    fn the_tests_at_the_foot_are_told_from_the_code() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(source("crates/x/src/a.rs", text).tests_begin(), 2);
        assert_eq!(
            source("crates/x/src/a.rs", "fn a() {}\n").tests_begin(),
            usize::MAX
        );
        assert_eq!(
            source("crates/x/tests/a.rs", "fn a() {}\n").tests_begin(),
            0
        );
    }
}
