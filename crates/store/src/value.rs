//! Values on their way into statements, and columns on their way out of rows.

use std::borrow::Cow;

use thingpass_domain::arn::{PolicyArn, RoleArn};
use thingpass_domain::error::Error;
use thingpass_domain::id::{
    AccessKeyId, AccountId, AttributeName, AttributeValue, CertificateId, IotPolicyName, Path,
    PolicyName, RoleAliasName, RoleName, ThingName, ThingTypeName, UniqueId, UserName,
};
use time::OffsetDateTime;

/// A parameter of a statement.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    /// TEXT, or NULL.
    Text(Option<Cow<'a, str>>),
    /// A 64-bit integer.
    Integer(i64),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// The parameters `$1`, `$2`, … of a statement.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::value::Value::from($value)),*] };
}
pub(crate) use args;

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text.map(Cow::Borrowed))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(text)))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

macro_rules! from_names {
    ($($name:ty),*) => {$(
        impl<'a> From<&'a $name> for Value<'a> {
            fn from(name: &'a $name) -> Self {
                Self::from(name.as_str())
            }
        }
    )*};
}
from_names!(
    AccountId,
    ThingName,
    ThingTypeName,
    AttributeName,
    AttributeValue,
    RoleAliasName,
    IotPolicyName,
    RoleName,
    UserName,
    PolicyName,
    UniqueId,
    AccessKeyId,
    Path
);

macro_rules! from_written {
    ($($name:ty),*) => {$(
        impl From<&$name> for Value<'_> {
            fn from(value: &$name) -> Self {
                Self::from(value.to_string())
            }
        }
    )*};
}
from_written!(CertificateId, RoleArn, PolicyArn);

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Integer(i64::from(flag))
    }
}

impl From<OffsetDateTime> for Value<'_> {
    fn from(time: OffsetDateTime) -> Self {
        Self::Integer(milliseconds(time))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

/// Milliseconds since 1970, as times are kept.
pub(crate) fn milliseconds(time: OffsetDateTime) -> i64 {
    time.unix_timestamp()
        .saturating_mul(1000)
        .saturating_add(i64::from(time.millisecond()))
}

/// A time as it reads back from the store: to the millisecond.
pub(crate) fn kept(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_millisecond(time.millisecond()).unwrap_or(time)
}

/// The columns of a row, whichever driver read it. What does not fit its type is a fault of ours
/// ([`Error::Internal`]), never a default.
pub(crate) trait Columns {
    /// TEXT, or NULL.
    fn optional_text(&self, column: &str) -> Result<Option<String>, Error>;
    /// A 64-bit integer.
    fn integer(&self, column: &str) -> Result<i64, Error>;
    /// Bytes.
    fn bytes(&self, column: &str) -> Result<Vec<u8>, Error>;

    /// TEXT.
    fn text(&self, column: &str) -> Result<String, Error> {
        self.optional_text(column)?
            .ok_or_else(|| Error::internal(format!("column {column} is NULL")))
    }

    /// A count, duration or version number.
    fn number(&self, column: &str) -> Result<u32, Error> {
        u32::try_from(self.integer(column)?).map_err(|_| unreadable(column))
    }

    /// A boolean.
    fn flag(&self, column: &str) -> Result<bool, Error> {
        match self.integer(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(unreadable(column)),
        }
    }

    /// A time.
    fn time(&self, column: &str) -> Result<OffsetDateTime, Error> {
        let milliseconds = i128::from(self.integer(column)?);
        OffsetDateTime::from_unix_timestamp_nanos(milliseconds.saturating_mul(1_000_000))
            .map_err(|_| unreadable(column))
    }

    /// A name, id or ARN.
    fn parsed<T: TryFrom<String>>(&self, column: &str) -> Result<T, Error> {
        T::try_from(self.text(column)?).map_err(|_| unreadable(column))
    }

    /// A name, id or ARN, or NULL.
    fn optional_parsed<T: TryFrom<String>>(&self, column: &str) -> Result<Option<T>, Error> {
        let text = self.optional_text(column)?;
        text.map(|text| T::try_from(text).map_err(|_| unreadable(column)))
            .transpose()
    }

    /// One of a few words, as `read` knows them.
    fn word<T>(&self, column: &str, read: fn(&str) -> Result<T, Error>) -> Result<T, Error> {
        read(&self.text(column)?).map_err(|_| unreadable(column))
    }

    /// What was written as JSON.
    fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, Error> {
        serde_json::from_str(&self.text(column)?).map_err(|_| unreadable(column))
    }
}

/// Writes a JSON column.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn unreadable(column: &str) -> Error {
    Error::internal(format!(
        "the store holds in column {column} what this program does not understand: it was \
         written by a newer program or by hand"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_kept_to_the_millisecond() {
        let time = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789).unwrap();
        assert_eq!(milliseconds(time), 1_700_000_000_123);
        assert_eq!(milliseconds(kept(time)), 1_700_000_000_123);
        assert_eq!(kept(time).nanosecond(), 123_000_000);
    }
}
