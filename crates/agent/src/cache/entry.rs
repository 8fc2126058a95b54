//! Credentials and when they came.

use crate::credentials::{Credentials, instant};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// botocore wants new credentials 15 minutes before the old ones end; ours are to be newer than that.
const REFRESH_MARGIN: Duration = Duration::minutes(20);

/// How far the clock may have been set back since the credentials came.
const CLOCK_STEP: Duration = Duration::minutes(5);

/// What one cache file holds.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(PartialEq, Eq))]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// When they came, by this device's clock.
    #[serde(with = "instant")]
    pub(crate) obtained: OffsetDateTime,
    /// The credentials.
    pub(crate) credentials: Credentials,
}

impl Entry {
    /// Whether they can be handed out without asking for new ones: more remains than 20 minutes, or than
    /// half their lifetime if that is shorter.
    pub(crate) fn is_fresh(&self, now: OffsetDateTime) -> bool {
        let lifetime = self.credentials.expiration - self.obtained;
        self.remaining(now) > REFRESH_MARGIN.min(lifetime / 2)
    }

    /// Whether they have not ended.
    pub(crate) fn is_live(&self, now: OffsetDateTime) -> bool {
        self.remaining(now).is_positive()
    }

    /// Nothing when they came in the future: the clock was set back, and cannot tell how old they are.
    fn remaining(&self, now: OffsetDateTime) -> Duration {
        if self.obtained - now > CLOCK_STEP {
            return Duration::ZERO;
        }
        self.credentials.expiration - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::sample;
    use time::macros::datetime;

    const START: OffsetDateTime = datetime!(2030-01-01 00:00:00 UTC);

    fn living(minutes: i64) -> Entry {
        Entry {
            obtained: START,
            credentials: sample(START + Duration::minutes(minutes)),
        }
    }

    fn is_fresh_after(entry: &Entry, minutes: i64) -> bool {
        entry.is_fresh(START + Duration::minutes(minutes))
    }

    #[test]
    fn long_lived_credentials_are_fresh_until_20_minutes_remain() {
        let entry = living(60);
        assert!(is_fresh_after(&entry, 39));
        assert!(!is_fresh_after(&entry, 40));
    }

    #[test]
    fn short_lived_credentials_are_fresh_for_half_their_life() {
        let entry = living(15);
        assert!(is_fresh_after(&entry, 7));
        assert!(!is_fresh_after(&entry, 8));
    }

    #[test]
    fn credentials_live_until_they_end() {
        let entry = living(15);
        assert!(entry.is_live(START + Duration::seconds(899)));
        assert!(!entry.is_live(START + Duration::seconds(900)));
    }

    #[test]
    fn credentials_that_ended_before_they_came_are_never_fresh() {
        assert!(!is_fresh_after(&living(-5), 0));
    }

    #[test]
    fn credentials_from_the_future_are_neither_fresh_nor_live() {
        let entry = living(60);
        assert!(is_fresh_after(&entry, -5));
        assert!(!is_fresh_after(&entry, -6));
        assert!(!entry.is_live(START - Duration::days(20_000)));
    }
}
