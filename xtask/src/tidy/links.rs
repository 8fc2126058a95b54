//! Relative links in Markdown lead somewhere.

use std::path::Path;

use super::Finding;
use super::source::Source;

/// Follows every relative link.
pub(super) fn check(sources: &[Source], root: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.has_extension("md")) {
        let file = root.join(&source.path);
        let folder = file.parent().unwrap_or(root);
        for (line, target) in relative_links(source) {
            if !folder.join(&target).exists() {
                let text = format!("the link to `{target}` leads nowhere");
                findings.push(Finding::new(&source.path, line, text));
            }
        }
    }
    findings
}

fn relative_links(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_fence = false;
    for (number, line) in source.lines() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
        }
        if in_fence {
            continue;
        }
        let inline = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', ' ']).next());
        let reference = line
            .starts_with('[')
            .then(|| line.split_once("]: "))
            .flatten();
        let reference = reference.and_then(|(_, target)| target.split(' ').next());
        for target in inline.chain(reference) {
            let path = target.split('#').next().unwrap_or_default();
            let is_elsewhere = path.contains("://") || path.starts_with("mailto:");
            if !path.is_empty() && !is_elsewhere {
                found.push((number, path.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn relative_links_are_told_from_others() {
        let text = "[a](docs/a.md#b) [b](https://x.y) [c](#d)\n```\n[e](f)\n```\n[g]: h.md\n";
        let found = relative_links(&source("README.md", text));
        assert_eq!(found, [(1, "docs/a.md".to_owned()), (5, "h.md".to_owned())]);
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dead = source("README.md", "[a](src/no.rs) [b](src/main.rs)");
        assert_eq!(check(&[dead], root).len(), 1);
    }
}
