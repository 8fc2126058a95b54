//! Which crate may import what: the import column of the architecture, from `cargo metadata`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Finding;

/// What each crate of ours may import of ours.
const OURS: [(&str, &[&str]); 10] = [
    ("thingpass-policy", &[]),
    ("thingpass-wire", &[]),
    ("thingpass-pki", &[]),
    ("thingpass-domain", &["thingpass-policy", "thingpass-pki"]),
    ("thingpass-store", &["thingpass-domain"]),
    (
        "thingpass-server",
        &[
            "thingpass-policy",
            "thingpass-wire",
            "thingpass-pki",
            "thingpass-domain",
            "thingpass-store",
        ],
    ),
    ("thingpass-agent", &["thingpass-wire", "thingpass-pki"]),
    (
        "thingpass-cli",
        &[
            "thingpass-policy",
            "thingpass-wire",
            "thingpass-pki",
            "thingpass-domain",
            "thingpass-store",
            "thingpass-server",
        ],
    ),
    ("thingpass-bench", &["thingpass-pki", "thingpass-wire"]),
    ("xtask", &[]),
];

/// Libraries that only some crates may import, and which.
const KEPT_TO: [(&[&str], &[&str]); 3] = [
    (
        &["sqlx", "rusqlite", "libsqlite3-sys"],
        &["thingpass-store"],
    ),
    (
        &["rustls", "tokio-rustls", "hyper-rustls", "rustls-webpki"],
        NETWORK,
    ),
    (&["hyper", "hyper-util", "axum"], NETWORK),
];
/// The crates that open sockets. `demo` in the command line and the benchmarks are clients.
const NETWORK: &[&str] = &[
    "thingpass-server",
    "thingpass-agent",
    "thingpass-cli",
    "thingpass-bench",
];

/// Libraries that some crates may never import, and which.
const KEPT_FROM: [(&[&str], &[&str]); 1] = [(
    &["tokio", "tokio-util", "async-std", "smol", "futures"],
    &["thingpass-policy", "thingpass-pki", "thingpass-domain"],
)];

/// What cargo says of the workspace.
pub(super) fn metadata(root: &Path) -> Result<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata")
}

/// Holds the workspace's crates against the tables above.
pub(super) fn check(metadata: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in members(metadata, "packages") {
        let name = text(package, "name");
        let file = format!("{name}/Cargo.toml");
        let Some((_, allowed)) = OURS.iter().find(|(ours, _)| *ours == name) else {
            let text = "a new crate needs a line in the tables of ARCHITECTURE.md and of xtask";
            findings.push(Finding::new(&file, 0, text));
            continue;
        };
        for dependency in members(package, "dependencies") {
            let imported = text(dependency, "name");
            let fault = own_fault(imported, allowed).or_else(|| foreign_fault(name, imported));
            findings.extend(fault.map(|fault| Finding::new(&file, 0, fault)));
        }
    }
    findings
}

fn own_fault(imported: &str, allowed: &[&str]) -> Option<String> {
    let is_ours = OURS.iter().any(|(ours, _)| *ours == imported);
    (is_ours && !allowed.contains(&imported))
        .then(|| format!("imports `{imported}`, which its line in the architecture does not allow"))
}

fn foreign_fault(name: &str, imported: &str) -> Option<String> {
    let kept_to = KEPT_TO
        .iter()
        .find(|(libraries, _)| libraries.contains(&imported));
    if let Some((_, crates)) = kept_to
        && !crates.contains(&name)
    {
        return Some(format!(
            "imports `{imported}`, which is kept to {}",
            crates.join(", ")
        ));
    }
    let kept_from = KEPT_FROM
        .iter()
        .find(|(libraries, _)| libraries.contains(&imported));
    kept_from
        .filter(|(_, crates)| crates.contains(&name))
        .map(|_| format!("imports `{imported}`, which is kept from it: it knows no runtime"))
}

/// The array of an object; empty where there is none.
pub(super) fn members<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The text of an object; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn findings(name: &str, imported: &str) -> usize {
        let dependencies = json!([{ "name": imported }]);
        let package = json!({ "name": name, "dependencies": dependencies });
        check(&json!({ "packages": [package] })).len()
    }

    #[test]
    fn a_crate_imports_what_its_line_allows_and_nothing_else_of_ours() {
        assert_eq!(findings("thingpass-domain", "thingpass-policy"), 0);
        assert_eq!(findings("thingpass-domain", "thingpass-store"), 1);
        assert_eq!(findings("thingpass-agent", "thingpass-domain"), 1);
        assert_eq!(findings("thingpass-cli", "thingpass-agent"), 1);
    }

    #[test]
    fn sql_tls_and_http_stay_in_their_crates() {
        assert_eq!(findings("thingpass-store", "sqlx"), 0);
        assert_eq!(findings("thingpass-server", "sqlx"), 1);
        assert_eq!(findings("thingpass-domain", "rustls"), 1);
        assert_eq!(findings("thingpass-wire", "hyper"), 1);
        assert_eq!(findings("thingpass-cli", "hyper"), 0);
    }

    #[test]
    fn what_means_without_io_knows_no_runtime() {
        assert_eq!(findings("thingpass-domain", "tokio"), 1);
        assert_eq!(findings("thingpass-store", "tokio"), 0);
    }

    #[test]
    fn an_unknown_crate_is_found() {
        assert_eq!(findings("thingpass-new", "serde"), 1);
    }
}
