//! What AWS IoT adds to the language: rules for variables that come out of a certificate.
//!
//! Source: AWS IoT Core developer guide, "X.509 certificate AWS IoT Core policy variables".

/// Items of a certificate attribute list that are read; the rest are ignored.
pub(crate) const CERTIFICATE_LIST_ITEMS: usize = 5;

/// Characters above which a certificate attribute is not substituted.
pub(crate) const CERTIFICATE_VALUE_CHARS: usize = 1024;

/// Whether a lower-case key names an attribute of the certificate, which its holder may have chosen.
pub(crate) fn is_certificate_key(lower_key: &str) -> bool {
    lower_key.starts_with("iot:certificate.")
}

/// Characters that keep a certificate attribute from being substituted.
pub(crate) fn is_reserved(character: char) -> bool {
    matches!(character, '*' | '$' | '+' | '?' | '#')
}
