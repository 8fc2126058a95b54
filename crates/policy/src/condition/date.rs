//! `Date…`: ISO 8601 dates and times, and seconds since the epoch.

use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, OffsetDateTime, PrimitiveDateTime};

use super::order::Relation;
use crate::truth::Truth;

#[derive(Clone, Debug)]
pub(super) struct Dates {
    relation: Relation,
    nanoseconds: Box<[i128]>,
}

impl Dates {
    pub(super) fn compile(values: &[String], relation: Relation) -> Result<Self, String> {
        let parse = |value: &String| {
            parse(value).ok_or_else(|| {
                format!("`{value}` is not a date: write `2025-01-31T12:00:00Z` or seconds since the epoch")
            })
        };
        Ok(Self {
            relation,
            nanoseconds: values.iter().map(parse).collect::<Result<_, _>>()?,
        })
    }

    /// A value of the request that is not a date leaves the answer unknown.
    pub(super) fn matches(&self, value: &str) -> Truth {
        match parse(value) {
            Some(value) => Truth::from(
                self.nanoseconds
                    .iter()
                    .any(|wanted| self.relation.holds(value.cmp(wanted))),
            ),
            None => Truth::Unknown,
        }
    }
}

/// Nanoseconds since the epoch. A time without an offset is UTC, a date its first moment.
fn parse(text: &str) -> Option<i128> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Four digits could be a year as well.
        let seconds: i64 = if text.len() == 4 {
            None
        } else {
            text.parse().ok()
        }?;
        return Some(i128::from(seconds) * 1_000_000_000);
    }
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(text, &Iso8601::PARSING))
        .or_else(|_| {
            PrimitiveDateTime::parse(text, &Iso8601::PARSING).map(PrimitiveDateTime::assume_utc)
        })
        .or_else(|_| Date::parse(text, &Iso8601::PARSING).map(|date| date.midnight().assume_utc()))
        .ok()
        .map(OffsetDateTime::unix_timestamp_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_moment_is_the_same_moment() {
        for text in [
            "2025-01-31T00:00:00Z",
            "2025-01-31T00:00:00.000Z",
            "2025-01-31T01:00:00+01:00",
            "2025-01-31T00:00Z",
            "2025-01-31T00:00:00",
            "2025-01-31",
            "1738281600",
        ] {
            assert_eq!(parse(text), Some(1_738_281_600_000_000_000), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_date_is_refused_or_unknown() {
        for text in [
            "",
            "today",
            "2025",
            "2025-13-01",
            "2025-01-31T25:00:00Z",
            "-1",
            "99999999999999999999",
        ] {
            assert!(
                Dates::compile(&[text.to_owned()], Relation::Less).is_err(),
                "{text}"
            );
            let dates = Dates::compile(&["2025-01-31".to_owned()], Relation::Less).unwrap();
            assert_eq!(dates.matches(text), Truth::Unknown, "{text}");
        }
    }

    #[test]
    fn the_request_is_compared_to_the_policy() {
        let dates = Dates::compile(&["2025-01-31T00:00:00Z".to_owned()], Relation::Less).unwrap();
        assert_eq!(dates.matches("2025-01-30T23:59:59.999Z"), Truth::True);
        assert_eq!(dates.matches("1738281600"), Truth::False);
    }
}
