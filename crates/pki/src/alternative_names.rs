//! Alternative names: who else a certificate speaks for.

use crate::{DistinguishedName, Error};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_parser::extensions::GeneralName;

/// The alternative names that AWS IoT policies can ask for as
/// `iot:Certificate.Subject.AlternativeName.*` and `iot:Certificate.Issuer.AlternativeName.*`,
/// in the order of the certificate. Kinds that no policy can ask for are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlternativeNames {
    /// E-mail addresses (`RFC822Name`).
    pub rfc822: Vec<String>,
    /// DNS names (`DNSName`).
    pub dns: Vec<String>,
    /// Distinguished names, printed (`DirectoryName`).
    pub directory: Vec<String>,
    /// URIs (`UniformResourceIdentifier`).
    pub uri: Vec<String>,
    /// Addresses in their usual text form (`IPAddress`).
    pub ip: Vec<String>,
}

impl AlternativeNames {
    pub(crate) fn read(names: &[GeneralName<'_>]) -> Result<Self, Error> {
        let mut read = Self::default();
        for name in names {
            match name {
                GeneralName::RFC822Name(text) => read.rfc822.push((*text).to_owned()),
                GeneralName::DNSName(text) => read.dns.push((*text).to_owned()),
                GeneralName::URI(text) => read.uri.push((*text).to_owned()),
                GeneralName::DirectoryName(name) => {
                    read.directory
                        .push(DistinguishedName::read("certificate", name)?.to_string());
                }
                GeneralName::IPAddress(bytes) => read.ip.push(address(bytes)?),
                GeneralName::Invalid(..) => {
                    return Err(Error::unreadable(
                        "certificate",
                        "an alternative name is malformed",
                    ));
                }
                GeneralName::OtherName(..)
                | GeneralName::X400Address(_)
                | GeneralName::EDIPartyName(_)
                | GeneralName::RegisteredID(_) => {}
            }
        }
        Ok(read)
    }
}

fn address(bytes: &[u8]) -> Result<String, Error> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Ok(Ipv4Addr::from(v4).to_string());
    }
    <[u8; 16]>::try_from(bytes)
        .map(|v6| Ipv6Addr::from(v6).to_string())
        .map_err(|_| Error::unreadable("certificate", "an alternative IP address is malformed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_another_length_is_refused() {
        assert_eq!(address(&[192, 0, 2, 7]).unwrap(), "192.0.2.7");
        assert!(address(&[1; 5]).is_err());
        assert!(AlternativeNames::read(&[GeneralName::IPAddress(&[])]).is_err());
    }
}
