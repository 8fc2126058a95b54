//! Names and identifiers. A value of one of these types is legal: it is checked where it is made,
//! and the refusal carries AWS's own validation sentence.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::quota;

/// Why a string is not a legal name: AWS's validation sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
)]
pub struct InvalidName {
    member: &'static str,
    value: String,
    constraint: String,
}

impl InvalidName {
    /// A refusal of `value` for the request member `member`; `constraint` completes "Member must …".
    pub fn new(member: &'static str, value: &str, constraint: impl Into<String>) -> Self {
        let value = value.chars().take(256).collect();
        Self {
            member,
            value,
            constraint: constraint.into(),
        }
    }
}

fn check(
    member: &'static str,
    value: &str,
    (min, max): (usize, usize),
    pattern: &str,
    legal: impl Fn(char) -> bool,
) -> Result<(), InvalidName> {
    let length = value.chars().count();
    if length < min {
        let constraint = format!("have length greater than or equal to {min}");
        return Err(InvalidName::new(member, value, constraint));
    }
    if length > max {
        let constraint = format!("have length less than or equal to {max}");
        return Err(InvalidName::new(member, value, constraint));
    }
    if !value.chars().all(legal) {
        let constraint = format!("satisfy regular expression pattern: {pattern}");
        return Err(InvalidName::new(member, value, constraint));
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $member:literal, $length:expr, $pattern:literal, $legal:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        // Shared, for names are handed on far more often than they are made.
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks length and characters.
            pub fn new(value: impl AsRef<str>) -> Result<Self, InvalidName> {
                let value = value.as_ref();
                check($member, value, $length, $pattern, $legal)?;
                Ok(Self(value.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(value: String) -> Result<Self, InvalidName> {
                Self::new(value)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;
            fn from_str(value: &str) -> Result<Self, InvalidName> {
                Self::new(value)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                (*name.0).to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

name!(
    /// An AWS account id: twelve digits.
    AccountId, "accountId", (12, 12), "[0-9]{12}", |c| c.is_ascii_digit()
);
name!(
    /// The name of a region, as it stands in ARNs and credential scopes.
    Region, "region", (1, 64), "[a-z0-9-]+",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
);
name!(
    /// The name of a thing.
    ThingName, "thingName", (1, quota::THING_NAME_MAX), "[a-zA-Z0-9:_-]+",
    |c| is_word(c) || matches!(c, ':' | '-')
);
name!(
    /// The name of a thing type.
    ThingTypeName, "thingTypeName", (1, quota::THING_NAME_MAX), "[a-zA-Z0-9:_-]+",
    |c| is_word(c) || matches!(c, ':' | '-')
);
name!(
    /// The name of a thing attribute.
    AttributeName, "attributes", (1, quota::ATTRIBUTE_NAME_MAX), "[a-zA-Z0-9_.,@/:#-]+",
    |c| is_word(c) || matches!(c, '.' | ',' | '@' | '/' | ':' | '#' | '-')
);
name!(
    /// The value of a thing attribute; may be empty.
    AttributeValue, "attributes", (0, quota::ATTRIBUTE_VALUE_MAX), "[a-zA-Z0-9_.,@/:#=\\[\\]-]*",
    |c| is_word(c) || matches!(c, '.' | ',' | '@' | '/' | ':' | '#' | '=' | '[' | ']' | '-')
);
name!(
    /// The name of a role alias; case-sensitive.
    RoleAliasName, "roleAlias", (1, quota::ROLE_ALIAS_NAME_MAX), "[\\w=,@-]+",
    |c| is_word(c) || matches!(c, '=' | ',' | '@' | '-')
);
name!(
    /// The name of an IoT policy.
    IotPolicyName, "policyName", (1, quota::POLICY_NAME_MAX), "[\\w+=,.@-]+",
    |c| is_word(c) || matches!(c, '+' | '=' | ',' | '.' | '@' | '-')
);
name!(
    /// The name of an IAM role.
    RoleName, "roleName", (1, quota::ROLE_NAME_MAX), "[\\w+=,.@-]+",
    |c| is_word(c) || matches!(c, '+' | '=' | ',' | '.' | '@' | '-')
);
name!(
    /// The name of an IAM user.
    UserName, "userName", (1, quota::USER_NAME_MAX), "[\\w+=,.@-]+",
    |c| is_word(c) || matches!(c, '+' | '=' | ',' | '.' | '@' | '-')
);
name!(
    /// The name of an IAM policy, managed or inline.
    PolicyName, "policyName", (1, quota::POLICY_NAME_MAX), "[\\w+=,.@-]+",
    |c| is_word(c) || matches!(c, '+' | '=' | ',' | '.' | '@' | '-')
);
name!(
    /// The name of a role session.
    RoleSessionName, "roleSessionName", (2, quota::ROLE_SESSION_NAME_MAX), "[\\w+=,.@-]*",
    |c| is_word(c) || matches!(c, '+' | '=' | ',' | '.' | '@' | '-')
);
name!(
    /// The unique id of an IAM entity (`AROA…` role, `AIDA…` user, `ANPA…` managed policy).
    UniqueId, "uniqueId", (16, 32), "[A-Z0-9]+",
    |c| c.is_ascii_uppercase() || c.is_ascii_digit()
);
name!(
    /// An access key id (`AKIA…` long-term, `ASIA…` temporary).
    AccessKeyId, "accessKeyId", (16, 128), "[\\w]+", is_word
);

impl UniqueId {
    // INVARIANT: both parts are upper-case base 32.
    pub(crate) fn from_parts(prefix: &str, base32: &str) -> Self {
        Self([prefix, base32].concat().into())
    }
}

impl AccessKeyId {
    // INVARIANT: both parts are upper-case base 32.
    pub(crate) fn from_parts(prefix: &str, base32: &str) -> Self {
        Self([prefix, base32].concat().into())
    }
}

/// The path of an IAM entity: `/`, or begins and ends with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path(String);

impl Path {
    /// The path `/`.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Checks AWS's pattern `(/)|(/[\u0021-\u007E]+/)`.
    pub fn new(value: impl Into<String>) -> Result<Self, InvalidName> {
        let value = value.into();
        check(
            "path",
            &value,
            (1, quota::PATH_MAX),
            "(/)|(/[!-~]+/)",
            |c| c.is_ascii_graphic(),
        )?;
        if value.starts_with('/') && value.ends_with('/') {
            return Ok(Self(value));
        }
        let constraint = "satisfy regular expression pattern: (/)|(/[!-~]+/)";
        Err(InvalidName::new("path", &value, constraint))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the paths of listed IAM entities begin with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Checks AWS's pattern `\u002F[\u0021-\u007F]*`.
    pub fn new(value: impl Into<String>) -> Result<Self, InvalidName> {
        let value = value.into();
        let pattern = "/[!-\\u007F]*";
        let legal = |c| matches!(c, '!'..='\u{7f}');
        check("pathPrefix", &value, (1, quota::PATH_MAX), pattern, legal)?;
        if value.starts_with('/') {
            return Ok(Self(value));
        }
        let constraint = format!("satisfy regular expression pattern: {pattern}");
        Err(InvalidName::new("pathPrefix", &value, constraint))
    }

    /// The prefix as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for PathPrefix {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl TryFrom<String> for PathPrefix {
    type Error = InvalidName;
    fn try_from(value: String) -> Result<Self, InvalidName> {
        Self::new(value)
    }
}

impl Default for Path {
    fn default() -> Self {
        Self::root()
    }
}

impl TryFrom<String> for Path {
    type Error = InvalidName;
    fn try_from(value: String) -> Result<Self, InvalidName> {
        Self::new(value)
    }
}

impl From<Path> for String {
    fn from(path: Path) -> String {
        path.0
    }
}

/// A certificate's id: the SHA-256 of its DER, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CertificateId([u8; 32]);

impl CertificateId {
    /// The id of the certificate with this fingerprint.
    pub fn from_fingerprint(fingerprint: [u8; 32]) -> Self {
        Self(fingerprint)
    }

    /// Reads 64 hexadecimal digits of either case.
    pub fn new(value: &str) -> Result<Self, InvalidName> {
        let refuse = || {
            let constraint =
                "satisfy regular expression pattern: (0x)?[a-fA-F0-9]+ and have length 64";
            InvalidName::new("certificateId", value, constraint)
        };
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(value.as_bytes());
        let bytes = bytes.map_err(|_| refuse())?;
        Ok(Self(bytes.try_into().map_err(|_| refuse())?))
    }

    /// The fingerprint itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl TryFrom<String> for CertificateId {
    type Error = InvalidName;
    fn try_from(value: String) -> Result<Self, InvalidName> {
        Self::new(&value)
    }
}

impl From<CertificateId> for String {
    fn from(id: CertificateId) -> String {
        id.to_string()
    }
}

impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        data_encoding::HEXLOWER.encode_mut(&self.0, &mut digits);
        f.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_name_with_a_wildcard_is_refused_in_aws_words() {
        let refusal = ThingName::new("a*b").unwrap_err().to_string();
        assert_eq!(
            refusal,
            "1 validation error detected: Value 'a*b' at 'thingName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]+"
        );
    }

    #[test]
    fn lengths_are_bounded_on_both_sides() {
        assert!(ThingName::new("").is_err());
        assert!(ThingName::new("x".repeat(128)).is_ok());
        assert!(ThingName::new("x".repeat(129)).is_err());
        assert!(RoleSessionName::new("x").is_err());
    }

    #[test]
    fn a_role_alias_takes_the_models_characters_and_no_slash() {
        assert!(RoleAliasName::new("a,b=@c_-1").is_ok());
        assert!(RoleAliasName::new("a/b").is_err());
        assert!(RoleAliasName::new("a.b").is_err());
    }

    #[test]
    fn a_certificate_id_is_written_in_lower_case() {
        let id = CertificateId::new(&"AB".repeat(32)).unwrap();
        assert_eq!(id.to_string(), "ab".repeat(32));
        assert!(CertificateId::new("ab").is_err());
        assert!(CertificateId::new(&"zz".repeat(32)).is_err());
    }

    #[test]
    fn a_path_begins_and_ends_with_a_slash() {
        assert!(Path::new("/a/b/").is_ok());
        assert!(Path::new("/a").is_err());
        assert!(Path::new("a/").is_err());
    }

    #[test]
    fn a_path_prefix_begins_with_a_slash_and_may_end_anywhere() {
        assert!(PathPrefix::new("/").is_ok());
        assert!(PathPrefix::new("/fle").is_ok());
        for bad in ["", "fleet/", "/a b", "/é"] {
            assert!(PathPrefix::new(bad).is_err(), "{bad}");
        }
    }
}
