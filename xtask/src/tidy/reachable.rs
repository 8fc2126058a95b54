//! Every Rust file is part of a crate: one that no `mod` names is dead.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::Finding;
use super::crates::{members, text};
use super::modules::declared;
use super::source::Source;

/// Follows the modules from each target on; what is left over is dead.
pub(super) fn check(sources: &[Source], metadata: &Value, root: &Path) -> Vec<Finding> {
    let roots = members(metadata, "packages")
        .flat_map(|package| members(package, "targets"))
        .filter_map(|target| Path::new(text(target, "src_path")).strip_prefix(root).ok())
        .filter_map(Path::to_str)
        .map(str::to_owned);
    dead(sources, roots)
}

fn dead(sources: &[Source], roots: impl Iterator<Item = String>) -> Vec<Finding> {
    let rust = sources.iter().filter(|source| source.has_extension("rs"));
    let files: BTreeMap<&str, &Source> =
        rust.map(|source| (source.path.as_str(), source)).collect();
    let roots: BTreeSet<String> = roots.collect();
    let mut open: Vec<String> = roots.iter().cloned().collect();
    let mut reached = BTreeSet::new();
    while let Some(path) = open.pop() {
        let Some(source) = files.get(path.as_str()) else {
            continue;
        };
        if !reached.insert(path.clone()) {
            continue;
        }
        let folder = children_folder(&path, roots.contains(&path));
        let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (own_path, name) in declared(source) {
            match own_path {
                Some(own_path) => open.push(format!("{beside}/{own_path}")),
                None => open.extend([
                    format!("{folder}/{name}.rs"),
                    format!("{folder}/{name}/mod.rs"),
                ]),
            }
        }
    }
    let left_over = files.keys().filter(|path| !reached.contains(**path));
    left_over
        .map(|path| Finding::new(path, 0, "no `mod` names this file: it is dead"))
        .collect()
}

/// Where the modules that a file declares stand.
fn children_folder(path: &str, is_root: bool) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if is_root || name == "mod.rs" {
        return folder.to_owned();
    }
    path.strip_suffix(".rs").unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn a_file_that_no_module_names_is_dead() {
        let sources = [
            source("c/src/lib.rs", "mod a;\n"),
            source("c/src/a.rs", "pub mod b;\n"),
            source("c/src/a/b.rs", ""),
            source("c/src/a/c.rs", ""),
            source("c/tests/t.rs", "mod support;\n"),
            source("c/tests/support/mod.rs", ""),
        ];
        let roots = ["c/src/lib.rs", "c/tests/t.rs"].map(str::to_owned);
        let found = dead(&sources, roots.into_iter());
        let found: Vec<&str> = found.iter().map(|finding| finding.file.as_str()).collect();
        assert_eq!(found, ["c/src/a/c.rs"]);
    }
}
