//! Pages of listings.

use crate::error::Error;

/// Which page of a listing is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many rows.
    pub limit: u32,
    /// Only rows after this key, in the order of the listing.
    pub after: Option<String>,
    /// Ascending order of the key; otherwise descending.
    pub ascending: bool,
}

impl PageRequest {
    /// The page of `limit` rows that begins after the row that `token` names.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a token that no listing gave out.
    pub fn new(limit: u32, token: Option<&str>, ascending: bool) -> Result<Self, Error> {
        let after = token.map(read_token).transpose()?;
        Ok(Self {
            limit,
            after,
            ascending,
        })
    }

    /// The first page, as large as it may be.
    pub fn first(limit: u32) -> Self {
        Self {
            limit,
            after: None,
            ascending: true,
        }
    }
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The key of the last row, where more rows follow.
    pub last_key: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of rows that were read one more than `limit` to see whether more follow.
    pub fn of(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let last_key = if more { items.last().map(key) } else { None };
        Self { items, last_key }
    }

    /// The page of a listing whose rows are all at hand, in the order of `key`.
    pub fn select(mut items: Vec<T>, request: &PageRequest, key: impl Fn(&T) -> String) -> Self {
        items.sort_by_cached_key(&key);
        if !request.ascending {
            items.reverse();
        }
        if let Some(after) = &request.after {
            let follows = if request.ascending {
                String::gt
            } else {
                String::lt
            };
            items.retain(|item| follows(&key(item), after));
        }
        Self::of(items, request.limit, key)
    }

    /// The opaque token of the next page: base 64, as AWS's `marker` demands.
    pub fn token(&self) -> Option<String> {
        self.last_key
            .as_ref()
            .map(|key| data_encoding::BASE64.encode(key.as_bytes()))
    }

    /// The same page of other rows.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            last_key: self.last_key,
        }
    }
}

fn read_token(token: &str) -> Result<String, Error> {
    let bytes = data_encoding::BASE64.decode(token.as_bytes()).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            Error::invalid(
                "the page token was not given out by a listing: leave it out to begin anew",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_names_the_next_and_its_token_reads_back() {
        let page = Page::of(vec!["a", "b", "c"], 2, |item| (*item).to_owned());
        assert_eq!(page.items, ["a", "b"]);
        let token = page.token().unwrap();
        assert_eq!(
            PageRequest::new(2, Some(&token), true)
                .unwrap()
                .after
                .as_deref(),
            Some("b")
        );
    }

    #[test]
    fn the_last_page_names_no_next() {
        assert_eq!(
            Page::of(vec!["a"], 2, |item| (*item).to_owned()).token(),
            None
        );
    }

    #[test]
    fn rows_at_hand_are_paged_in_both_orders() {
        let select = |ascending, after: Option<&str>| {
            let request = PageRequest {
                limit: 2,
                after: after.map(str::to_owned),
                ascending,
            };
            let page = Page::select(vec!["b", "c", "a"], &request, |item| (*item).to_owned());
            (page.items, page.last_key)
        };
        assert_eq!(select(true, None), (vec!["a", "b"], Some("b".to_owned())));
        assert_eq!(select(true, Some("b")), (vec!["c"], None));
        assert_eq!(select(false, None), (vec!["c", "b"], Some("b".to_owned())));
        assert_eq!(select(false, Some("b")), (vec!["a"], None));
    }

    #[test]
    fn a_made_up_token_is_refused() {
        assert!(PageRequest::new(2, Some("%%%"), true).is_err());
    }
}
