//! Pages in SQL: where one begins, in which order, how many rows.

use std::borrow::Cow;

use thingpass_domain::error::Error;
use thingpass_domain::page::PageRequest;
use time::OffsetDateTime;

use crate::value::milliseconds;

/// Follows every name in the order of bytes.
pub(crate) const ABOVE_ALL: &str = "\u{10FFFF}";

/// The statement in the page's order. A listing is written for ascending order, ` > ` and ` ASC`,
/// and has these nowhere but in the comparison with the page's beginning and in ORDER BY.
pub(crate) fn ordered(sql: &'static str, page: &PageRequest) -> Cow<'static, str> {
    if page.ascending {
        return Cow::Borrowed(sql);
    }
    Cow::Owned(sql.replace(" > ", " < ").replace(" ASC", " DESC"))
}

/// The name that the page begins after.
pub(crate) fn after_name(page: &PageRequest) -> &str {
    page.after
        .as_deref()
        .unwrap_or(if page.ascending { "" } else { ABOVE_ALL })
}

/// Time of creation and id that the page begins after.
pub(crate) fn after_time(page: &PageRequest) -> Result<(i64, &str), Error> {
    match &page.after {
        Some(key) => read_pair(key).ok_or_else(unreadable),
        None if page.ascending => Ok((i64::MIN, "")),
        None => Ok((i64::MAX, ABOVE_ALL)),
    }
}

/// The key of a row in a listing by time of creation, then id.
pub(crate) fn time_key(created_at: OffsetDateTime, id: &impl std::fmt::Display) -> String {
    format!("{:015} {id}", milliseconds(created_at))
}

/// Name and account that the page begins after.
pub(crate) fn after_name_and_account(page: &PageRequest) -> Result<(&str, &str), Error> {
    match &page.after {
        Some(key) => key.split_once(' ').ok_or_else(unreadable),
        None if page.ascending => Ok(("", "")),
        None => Ok((ABOVE_ALL, ABOVE_ALL)),
    }
}

/// How many rows are read: one more than asked for, to see whether more follow.
pub(crate) fn limit(page: &PageRequest) -> i64 {
    i64::from(page.limit).saturating_add(1)
}

fn read_pair(key: &str) -> Option<(i64, &str)> {
    let (milliseconds, id) = key.split_once(' ')?;
    Some((milliseconds.parse().ok()?, id))
}

fn unreadable() -> Error {
    Error::invalid("the page token was not given out by this listing: leave it out to begin anew")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_another_listing_is_refused() {
        let page = PageRequest {
            limit: 1,
            after: Some("name".to_owned()),
            ascending: true,
        };
        assert!(matches!(after_time(&page), Err(Error::Invalid(_))));
        assert!(matches!(
            after_name_and_account(&page),
            Err(Error::Invalid(_))
        ));
    }

    #[test]
    fn descending_turns_the_comparison_and_the_order() {
        let page = PageRequest {
            limit: 1,
            after: None,
            ascending: false,
        };
        assert_eq!(
            ordered("a > $1 ORDER BY a ASC", &page),
            "a < $1 ORDER BY a DESC"
        );
    }
}
