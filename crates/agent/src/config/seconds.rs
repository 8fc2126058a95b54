//! Numbers of seconds within bounds.

use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Seconds from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seconds<const LEAST: i64, const MOST: i64>(u32);

/// A lifetime of credentials that AWS IoT allows.
pub(crate) type DurationSeconds = Seconds<900, 43_200>;

/// How long an exchange may take; 10 unless given.
pub(crate) type TimeoutSeconds = Seconds<1, 300>;

impl<const LEAST: i64, const MOST: i64> Seconds<LEAST, MOST> {
    /// The number.
    pub(crate) fn get(self) -> u32 {
        self.0
    }

    /// The time.
    pub(crate) fn as_duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }

    fn new(number: i64) -> Option<Self> {
        let number = Some(number).filter(|number| (LEAST..=MOST).contains(number))?;
        u32::try_from(number).ok().map(Self)
    }
}

impl Default for TimeoutSeconds {
    fn default() -> Self {
        Self(10)
    }
}

impl<const LEAST: i64, const MOST: i64> FromStr for Seconds<LEAST, MOST> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().ok().and_then(Self::new).ok_or_else(|| {
            format!(
                "`{}` is not a whole number from {LEAST} to {MOST}",
                text.escape_debug()
            )
        })
    }
}

impl<'de, const LEAST: i64, const MOST: i64> Deserialize<'de> for Seconds<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(InBounds)
    }
}

/// Says what is expected in words, where the library would name its own types.
struct InBounds<const LEAST: i64, const MOST: i64>;

impl<const LEAST: i64, const MOST: i64> de::Visitor<'_> for InBounds<LEAST, MOST> {
    type Value = Seconds<LEAST, MOST>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a whole number from {LEAST} to {MOST}")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Seconds::new(number).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_within_the_bounds_pass() {
        for (text, fits) in [
            ("899", false),
            ("900", true),
            ("43200", true),
            ("43201", false),
            ("-900", false),
            ("", false),
            ("1h", false),
        ] {
            assert_eq!(text.parse::<DurationSeconds>().is_ok(), fits, "{text}");
        }
        assert_eq!(TimeoutSeconds::default().as_duration().as_secs(), 10);
    }
}
