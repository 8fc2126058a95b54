//! Names as AWS IoT spells them.

use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

const NAME_CHARS: usize = 128;

/// A role alias: 1 to 128 of `A-Za-z0-9_=,@-`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct RoleAlias(String);

/// A thing's name: 1 to 128 of `A-Za-z0-9:_-`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ThingName(String);

impl RoleAlias {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl ThingName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleAlias {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check("role alias", text, "_=,@-").map(Self)
    }
}

impl FromStr for ThingName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check("thing name", text, ":_-").map(Self)
    }
}

impl TryFrom<String> for RoleAlias {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for ThingName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for RoleAlias {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn check(what: &str, text: &str, also: &str) -> Result<String, String> {
    let fits = (1..=NAME_CHARS).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || also.contains(c));
    if fits {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{}` is not a {what}: 1 to {NAME_CHARS} letters, digits or `{also}`",
        text.escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_aws_accepts() {
        for good in ["a", "A_=,@-9", &"a".repeat(128)] {
            assert!(good.parse::<RoleAlias>().is_ok(), "{good}");
        }
        assert!("a:b_c-9".parse::<ThingName>().is_ok());
        for bad in ["", "a b", "a/b", "é", "a\r\nx: y", &"a".repeat(129)] {
            assert!(bad.parse::<RoleAlias>().is_err(), "{bad}");
            assert!(bad.parse::<ThingName>().is_err(), "{bad}");
        }
    }
}
