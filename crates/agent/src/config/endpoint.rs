//! The address of the device endpoint.

use rustls_pki_types::ServerName;
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

const HTTPS_PORT: u16 = 443;

/// Host and port of the device endpoint: `localhost:8443`, `prefix.credentials.iot.region.domain`,
/// `[::1]:8443`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Endpoint {
    host: String,
    port: u16,
    server_name: ServerName<'static>,
}

impl Endpoint {
    /// The DNS name or IP address, an IPv6 address without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What the server's certificate must name; a DNS name also goes into the TLS greeting (SNI).
    pub(crate) fn server_name(&self) -> ServerName<'static> {
        self.server_name.clone()
    }

    /// The value of the `Host` header: without the port when it is 443.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match self.port {
            HTTPS_PORT => host,
            port => format!("{host}:{port}"),
        }
    }
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            return Err(format!(
                "`{}` must be a host name and port only, without `https://` or a path",
                text.escape_debug()
            ));
        }
        let refused = || {
            format!(
                "`{}` is not an address such as `localhost:8443`",
                text.escape_debug()
            )
        };
        let (host, port) = split(text).ok_or_else(refused)?;
        let port = match port {
            None => HTTPS_PORT,
            Some(digits) => digits
                .parse()
                .ok()
                .filter(|port| *port > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()))
                .ok_or_else(refused)?,
        };
        let host = host.to_ascii_lowercase();
        Ok(Self {
            server_name: ServerName::try_from(host.clone()).map_err(|_| refused())?,
            host,
            port,
        })
    }
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.authority())
    }
}

/// Host and port; only an IPv6 address stands in brackets, and it always does.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        if !host.contains(':') {
            return None;
        }
        return match after {
            "" => Some((host, None)),
            port => Some((host, Some(port.strip_prefix(':')?))),
        };
    }
    match text.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((text, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_told_apart() {
        let cases = [
            ("localhost:8443", "localhost", 8443, "localhost:8443"),
            (
                "A.credentials.iot.eu.example.com",
                "a.credentials.iot.eu.example.com",
                443,
                "a.credentials.iot.eu.example.com",
            ),
            ("10.0.0.1:443", "10.0.0.1", 443, "10.0.0.1"),
            ("[::1]:8443", "::1", 8443, "[::1]:8443"),
            ("[::1]", "::1", 443, "[::1]"),
        ];
        for (text, host, port, authority) in cases {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(
                (endpoint.host(), endpoint.port(), endpoint.authority()),
                (host, port, authority.to_owned())
            );
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for bad in [
            "",
            ":443",
            "host:",
            "host:0",
            "host:65536",
            "host:+1",
            "::1",
            "[::1",
            "[host]:1",
            "[::1]8443",
            "a b",
            "https://host",
            "host/path",
            "user@host",
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }
}
