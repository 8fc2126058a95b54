//! What the daemon is told: a TOML file, and the command line over it.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thingpass_domain::id::{AccountId, Region};

/// Where the signed services listen when nothing else is said.
pub const DEFAULT_API_LISTEN: &str = "127.0.0.1:4566";
/// Where devices are served when nothing else is said.
pub const DEFAULT_DEVICE_LISTEN: &str = "127.0.0.1:8443";
/// The region when nothing else is said.
pub const DEFAULT_REGION: &str = "us-east-1";

/// The configuration in force.
#[derive(Debug, Clone)]
pub struct Config {
    /// Everything that is kept stands here.
    pub data_dir: PathBuf,
    /// Address of the signed services.
    pub api_listen: SocketAddr,
    /// Address of the credentials endpoint.
    pub device_listen: SocketAddr,
    /// The region that ARNs and credential scopes name.
    pub region: Region,
    /// The account, where the operator chose it; kept from the first start on.
    pub account_id: Option<AccountId>,
    /// Domain of the endpoint names; without one, any name answers for the default account.
    pub domain: Option<String>,
    /// More names or addresses that the server certificate shall carry.
    pub server_names: Vec<String>,
    /// Bounds.
    pub limits: Limits,
    /// The audit log.
    pub audit: Audit,
    /// The key ring.
    pub key_ring: KeyRing,
}

/// Bounds that keep memory and time finite whatever clients do.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections of a door at a time; more are closed at once.
    pub max_connections: usize,
    /// Seconds for the TLS handshake.
    pub handshake_timeout_seconds: u64,
    /// Seconds for the head of a request, idle time between requests included.
    pub head_timeout_seconds: u64,
    /// Seconds for the body of a request.
    pub body_timeout_seconds: u64,
    /// Bytes of bodies held at a time, over all connections.
    pub body_memory_bytes: u32,
    /// Seconds that requests in flight get when the daemon stops.
    pub shutdown_timeout_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            handshake_timeout_seconds: 10,
            head_timeout_seconds: 60,
            body_timeout_seconds: 30,
            body_memory_bytes: 256 * 1024 * 1024,
            shutdown_timeout_seconds: 30,
        }
    }
}

/// The audit log's files.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// Bytes after which a new file is begun.
    pub max_file_bytes: u64,
    /// Older files kept beside the current one.
    pub max_old_files: u32,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            max_file_bytes: 256 * 1024 * 1024,
            max_old_files: 8,
        }
    }
}

/// The key ring's rotation.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyRing {
    /// Hours after which a new key seals session tokens.
    pub rotate_after_hours: u32,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self {
            rotate_after_hours: 24,
        }
    }
}

/// What the command line says over the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--api-listen`
    pub api_listen: Option<String>,
    /// `--device-listen`
    pub device_listen: Option<String>,
}

/// A configuration that cannot be used: one line, what, where and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault(String);

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigFault {}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    api_listen: Option<String>,
    device_listen: Option<String>,
    region: Option<String>,
    account_id: Option<String>,
    domain: Option<String>,
    server_names: Vec<String>,
    limits: Limits,
    audit: Audit,
    key_ring: KeyRing,
}

impl Config {
    /// Reads the file, if one is named, and puts the command line over it.
    ///
    /// # Errors
    /// [`ConfigFault`].
    pub fn read(
        data_dir: &Path,
        file: Option<&Path>,
        overrides: &Overrides,
    ) -> Result<Self, ConfigFault> {
        let text = file.map(read_text).transpose()?.unwrap_or_default();
        let place = file.map_or_else(String::new, |file| format!("{}: ", file.display()));
        Self::parse(data_dir, &text, &place, overrides)
    }

    fn parse(
        data_dir: &Path,
        text: &str,
        place: &str,
        overrides: &Overrides,
    ) -> Result<Self, ConfigFault> {
        let file: File = toml::from_str(text).map_err(|error| refuse_toml(place, text, &error))?;
        let fault = |member: &str, error: &dyn fmt::Display| {
            ConfigFault(format!("{place}{member}: {error}"))
        };
        let region = file.region.as_deref().unwrap_or(DEFAULT_REGION);
        let domain = file
            .domain
            .map(|domain| check_domain(place, domain))
            .transpose()?;
        Ok(Self {
            data_dir: data_dir.to_owned(),
            api_listen: address(
                place,
                "api_listen",
                [&overrides.api_listen, &file.api_listen],
                DEFAULT_API_LISTEN,
            )?,
            device_listen: address(
                place,
                "device_listen",
                [&overrides.device_listen, &file.device_listen],
                DEFAULT_DEVICE_LISTEN,
            )?,
            region: Region::new(region).map_err(|error| fault("region", &error))?,
            account_id: file
                .account_id
                .map(|id| AccountId::new(id).map_err(|error| fault("account_id", &error)))
                .transpose()?,
            domain,
            server_names: file.server_names,
            limits: file.limits,
            audit: file.audit,
            key_ring: file.key_ring,
        })
    }
}

fn read_text(path: &Path) -> Result<String, ConfigFault> {
    std::fs::read_to_string(path).map_err(|error| {
        ConfigFault(format!(
            "cannot read the configuration file `{}`: {error}; name another with --config or \
             leave it out",
            path.display()
        ))
    })
}

fn refuse_toml(place: &str, text: &str, error: &toml::de::Error) -> ConfigFault {
    let line = error.span().map_or(1, |span| {
        text.bytes()
            .take(span.start)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1
    });
    let message = error.message().replace('\n', " ");
    ConfigFault(format!("{place}line {line}: {message}"))
}

fn address(
    place: &str,
    name: &str,
    [flag, file]: [&Option<String>; 2],
    default: &str,
) -> Result<SocketAddr, ConfigFault> {
    let (text, place) = match (flag, file) {
        (Some(flag), _) => (flag.as_str(), ""),
        (None, Some(file)) => (file.as_str(), place),
        (None, None) => (default, place),
    };
    text.parse().map_err(|_| {
        let shown = if flag.is_some() {
            format!("--{}", name.replace('_', "-"))
        } else {
            name.to_owned()
        };
        ConfigFault(format!(
            "{place}{shown}: `{text}` is no address with a port: write it like `{default}` or \
             `[::1]:4566`"
        ))
    })
}

fn check_domain(place: &str, domain: String) -> Result<String, ConfigFault> {
    let legal = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if domain.len() <= 180 && domain.split('.').all(legal) {
        return Ok(domain);
    }
    Err(ConfigFault(format!(
        "{place}domain: `{domain}` is no domain name in lower case: write it like `iot.example.com`"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigFault> {
        Config::parse(Path::new("/d"), text, "c.toml: ", &Overrides::default())
    }

    #[test]
    fn an_empty_file_gives_loopback_and_us_east_1() {
        let config = parse("").unwrap();
        assert_eq!(config.api_listen.to_string(), DEFAULT_API_LISTEN);
        assert_eq!(config.device_listen.to_string(), DEFAULT_DEVICE_LISTEN);
        assert_eq!(config.region.as_str(), "us-east-1");
    }

    #[test]
    fn a_misspelt_member_is_refused_with_its_line() {
        let fault = parse("region = \"eu-west-1\"\napi_lisen = \"127.0.0.1:1\"\n").unwrap_err();
        assert!(
            fault
                .to_string()
                .starts_with("c.toml: line 2: unknown field `api_lisen`")
        );
        assert!(!fault.to_string().contains('\n'));
    }

    #[test]
    fn an_address_without_a_port_is_refused_with_an_example() {
        let fault = parse("api_listen = \"localhost\"").unwrap_err().to_string();
        assert!(fault.contains("c.toml: api_listen: `localhost`"), "{fault}");
        assert!(fault.contains("127.0.0.1:4566"), "{fault}");
    }

    #[test]
    fn the_command_line_stands_over_the_file() {
        let overrides = Overrides {
            api_listen: Some("127.0.0.1:9".to_owned()),
            ..Overrides::default()
        };
        let text = "api_listen = \"127.0.0.1:8\"";
        let config = Config::parse(Path::new("/d"), text, "", &overrides).unwrap();
        assert_eq!(config.api_listen.port(), 9);
    }

    #[test]
    fn an_account_id_or_domain_that_is_none_is_refused() {
        assert!(parse("account_id = \"12\"").is_err());
        assert!(parse("domain = \"Example.com\"").is_err());
        assert!(parse("domain = \"a..b\"").is_err());
        assert!(parse("domain = \"iot.example.com\"").is_ok());
    }
}
