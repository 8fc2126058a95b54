//! Pages of IAM's listings: `MaxItems` and `Marker` in, `IsTruncated` and `Marker` out.

use serde::Serialize;
use thingpass_domain::error::Error;
use thingpass_domain::id::InvalidName;
use thingpass_domain::page::{Page, PageRequest};
use thingpass_domain::quota::{IAM_PAGE_DEFAULT, IAM_PAGE_MAX};

/// The page that a request asks for.
pub(super) fn requested(
    max_items: Option<u32>,
    marker: Option<&str>,
) -> Result<PageRequest, Error> {
    let limit = max_items.unwrap_or(IAM_PAGE_DEFAULT);
    let refuse = |constraint| InvalidName::new("maxItems", &limit.to_string(), constraint);
    if limit < 1 {
        return Err(refuse("have value greater than or equal to 1".to_owned()).into());
    }
    if limit > IAM_PAGE_MAX {
        return Err(refuse(format!("have value less than or equal to {IAM_PAGE_MAX}")).into());
    }
    PageRequest::new(limit, marker, true)
}

/// Whether more follows, and where.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Paging {
    is_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<String>,
}

impl<T> From<&Page<T>> for Paging {
    fn from(page: &Page<T>) -> Self {
        let marker = page.token();
        Self {
            is_truncated: marker.is_some(),
            marker,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_hundred_rows_and_may_have_a_thousand() {
        assert_eq!(requested(None, None).unwrap().limit, 100);
        assert_eq!(requested(Some(1000), None).unwrap().limit, 1000);
        for size in [0, 1001] {
            assert!(
                matches!(requested(Some(size), None), Err(Error::Invalid(_))),
                "{size}"
            );
        }
    }

    #[test]
    fn a_marker_that_no_listing_gave_out_is_refused() {
        assert!(matches!(requested(None, Some("%")), Err(Error::Invalid(_))));
    }
}
