//! Reading a Rust file for what it imports and declares, line by line.

use super::source::Source;

/// A line's code, without its comment. A `//` within a string ends it too early, which no check
/// here minds.
pub(super) fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// The names right after `crate::` in a file, with their lines: the top modules that it imports.
pub(super) fn imported_tops(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut group: Option<usize> = None;
    for (number, line) in source.lines() {
        let line = code(line);
        if let Some(depth) = group {
            group = read_group(line, number, depth, &mut found);
            continue;
        }
        for after in line.split("crate::").skip(1) {
            match after.strip_prefix('{') {
                Some(rest) => group = read_group(rest, number, 1, &mut found),
                None => found.extend(leading_name(after).map(|name| (number, name))),
            }
        }
    }
    found
}

/// Reads a `crate::{…}` group; gives the depth that it goes on with on the next line.
fn read_group(
    text: &str,
    number: usize,
    mut depth: usize,
    found: &mut Vec<(usize, String)>,
) -> Option<usize> {
    let mut name = String::new();
    let mut at_name = true;
    for c in text.chars() {
        if depth == 1 && at_name && (c.is_alphanumeric() || c == '_') {
            name.push(c);
            continue;
        }
        if !name.is_empty() {
            found.push((number, std::mem::take(&mut name)));
            at_name = false;
        }
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => at_name = true,
            _ => {}
        }
        if depth == 0 {
            return None;
        }
    }
    if !name.is_empty() {
        found.push((number, name));
    }
    Some(depth)
}

/// The modules that a file declares without a body: the path that `#[path]` says, and the name.
pub(super) fn declared(source: &Source) -> Vec<(Option<String>, String)> {
    let mut found = Vec::new();
    let mut path = None;
    for (_, line) in source.lines() {
        let line = code(line).trim();
        if let Some(rest) = line.strip_prefix("#[path = \"") {
            path = rest.split('"').next().map(str::to_owned);
            continue;
        }
        let declared = line.strip_suffix(';').and_then(|line| {
            let (before, name) = line.rsplit_once("mod ")?;
            let plain = before.is_empty() || before.ends_with(' ') && before.starts_with("pub");
            let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
            (plain && is_name).then(|| name.to_owned())
        });
        if let Some(name) = declared {
            found.push((path.take(), name));
        } else if !line.starts_with('#') {
            path = None;
        }
    }
    found
}

fn leading_name(text: &str) -> Option<String> {
    let name: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn imports_are_found_one_by_one_and_in_groups_over_lines() {
        let text =
            "use crate::api::x;\nuse crate::{\n    body,\n    gateway::{a, b},\n};\n// crate::no\n";
        let found = imported_tops(&source("a.rs", text));
        let names: Vec<&str> = found.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["api", "body", "gateway"]);
    }

    #[test]
    fn declarations_are_found_with_their_paths() {
        let text =
            "mod a;\npub(crate) mod b;\nmod tests {\n#[path = \"x/y.rs\"]\nmod c;\n//! mod d;\n";
        let names = declared(&source("a.rs", text));
        let x = Some("x/y.rs".to_owned());
        assert_eq!(
            names,
            [(None, "a".into()), (None, "b".into()), (x, "c".into())]
        );
    }
}
