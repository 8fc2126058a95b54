//! The options, each of which may be given in three places.

use super::{DurationSeconds, Endpoint, RoleAlias, ThingName, TimeoutSeconds};
use clap::builder::FalseyValueParser;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The options of an exchange as one place gives them: command line and environment, or file.
#[derive(Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Address of the device endpoint; the port is 443 unless given
    #[arg(long, env = "THINGPASS_DEVICE_ENDPOINT", value_name = "HOST[:PORT]")]
    pub(super) endpoint: Option<Endpoint>,
    /// PEM file with the CA certificates that the server is verified against, and no others
    #[arg(long, env = "THINGPASS_CA", value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,
    /// PEM file with the device certificate
    #[arg(long, env = "THINGPASS_CERT", value_name = "FILE")]
    pub(super) cert: Option<PathBuf>,
    /// PEM file with the device's private key
    #[arg(long, env = "THINGPASS_KEY", value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    /// Role alias whose role is asked for
    #[arg(long, env = "THINGPASS_ROLE_ALIAS", value_name = "NAME")]
    pub(super) role_alias: Option<RoleAlias>,
    /// Thing to act as, where policies use thing variables
    #[arg(long, env = "THINGPASS_THING_NAME", value_name = "NAME")]
    pub(super) thing_name: Option<ThingName>,
    /// Lifetime to ask for, from 900 to 43200; the server may give less
    #[arg(long, env = "THINGPASS_DURATION_SECONDS", value_name = "N")]
    pub(super) duration_seconds: Option<DurationSeconds>,
    /// Directory that keeps credentials between calls, of mode 0700 [default: ~/.cache/thingpass]
    #[arg(long, env = "THINGPASS_CACHE_DIR", value_name = "DIR")]
    pub(super) cache_dir: Option<PathBuf>,
    /// Ask the server at every call and keep nothing
    #[arg(long, env = "THINGPASS_NO_CACHE", value_parser = FalseyValueParser::new())]
    pub(super) no_cache: bool,
    /// Most time for the whole exchange, retries included, from 1 to 300 [default: 10]
    #[arg(long = "timeout", env = "THINGPASS_TIMEOUT", value_name = "SECONDS")]
    pub(super) timeout_seconds: Option<TimeoutSeconds>,
}

impl Settings {
    /// These, and where they say nothing, the `others`.
    pub(super) fn or(self, others: Self) -> Self {
        Self {
            endpoint: self.endpoint.or(others.endpoint),
            ca: self.ca.or(others.ca),
            cert: self.cert.or(others.cert),
            key: self.key.or(others.key),
            role_alias: self.role_alias.or(others.role_alias),
            thing_name: self.thing_name.or(others.thing_name),
            duration_seconds: self.duration_seconds.or(others.duration_seconds),
            cache_dir: self.cache_dir.or(others.cache_dir),
            no_cache: self.no_cache || others.no_cache,
            timeout_seconds: self.timeout_seconds.or(others.timeout_seconds),
        }
    }

    /// These, with relative paths starting at `directory`.
    pub(super) fn relative_to(mut self, directory: &Path) -> Self {
        for path in [
            &mut self.ca,
            &mut self.cert,
            &mut self.key,
            &mut self.cache_dir,
        ]
        .into_iter()
        .flatten()
        {
            *path = directory.join(&*path);
        }
        self
    }

    /// The options without which there is no exchange and that are not given, as three ways to give each.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        [
            (
                self.endpoint.is_none(),
                "--endpoint (THINGPASS_DEVICE_ENDPOINT, or `endpoint` in the file)",
            ),
            (
                self.ca.is_none(),
                "--ca (THINGPASS_CA, or `ca` in the file)",
            ),
            (
                self.cert.is_none(),
                "--cert (THINGPASS_CERT, or `cert` in the file)",
            ),
            (
                self.key.is_none(),
                "--key (THINGPASS_KEY, or `key` in the file)",
            ),
            (
                self.role_alias.is_none(),
                "--role-alias (THINGPASS_ROLE_ALIAS, or `role_alias` in the file)",
            ),
        ]
        .into_iter()
        .filter_map(|(missing, option)| missing.then_some(option))
        .collect()
    }
}
