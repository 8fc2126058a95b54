//! What must not stand in any file: what was left behind, what tests must not do, whom and what we
//! do not name.

use super::Finding;
use super::modules::code;
use super::source::Source;

/// Lines that a file may have.
const LINES_MAX: usize = 450;
/// Files that may have more, each with its reason.
const LONG_FILES: [(&str, &str); 0] = [];
/// Files that are generated or name what this check forbids.
const EXEMPT: [(&str, &str); 1] = [("xtask/src/tidy/text.rs", "names what it forbids")];

/// What somebody meant to come back to.
const LEFTOVERS: [&str; 6] = ["todo!", "unimplemented!", "TODO", "FIXME", "XXX", "HACK"];
/// Folders of one machine.
const FOLDERS_OF_ONE_MACHINE: [&str; 3] = ["/root/", "/home/", "/Users/"];
/// A folder that only tests may name.
const TEMPORARY_FOLDER: &str = "/tmp/";
/// What names a package index: where packages come from is the machine's business.
const PACKAGE_INDEXES: [&str; 3] = ["--index-url", "--extra-index-url", "--find-links"];

/// Looks through every file.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        if EXEMPT.iter().any(|(path, _)| *path == source.path) {
            continue;
        }
        findings.extend(too_long(source));
        let tests_begin = source.tests_begin();
        for (number, line) in source.lines() {
            let in_test = number >= tests_begin;
            findings.extend(
                faults(source, line, in_test)
                    .into_iter()
                    .map(|fault| Finding::new(&source.path, number, fault)),
            );
        }
    }
    findings
}

fn too_long(source: &Source) -> Option<Finding> {
    let is_code = source.has_extension("rs") || source.has_extension("py");
    let excused = LONG_FILES.iter().any(|(path, _)| *path == source.path);
    let lines = source.text.lines().count();
    (is_code && !excused && lines > LINES_MAX).then(|| {
        let text = format!("{lines} lines, {LINES_MAX} at most: split it by noun");
        Finding::new(&source.path, 0, text)
    })
}

fn faults(source: &Source, line: &str, in_test: bool) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(marker) = LEFTOVERS.iter().find(|marker| has_word(line, marker)) {
        faults.push(format!(
            "`{marker}` was left behind: do it, or write down why not"
        ));
    }
    if let Some(folder) = FOLDERS_OF_ONE_MACHINE
        .iter()
        .find(|folder| has_path(line, folder))
    {
        faults.push(format!("`{folder}` is a folder of one machine"));
    }
    if !in_test && has_path(line, TEMPORARY_FOLDER) {
        faults.push(format!(
            "`{TEMPORARY_FOLDER}` is not everybody's: ask for a temporary folder"
        ));
    }
    let index = PACKAGE_INDEXES
        .iter()
        .find(|option| line.contains(**option));
    if let Some(option) = index {
        faults.push(format!(
            "`{option}`: where packages come from is the machine's business"
        ));
    }
    if source.has_extension("rs") {
        faults.extend(rust_fault(line, in_test));
    }
    if source.has_extension("py") {
        faults.extend(python_fault(line));
    }
    faults
}

fn rust_fault(line: &str, in_test: bool) -> Option<String> {
    let line = code(line).trim();
    if line == "#[ignore]" {
        return Some("a test is ignored without a reason: #[ignore = \"…\"]".to_owned());
    }
    let sleeps = ["thread::sleep", "time::sleep(", "sleep_until("];
    (in_test && sleeps.iter().any(|sleep| line.contains(sleep)))
        .then(|| "a test sleeps: wait for what it waits for, within a bound".to_owned())
}

fn python_fault(line: &str) -> Option<String> {
    let line = line.split_once("# ").map_or(line, |(code, _)| code).trim();
    if line.contains("time.sleep") || line.contains("asyncio.sleep") {
        return Some("a test sleeps: wait for what it waits for, within a bound".to_owned());
    }
    let bare = ["mark.skip", "mark.xfail", "mark.skip()", "mark.xfail()"];
    let without_words = bare.iter().any(|mark| line.ends_with(mark))
        || ["pytest.skip()", "pytest.xfail()"].contains(&line);
    let conditional = ["mark.skipif(", "mark.xfail("]
        .iter()
        .any(|mark| line.contains(mark));
    (without_words || conditional && !line.contains("reason="))
        .then(|| "a test is skipped without a reason: reason=\"…\" on the same line".to_owned())
}

/// Whether a folder stands there as a path of its own, not as the middle of another.
fn has_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !(c.is_alphanumeric() || "._-}$".contains(c)))
    })
}

/// Whether a word stands there as a word of its own.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, found)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line
            .get(at + found.len()..)
            .and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && (word.ends_with('!') || !after.is_some_and(is_part))
    })
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&[source(path, text)]).len()
    }

    #[test]
    fn leftovers_are_found_as_words_only() {
        assert_eq!(findings("a.rs", "// FIXME: later"), 1);
        assert_eq!(findings("a.rs", "todo!(\"x\")"), 1);
        assert_eq!(findings("a.md", "SXXX and HACKER and Todo"), 0);
    }

    #[test]
    fn a_file_has_at_most_450_lines() {
        assert_eq!(findings("a.rs", &"x\n".repeat(450)), 0);
        assert_eq!(findings("a.rs", &"x\n".repeat(451)), 1);
        assert_eq!(findings("a.md", &"x\n".repeat(451)), 0);
    }

    #[test]
    fn ignored_and_skipped_tests_say_why() {
        assert_eq!(findings("a.rs", "#[ignore]"), 1);
        assert_eq!(findings("a.rs", "#[ignore = \"needs a TPM\"]"), 0);
        assert_eq!(findings("a.py", "@pytest.mark.skip"), 1);
        assert_eq!(
            findings("a.py", "@pytest.mark.skipif(x, reason=\"no y\")"),
            0
        );
        assert_eq!(findings("a.py", "@pytest.mark.xfail(strict=True)"), 1);
    }

    #[test]
    fn tests_do_not_sleep() {
        assert_eq!(findings("crates/x/tests/a.rs", "std::thread::sleep(d);"), 1);
        assert_eq!(findings("crates/x/src/a.rs", "std::thread::sleep(d);"), 0);
        assert_eq!(findings("conformance/a.py", "time.sleep(1)"), 1);
    }

    #[test]
    fn folders_of_one_machine_and_package_indexes_are_not_named() {
        assert_eq!(findings("a.md", "see /home/ann"), 1);
        assert_eq!(findings("a.md", "a/home/ann is another"), 0);
        assert_eq!(findings("a.md", "in /tmp/x"), 1);
        assert_eq!(findings("crates/x/tests/a.rs", "\"/tmp/x\""), 0);
        assert_eq!(findings("a.sh", "pip install --index-url x"), 1);
    }
}
