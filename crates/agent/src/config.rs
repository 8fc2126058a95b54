//! What the agent was told: command line first, then environment, then configuration file.

mod endpoint;
mod file;
mod name;
mod seconds;
mod settings;

pub(crate) use endpoint::Endpoint;
pub(crate) use name::{RoleAlias, ThingName};
pub(crate) use seconds::{DurationSeconds, TimeoutSeconds};
pub(crate) use settings::Settings;

use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// Everything that one exchange needs.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where credentials are asked for.
    pub(crate) endpoint: Endpoint,
    /// PEM file with the authorities that may vouch for the server; there are no others.
    pub(crate) ca: PathBuf,
    /// PEM file with the device certificate, and after it its issuers if the server wants them.
    pub(crate) cert: PathBuf,
    /// PEM file with the device's private key.
    pub(crate) key: PathBuf,
    /// Whose role is asked for.
    pub(crate) role_alias: RoleAlias,
    /// The thing to act as, where policies use thing variables.
    pub(crate) thing_name: Option<ThingName>,
    /// How long the credentials should live; the server may give less.
    pub(crate) duration: Option<DurationSeconds>,
    /// Where credentials are kept between calls.
    pub(crate) cache: CacheChoice,
    /// The most time for the whole exchange, retries included.
    pub(crate) timeout: TimeoutSeconds,
}

/// Where credentials are kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CacheChoice {
    /// Nowhere.
    Off,
    /// In the user's cache directory.
    Default,
    /// Here.
    Directory(PathBuf),
}

impl Config {
    /// Fills what the command line and environment leave open from the file, if one is named.
    pub(crate) fn resolve(given: Settings, file: Option<&Path>) -> Result<Self, Failure> {
        let settings = match file {
            Some(path) => given.or(file::read(path)?),
            None => given,
        };
        let missing = settings.missing();
        let Settings {
            endpoint: Some(endpoint),
            ca: Some(ca),
            cert: Some(cert),
            key: Some(key),
            role_alias: Some(role_alias),
            ..
        } = settings
        else {
            return Err(incomplete(&missing));
        };
        Ok(Self {
            endpoint,
            ca,
            cert,
            key,
            role_alias,
            thing_name: settings.thing_name,
            duration: settings.duration_seconds,
            cache: match (settings.no_cache, settings.cache_dir) {
                (true, _) => CacheChoice::Off,
                (false, Some(directory)) => CacheChoice::Directory(directory),
                (false, None) => CacheChoice::Default,
            },
            timeout: settings.timeout_seconds.unwrap_or_default(),
        })
    }
}

fn incomplete(missing: &[&str]) -> Failure {
    let advice = if missing.iter().any(|option| option.starts_with("--ca ")) {
        "the server is trusted only through the CA file given: copy the server's CA certificate to this device; `--help` shows how to give each option"
    } else {
        "give each as an option, an environment variable or a line of the configuration file; `--help` shows how"
    };
    Failure::configuration(format!("not configured: {}", missing.join(", ")), advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Settings {
        Settings {
            endpoint: Some("localhost:8443".parse().unwrap()),
            ca: Some("ca.pem".into()),
            cert: Some("cert.pem".into()),
            key: Some("key.pem".into()),
            role_alias: Some("alias".parse().unwrap()),
            ..Settings::default()
        }
    }

    fn with_file(given: Settings, text: &str) -> (tempfile::TempDir, Result<Config, Failure>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("agent.toml");
        std::fs::write(&path, text).unwrap();
        let config = Config::resolve(given, Some(&path));
        (directory, config)
    }

    #[test]
    fn everything_missing_is_named_at_once() {
        let failure = Config::resolve(Settings::default(), None).unwrap_err();
        for option in [
            "--endpoint",
            "THINGPASS_CA",
            "`cert`",
            "--key",
            "--role-alias",
        ] {
            assert!(failure.what().contains(option), "{failure:?}");
        }
        assert!(failure.advice().contains("only through the CA file"));
        assert_eq!(failure.exit_code(), std::process::ExitCode::from(2));
    }

    #[test]
    fn a_given_option_wins_over_the_file() {
        let (_kept, config) = with_file(
            full(),
            "endpoint = 'other'\nthing_name = 'lamp'\ntimeout_seconds = 3\nno_cache = true\n",
        );
        let config = config.unwrap();
        assert_eq!(config.endpoint.to_string(), "localhost:8443");
        assert_eq!(config.thing_name, Some("lamp".parse().unwrap()));
        assert_eq!(config.timeout.get(), 3);
        assert_eq!(config.cache, CacheChoice::Off);
    }

    #[test]
    fn relative_paths_in_the_file_start_where_the_file_is() {
        let (directory, config) = with_file(
            Settings { ca: None, ..full() },
            "ca = 'tls/ca.pem'\ncache_dir = '/var/cache/thingpass'\n",
        );
        let config = config.unwrap();
        assert_eq!(config.ca, directory.path().join("tls/ca.pem"));
        assert_eq!(config.cert, PathBuf::from("cert.pem"));
        assert_eq!(
            config.cache,
            CacheChoice::Directory("/var/cache/thingpass".into())
        );
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named_with_its_line() {
        let cases = [
            ("\n\nendpiont = 'x'\n", ":3: ", "endpiont"),
            ("endpoint = 'https://x'\n", ":1: ", "without `https://`"),
            ("\nrole_alias = 'a b'\n", ":2: ", "role alias"),
            ("duration_seconds = 60\n", ":1: ", "from 900 to 43200"),
            ("duration_seconds = 'x'\n", ":1: ", "from 900 to 43200"),
            ("timeout_seconds = -1\n", ":1: ", "from 1 to 300"),
            ("\nca = \n", ":2: ", ""),
            ("ca = 'a'\nca = 'b'\n", ":2: ", "duplicate"),
        ];
        for (text, line, expected) in cases {
            let (_kept, config) = with_file(full(), text);
            let failure = config.unwrap_err();
            assert!(
                failure.what().contains(&format!("agent.toml{line}"))
                    && failure.what().contains(expected)
                    && !failure.what().contains('\n'),
                "{failure:?}"
            );
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_a_configuration_failure() {
        let failure = Config::resolve(full(), Some(Path::new("/nowhere/agent.toml"))).unwrap_err();
        assert!(
            failure.what().contains("/nowhere/agent.toml"),
            "{failure:?}"
        );
        assert_eq!(failure.exit_code(), std::process::ExitCode::from(2));
    }
}
