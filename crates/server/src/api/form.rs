//! Reads the leaves of awsQuery inputs, which are all text.

use serde::{Deserialize, Deserializer, de};

/// A number that may be left out.
pub fn optional_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else {
        return Ok(None);
    };
    let number = text.parse();
    number
        .map(Some)
        .map_err(|_| de::Error::custom(format!("`{text}` is no whole number")))
}

/// A truth value, false where it is left out.
pub fn boolean<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match Option::<String>::deserialize(from)?.as_deref() {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(text) => Err(de::Error::custom(format!(
            "`{text}` is neither true nor false"
        ))),
    }
}
