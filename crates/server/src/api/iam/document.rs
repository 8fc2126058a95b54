//! Policy documents on IAM's wire: bounded text in requests, percent-encoded in answers.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use thingpass_domain::id::InvalidName;

/// Longest document that is read (IAM model, `policyDocumentType`).
const CHARACTERS_MAX: usize = 131_072;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A policy document as a request carries it; its grammar is the domain's to check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Document(String);

impl Document {
    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl TryFrom<String> for Document {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        let refuse = |constraint: &str| InvalidName::new("policyDocument", &text, constraint);
        let legal = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
        if text.is_empty() {
            return Err(refuse("have length greater than or equal to 1"));
        }
        if text.chars().count() > CHARACTERS_MAX {
            return Err(refuse(&format!(
                "have length less than or equal to {CHARACTERS_MAX}"
            )));
        }
        if !text.chars().all(legal) {
            let pattern = "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+";
            return Err(refuse(&format!(
                "satisfy regular expression pattern: {pattern}"
            )));
        }
        Ok(Self(text))
    }
}

/// The document as answers carry it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stand_for_themselves() {
        assert_eq!(
            encoded(r#"{"a-b": "~é_.*"}"#),
            "%7B%22a-b%22%3A%20%22~%C3%A9_.%2A%22%7D"
        );
    }

    #[test]
    fn empty_overlong_and_foreign_text_is_refused() {
        for bad in [
            String::new(),
            "x".repeat(CHARACTERS_MAX + 1),
            "\u{0}".into(),
            "\u{2713}".into(),
        ] {
            assert!(Document::try_from(bad.clone()).is_err(), "{}", bad.len());
        }
        assert!(Document::try_from("x".repeat(CHARACTERS_MAX)).is_ok());
    }
}
