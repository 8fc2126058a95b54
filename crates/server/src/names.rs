//! The names that the doors answer to.

use std::net::IpAddr;

use thingpass_domain::account::Account;

use crate::config::Config;

/// Which server names a device may ask for.
#[derive(Debug, Clone)]
pub enum DeviceNames {
    /// Any, or none: a single account on a laptop.
    Any,
    /// This one only: `<prefix>.credentials.iot.<region>.<domain>`.
    Only(String),
}

/// The endpoint's name, if a domain is configured.
pub fn credentials_host(config: &Config, account: &Account) -> Option<String> {
    let domain = config.domain.as_ref()?;
    let (prefix, region) = (&account.endpoint_prefix, &config.region);
    Some(format!("{prefix}.credentials.iot.{region}.{domain}"))
}

/// The endpoint as DescribeEndpoint tells it: the name of the account's own, or `localhost` with the
/// port.
pub fn credentials_endpoint(config: &Config, account: &Account, port: u16) -> String {
    let host = credentials_host(config, account).unwrap_or_else(|| "localhost".to_owned());
    if port == 443 {
        host
    } else {
        format!("{host}:{port}")
    }
}

impl DeviceNames {
    /// What the configuration says.
    pub fn of(config: &Config, account: &Account) -> Self {
        credentials_host(config, account).map_or(Self::Any, Self::Only)
    }

    /// Why the name that the client asked for is not the endpoint's, if it is not.
    pub fn fault(&self, asked: Option<&str>) -> Option<String> {
        let Self::Only(name) = self else { return None };
        match asked {
            Some(asked) if asked.eq_ignore_ascii_case(name) => None,
            Some(asked) => Some(format!(
                "the client asked for server name `{asked}`, the endpoint is `{name}` (see `aws \
                 iot describe-endpoint --endpoint-type iot:CredentialProvider`)"
            )),
            None => Some(format!(
                "the client sent no server name (TLS SNI), the endpoint is `{name}`"
            )),
        }
    }
}

/// The names that the server certificate carries.
pub fn certificate_names(config: &Config) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    if let Some(domain) = &config.domain {
        names.push(format!("*.credentials.iot.{}.{domain}", config.region));
        names.push(format!("*.{domain}"));
        names.push(domain.clone());
    }
    let mut addresses = vec![
        IpAddr::from([127, 0, 0, 1]),
        IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
    ];
    addresses.extend([config.api_listen.ip(), config.device_listen.ip()]);
    let addresses = addresses.iter().filter(|address| !address.is_unspecified());
    names.extend(addresses.map(ToString::to_string));
    names.extend(config.server_names.iter().cloned());
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

#[cfg(test)]
mod tests {
    use thingpass_domain::id::AccountId;

    use super::*;
    use crate::config::Overrides;

    #[test]
    fn with_a_domain_only_the_accounts_own_name_is_answered() {
        let names = DeviceNames::Only("abc.credentials.iot.eu-west-1.example.com".to_owned());
        assert!(
            names
                .fault(Some("ABC.credentials.iot.eu-west-1.example.com"))
                .is_none()
        );
        assert!(
            names
                .fault(Some("xyz.credentials.iot.eu-west-1.example.com"))
                .is_some()
        );
        assert!(names.fault(None).unwrap().contains("no server name"));
    }

    #[test]
    fn with_a_domain_of_two_labels_the_endpoint_has_the_six_that_clients_count() {
        let directory = std::path::Path::new("/d");
        let mut config = Config::read(directory, None, &Overrides::default()).unwrap();
        config.domain = Some("example.com".to_owned());
        let account = Account {
            id: AccountId::new("123456789012").unwrap(),
            endpoint_prefix: "abc".to_owned(),
            created_at: time::OffsetDateTime::UNIX_EPOCH,
        };
        let host = credentials_host(&config, &account).unwrap();
        // AWS clients take the third label from the end for the region, where there are six.
        let labels: Vec<&str> = host.split('.').collect();
        assert_eq!(
            (labels.len(), labels.get(3)),
            (6, Some(&config.region.as_str()))
        );
        assert!(host.contains(".credentials.iot."));
    }

    #[test]
    fn without_a_domain_any_name_is_answered() {
        assert!(DeviceNames::Any.fault(None).is_none());
    }
}
