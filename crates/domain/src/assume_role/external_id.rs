//! `sts:ExternalId`.

use serde::{Deserialize, Serialize};

use crate::id::InvalidName;

/// What a caller who acts for many others says to prove for whom (STS model, `externalIdType`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(String);

impl ExternalId {
    /// Checks AWS's length and pattern.
    ///
    /// # Errors
    /// The AWS validation sentence.
    pub fn new(value: impl Into<String>) -> Result<Self, InvalidName> {
        let value = value.into();
        let length = value.chars().count();
        let is_legal = |c: char| {
            c.is_ascii_alphanumeric()
                || matches!(c, '_' | '+' | '=' | ',' | '.' | '@' | ':' | '/' | '-')
        };
        let constraint = if length < 2 {
            "have length greater than or equal to 2"
        } else if length > 1224 {
            "have length less than or equal to 1224"
        } else if !value.chars().all(is_legal) {
            "satisfy regular expression pattern: [\\w+=,.@:\\/-]*"
        } else {
            return Ok(Self(value));
        };
        Err(InvalidName::new("externalId", &value, constraint))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ExternalId {
    type Error = InvalidName;
    fn try_from(value: String) -> Result<Self, InvalidName> {
        Self::new(value)
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> String {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::ExternalId;

    #[test]
    fn external_ids_keep_to_the_models_length_and_characters() {
        assert!(ExternalId::new("a:b/c-_+=,.@1").is_ok());
        for text in ["", "a", "a b", "a*", &"x".repeat(1225)] {
            assert!(ExternalId::new(text).is_err(), "{text}");
        }
    }
}
