//! `IpAddress` and `NotIpAddress`: networks of IPv4 and IPv6 addresses.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::truth::Truth;

#[derive(Clone, Debug)]
pub(super) struct Networks {
    values: Box<[IpNet]>,
}

impl Networks {
    pub(super) fn compile(values: &[String]) -> Result<Self, String> {
        let parse = |value: &String| {
            parse(value).ok_or_else(|| {
                format!("`{value}` is not an address or a network such as `192.0.2.0/24` or `2001:db8::/32`")
            })
        };
        Ok(Self {
            values: values.iter().map(parse).collect::<Result<_, _>>()?,
        })
    }

    /// A value of the request that is not an address leaves the answer unknown.
    pub(super) fn matches(&self, value: &str) -> Truth {
        match value.parse::<IpAddr>() {
            Ok(address) => {
                let address = address.to_canonical();
                Truth::from(self.values.iter().any(|network| network.contains(&address)))
            }
            Err(_) => Truth::Unknown,
        }
    }
}

/// Reads an address or a network. An IPv4 network spelled in IPv6 (`::ffff:192.0.2.0/120`) is IPv4.
fn parse(text: &str) -> Option<IpNet> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse().ok()?,
    };
    if let IpNet::V6(v6) = network
        && let (Some(address), Some(prefix)) =
            (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96))
    {
        return Ipv4Net::new(address, prefix).ok().map(IpNet::V4);
    }
    Some(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(network: &str, address: &str) -> Truth {
        Networks::compile(&[network.to_owned()])
            .unwrap()
            .matches(address)
    }

    #[test]
    fn networks_contain_their_addresses() {
        for (network, address) in [
            ("192.0.2.0/24", "192.0.2.255"),
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.9/24", "192.0.2.1"),
            ("2001:db8::/32", "2001:DB8:1::1"),
            ("::1", "0:0::1"),
            ("0.0.0.0/0", "203.0.113.9"),
            ("192.0.2.0/24", "::ffff:192.0.2.1"),
            ("::ffff:192.0.2.0/120", "192.0.2.1"),
        ] {
            assert_eq!(
                matches(network, address),
                Truth::True,
                "{network} {address}"
            );
        }
        for (network, address) in [
            ("192.0.2.0/24", "192.0.3.0"),
            ("192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "::1"),
            ("::/0", "192.0.2.1"),
        ] {
            assert_eq!(
                matches(network, address),
                Truth::False,
                "{network} {address}"
            );
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused_or_unknown() {
        for text in [
            "",
            "192.0.2",
            "192.0.2.0/33",
            "010.0.0.1",
            "192.0.2.1:80",
            "fe80::1%eth0",
            "${aws:SourceIp}",
        ] {
            assert!(Networks::compile(&[text.to_owned()]).is_err(), "{text}");
            assert_eq!(matches("0.0.0.0/0", text), Truth::Unknown, "{text}");
        }
    }
}
