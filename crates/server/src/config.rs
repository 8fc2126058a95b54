//! What the daemon is told: a TOML file, and the command line over it.

mod bounds;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thingpass_domain::id::{AccountId, Region};

#[cfg(test)]
pub(crate) use self::bounds::MEMORY_BYTES_MIN;
pub use self::bounds::{Audit, KeyRing, Limits};
use self::bounds::{AuditWritten, KeyRingWritten, LimitsWritten};

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
    limits: LimitsWritten,
    audit: AuditWritten,
    key_ring: KeyRingWritten,
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
            server_names: check_server_names(place, file.server_names)?,
            limits: file.limits.read(place)?,
            audit: file.audit.read(place)?,
            key_ring: file.key_ring.read(place)?,
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
    let mend = match message.as_str() {
        "duplicate key" => " (the member is given twice: keep one of the two)",
        _ => "",
    };
    ConfigFault(format!("{place}line {line}: {message}{mend}"))
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

/// A domain of its own: two labels or more, the last of them no number.
fn check_domain(place: &str, domain: String) -> Result<String, ConfigFault> {
    let has_two = domain.contains('.');
    if domain.len() <= 180 && has_two && is_name(&domain) {
        return Ok(domain);
    }
    Err(ConfigFault(format!(
        "{place}domain: `{domain}` is no domain name in lower case with a dot in it: write it like \
         `example.com`, or leave it out to answer any name"
    )))
}

fn check_server_names(place: &str, names: Vec<String>) -> Result<Vec<String>, ConfigFault> {
    let is_good = |name: &String| {
        let own = name.strip_prefix("*.").unwrap_or(name);
        name.parse::<IpAddr>().is_ok() || (name.len() <= 253 && is_name(own))
    };
    match names.iter().find(|name| !is_good(name)) {
        None => Ok(names),
        Some(name) => Err(ConfigFault(format!(
            "{place}server_names: `{name}` is neither a DNS name in lower case nor an address: write \
             it like `things.example.com`, `*.example.com` or `192.0.2.1`"
        ))),
    }
}

/// Whether a text is a DNS name in lower case, and no address.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    name.split('.').all(is_label) && !last.bytes().all(|b| b.is_ascii_digit())
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
        for bad in [
            "Example.com",
            "a..b",
            "localhost",
            "10.0.0.1",
            "a b.com",
            "a.com.",
            "",
        ] {
            let fault = parse(&format!("domain = \"{bad}\""))
                .unwrap_err()
                .to_string();
            assert!(
                fault.starts_with(&format!("c.toml: domain: `{bad}` is no")),
                "{fault}"
            );
        }
        assert!(parse("domain = \"example.com\"").is_ok());
        assert!(parse("domain = \"iot.example.com\"").is_ok());
    }

    #[test]
    fn a_server_name_that_no_client_can_ask_for_is_refused() {
        for bad in ["a b", "", "*.", "a.*.b", "A.b", "192.0.2.256", "a/b"] {
            let fault = parse(&format!("server_names = [\"ok\", \"{bad}\"]"));
            let fault = fault.unwrap_err().to_string();
            assert!(
                fault.starts_with(&format!("c.toml: server_names: `{bad}` is")),
                "{fault}"
            );
        }
        assert!(parse("server_names = [\"host\", \"*.b.c\", \"192.0.2.1\", \"::1\"]").is_ok());
    }

    #[test]
    fn a_member_given_twice_is_refused_with_its_line() {
        let fault = parse("region = \"eu-west-1\"\nregion = \"eu-west-1\"\n").unwrap_err();
        assert_eq!(
            fault.to_string(),
            "c.toml: line 2: duplicate key (the member is given twice: keep one of the two)"
        );
    }

    #[test]
    fn a_number_out_of_range_is_refused_with_its_member() {
        let fault = parse("[limits]\nhead_timeout_seconds = 0")
            .unwrap_err()
            .to_string();
        assert!(
            fault.starts_with("c.toml: limits.head_timeout_seconds: `0`"),
            "{fault}"
        );
    }
}
