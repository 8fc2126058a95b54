//! How the listings of this service page: `pageSize`, `marker`, `isAscendingOrder`; in the registry
//! of things `maxResults` and `nextToken`.

use thingpass_domain::error::Error;
use thingpass_domain::page::PageRequest;
use thingpass_domain::quota::{IOT_PAGE_DEFAULT, IOT_PAGE_MAX};
use thingpass_wire::rest_json::{Binding, Kind};

use crate::api::dispatch::query_parameter;

/// Rows of a page.
pub(super) const PAGE_SIZE: Binding = query_parameter("pageSize", "pageSize", Kind::Integer);

/// Where the page begins.
pub(super) const MARKER: Binding = query_parameter("marker", "marker", Kind::Text);

/// The order; ascending where nothing is said.
pub(super) const ASCENDING_ORDER: Binding =
    query_parameter("ascendingOrder", "isAscendingOrder", Kind::Boolean);

/// The page that is asked for.
pub(super) fn page(
    page_size: Option<u32>,
    marker: Option<&str>,
    ascending_order: Option<bool>,
) -> Result<PageRequest, Error> {
    let limit = limit("pageSize", page_size)?;
    PageRequest::new(limit, marker, ascending_order.unwrap_or(true))
}

/// Rows of a page, in the registry of things.
pub(super) const MAX_RESULTS: Binding = query_parameter("maxResults", "maxResults", Kind::Integer);

/// Where the page begins, in the registry of things.
pub(super) const NEXT_TOKEN: Binding = query_parameter("nextToken", "nextToken", Kind::Text);

/// The page that is asked for, in the registry of things.
pub(super) fn registry_page(
    max_results: Option<u32>,
    next_token: Option<&str>,
) -> Result<PageRequest, Error> {
    PageRequest::new(limit("maxResults", max_results)?, next_token, true)
}

fn limit(member: &str, asked: Option<u32>) -> Result<u32, Error> {
    let limit = asked.unwrap_or(IOT_PAGE_DEFAULT);
    if (1..=IOT_PAGE_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Error::invalid(format!(
        "{member} must be between 1 and {IOT_PAGE_MAX}, `{limit}` is not"
    )))
}

#[cfg(test)]
mod tests {
    use super::{page, registry_page};

    #[test]
    fn a_page_has_25_rows_in_ascending_order_where_nothing_is_said() {
        let page = page(None, None, None).unwrap();
        assert_eq!((page.limit, page.ascending, page.after), (25, true, None));
    }

    #[test]
    fn page_sizes_beyond_the_models_and_made_up_markers_are_refused() {
        assert!(page(Some(250), None, Some(false)).is_ok());
        for size in [0, 251] {
            assert!(page(Some(size), None, None).is_err(), "{size}");
        }
        assert!(page(None, Some("%%"), None).is_err());
    }
    #[test]
    fn pages_of_the_registry_hold_the_same_bounds() {
        assert_eq!(registry_page(None, None).unwrap().limit, 25);
        assert!(registry_page(Some(250), None).unwrap().ascending);
        for size in [0, 251] {
            assert!(registry_page(Some(size), None).is_err(), "{size}");
        }
        assert!(registry_page(None, Some("%%")).is_err());
    }
}
