//! What was measured on: told in the report, never guessed.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The lock file, which names the libraries that the reference servers and the daemon are built of.
const LOCK: &str = include_str!("../../Cargo.lock");
const LIBRARIES: [&str; 6] = [
    "rustls",
    "rustls-webpki",
    "aws-lc-rs",
    "hyper",
    "tokio",
    "dynoxide-rs",
];

/// Processor, memory, kernel and system in one line.
pub(crate) fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value(&cpus, "model name", ':').unwrap_or("unknown processor");
    let count = cpus
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = value(&memory, "MemTotal", ':').and_then(|text| text.split(' ').next());
    let gigabytes = kilobytes
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(0)
        >> 20;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = value(&release, "PRETTY_NAME", '=')
        .unwrap_or("unknown system")
        .trim_matches('"');
    format!(
        "{count} × {model}, {gigabytes} GiB, Linux {}, {system}",
        kernel.trim()
    )
}

/// Versions of everything that takes part.
pub(crate) fn versions(thingpass: &Path, nginx: &Path) -> Vec<String> {
    let mut all = vec![
        first_line(thingpass, "--version"),
        first_line(Path::new("rustc"), "--version"),
        first_line(nginx, "-V"),
    ];
    all.extend(
        LIBRARIES
            .iter()
            .map(|name| format!("{name} {}", locked(LOCK, name))),
    );
    all
}

/// What a program says about itself: the first line, with nginx's OpenSSL.
fn first_line(program: &Path, argument: &str) -> String {
    let Ok(output) = Command::new(program).arg(argument).output() else {
        return format!("{}: unknown version", program.display());
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let first = text.lines().next().unwrap_or_default().trim();
    match text
        .lines()
        .find(|line| line.starts_with("built with OpenSSL"))
    {
        Some(library) => format!("{first} ({library})"),
        None => first.to_owned(),
    }
}

fn locked<'a>(lock: &'a str, name: &str) -> &'a str {
    let package = format!("name = \"{name}\"\nversion = \"");
    let rest = lock.split_once(package.as_str()).map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split('"').next())
        .unwrap_or("unknown")
}

fn value<'a>(text: &'a str, name: &str, separator: char) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(separator).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_named_is_in_the_lock_file() {
        for name in LIBRARIES {
            assert_ne!(locked(LOCK, name), "unknown", "{name}");
        }
    }

    #[test]
    fn a_value_is_what_stands_behind_the_separator() {
        assert_eq!(
            value("a: 1\nmodel name\t: X Y\n", "model name", ':'),
            Some("X Y")
        );
    }
}
