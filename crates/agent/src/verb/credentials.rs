//! `thingpass-agent credentials`: an AWS SDK's `credential_process`.
//!
//! An SDK starts it anew at every call of a command-line tool and well before expiry, so credentials are
//! kept in a [`Cache`] that all of the user's processes share.

use super::Clock;
use crate::cache::{self, Cache, Entry, Reading};
use crate::config::{CacheChoice, Config, Settings};
use crate::credentials::Credentials;
use crate::failure::Failure;
use crate::fetch::{self, DeviceCertificate, FetchError, Identity};
use crate::output;
use std::path::PathBuf;

/// What to exchange, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// TOML file that holds the options below
    #[arg(long, env = "THINGPASS_AGENT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Prints credentials from the cache or the server.
pub(crate) fn run(arguments: Arguments, clock: Clock) -> Result<(), Failure> {
    let config = Config::resolve(arguments.settings, arguments.config.as_deref())?;
    let certificate = DeviceCertificate::load(&config.cert)?;
    let exchange = Exchange {
        config: &config,
        certificate: &certificate,
        clock,
    };
    let credentials = match open_cache(&config, &certificate) {
        Some(cache) => exchange.through(&cache)?,
        None => exchange.fetch().map_err(Failure::from)?,
    };
    output::print(&output::credential_process(&credentials)?)
}

/// The cache, unless there is to be none or none can be had, which is said.
fn open_cache(config: &Config, certificate: &DeviceCertificate) -> Option<Cache> {
    let directory = match &config.cache {
        CacheChoice::Off => return None,
        CacheChoice::Directory(directory) => Some(directory.clone()),
        CacheChoice::Default => {
            cache::default_directory(std::env::var_os("XDG_CACHE_HOME"), std::env::home_dir())
        }
    };
    let opened = directory
        .ok_or_else(|| "there is no home directory for it".to_owned())
        .and_then(|directory| Cache::open(&directory, &cache_key(config, certificate)));
    opened
        .inspect_err(|reason| {
            output::warn(&format!(
                "credentials are not cached, because {reason}; give another --cache-dir, or --no-cache"
            ));
        })
        .ok()
}

fn cache_key(config: &Config, certificate: &DeviceCertificate) -> cache::Key {
    cache::Key::new(&[
        &config.endpoint.to_string(),
        config.role_alias.as_str(),
        config.thing_name.as_ref().map_or("", |name| name.as_str()),
        certificate.fingerprint(),
        &config
            .duration
            .map_or_else(String::new, |duration| duration.get().to_string()),
    ])
}

struct Exchange<'a> {
    config: &'a Config,
    certificate: &'a DeviceCertificate,
    clock: Clock,
}

impl Exchange<'_> {
    /// From the cache while it is fresh; else one process asks the server, and the others wait for it.
    fn through(&self, cache: &Cache) -> Result<Credentials, Failure> {
        if let Reading::Entry(entry) = cache.read()
            && entry.is_fresh((self.clock)())
        {
            return Ok(entry.credentials);
        }
        let lock = cache
            .lock(self.config.timeout.as_duration())
            .inspect_err(|reason| {
                output::warn(&format!("credentials are not cached, because {reason}"));
            })
            .ok();
        let kept = match cache.read() {
            Reading::Entry(entry) if entry.is_fresh((self.clock)()) => return Ok(entry.credentials),
            Reading::Entry(entry) => Some(entry),
            Reading::Absent => None,
            Reading::Ignored(reason) => {
                output::warn(&format!("{reason}; it is replaced"));
                None
            }
        };
        match self.fetch() {
            Ok(credentials) => {
                let entry = Entry {
                    obtained: (self.clock)(),
                    credentials,
                };
                if let Some(lock) = &lock
                    && let Err(reason) = cache.write(lock, &entry)
                {
                    output::warn(&format!("credentials are not cached, because {reason}"));
                }
                Ok(entry.credentials)
            }
            Err(error) => self.without_server(error, kept, cache),
        }
    }

    /// Credentials that still live bridge the time in which the server is away; a refusal ends them.
    fn without_server(
        &self,
        error: FetchError,
        kept: Option<Entry>,
        cache: &Cache,
    ) -> Result<Credentials, Failure> {
        if error.is_refusal() {
            cache.remove();
        }
        match kept {
            Some(entry) if error.is_outage() && entry.is_live((self.clock)()) => {
                output::warn(&format!(
                    "{error}; using cached credentials, which end in {} seconds",
                    (entry.credentials.expiration - (self.clock)()).whole_seconds()
                ));
                Ok(entry.credentials)
            }
            _ => Err(error.into()),
        }
    }

    fn fetch(&self) -> Result<Credentials, FetchError> {
        let identity = Identity::load(self.config, self.certificate, (self.clock)())?;
        for warning in identity.warnings() {
            output::warn(warning);
        }
        let fetched = fetch::fetch(self.config, &identity, self.certificate, self.clock)?;
        for warning in &fetched.warnings {
            output::warn(warning);
        }
        // Too long ones are of no use to anyone, so they must not get into the cache either.
        output::credential_process(&fetched.credentials)?;
        Ok(fetched.credentials)
    }
}
