//! The exchange: the device certificate for AWS credentials, over mutual TLS.
//!
//! `GET /role-aliases/{alias}/credentials`
//! AWS: <https://docs.aws.amazon.com/iot/latest/developerguide/authorizing-direct-aws.html>

mod answer;
mod attempt;
mod connection;
mod error;
mod identity;
mod refusal;
mod tls_failure;

pub(crate) use error::FetchError;
pub(crate) use identity::{DeviceCertificate, Identity};

use crate::config::Config;
use crate::credentials::Credentials;
use crate::failure::Failure;
use crate::verb::Clock;
use attempt::Attempt;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// What the server gave.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The credentials.
    pub(crate) credentials: Credentials,
    /// What the user should know all the same.
    pub(crate) warnings: Vec<String>,
}

/// Asks the server for credentials, again while it is out of reach or overloaded, within the configured time.
pub(crate) fn fetch(
    config: &Config,
    identity: &Identity,
    certificate: &DeviceCertificate,
    clock: Clock,
) -> Result<Fetched, FetchError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::exchange(format!("cannot start: {}", error.kind()), ""))?;
    let attempt = Attempt {
        config,
        identity,
        certificate,
        clock,
    };
    let result = runtime.block_on(within_timeout(&attempt));
    // A name look-up that hangs must not hold up the process.
    runtime.shutdown_background();
    result
}

async fn within_timeout(attempt: &Attempt<'_>) -> Result<Fetched, FetchError> {
    let mut last = None;
    let limit = attempt.config.timeout;
    timeout(limit.as_duration(), with_retries(attempt, &mut last))
        .await
        .unwrap_or_else(|_| {
            Err(last.unwrap_or_else(|| {
                FetchError::outage(
                    format!(
                        "`{}` did not answer within {} seconds",
                        attempt.config.endpoint,
                        limit.get()
                    ),
                    "check that this is the device endpoint and that the network lets its port through, or give a longer --timeout",
                )
            }))
        })
}

/// `last` keeps the latest failure for when time runs out between attempts.
async fn with_retries(
    attempt: &Attempt<'_>,
    last: &mut Option<FetchError>,
) -> Result<Fetched, FetchError> {
    for number in 1..ATTEMPTS {
        match attempt.run().await {
            Err(error) if error.is_outage() => {
                *last = Some(error);
                // The pause between attempts is meant: an endpoint that is away is not hammered.
                sleep(pause(number, attempt.identity.random_byte())).await;
            }
            finished => return finished,
        }
    }
    attempt.run().await
}

/// Doubles with each attempt; a half of it is left to chance, so that a fleet does not come back as one.
fn pause(number: u32, chance: u8) -> Duration {
    let longest = FIRST_PAUSE * 2_u32.saturating_pow(number.saturating_sub(1));
    longest / 2 + longest / 2 * u32::from(chance) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_differ_by_chance() {
        assert_eq!(pause(1, 0), Duration::from_millis(125));
        assert_eq!(pause(1, 255), Duration::from_millis(250));
        assert_eq!(pause(2, 255), Duration::from_millis(500));
        assert!(pause(2, 100) < pause(2, 101));
    }
}
