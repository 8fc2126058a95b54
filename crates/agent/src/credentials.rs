//! Temporary AWS credentials.

use serde::{Deserialize, Serialize};
use std::fmt;
use time::OffsetDateTime;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Credentials as the device endpoint sends them and the cache keeps them.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(PartialEq, Eq))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credentials {
    /// `ASIA…`, not a secret.
    pub(crate) access_key_id: String,
    /// Signs requests.
    pub(crate) secret_access_key: Secret,
    /// Goes with every request.
    pub(crate) session_token: Secret,
    /// When they end, in UTC and whole seconds: `2018-01-18T09:18:06Z` and no other spelling.
    #[serde(with = "instant")]
    pub(crate) expiration: OffsetDateTime,
}

/// Text that is wiped on drop and never shown.
#[derive(Deserialize, Serialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(test, derive(PartialEq, Eq))]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Credentials {
    /// Whether every part that an SDK needs is there.
    pub(crate) fn is_complete(&self) -> bool {
        [
            &self.access_key_id,
            self.secret_access_key.expose(),
            self.session_token.expose(),
        ]
        .iter()
        .all(|part| !part.is_empty())
    }
}

impl Secret {
    /// The text, for the SDK's eyes only.
    pub(crate) fn expose(&self) -> &String {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// Serde for instants in the device endpoint's spelling.
pub(crate) mod instant {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use thingpass_wire::timestamp::{iso_8601, parse_iso_8601};
    use time::OffsetDateTime;

    pub(crate) fn serialize<S: Serializer>(
        at: &OffsetDateTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&iso_8601(*at))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<OffsetDateTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_iso_8601(&text)
            .ok_or_else(|| D::Error::custom("a time is not of the form `2018-01-18T09:18:06Z`"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample(expiration: OffsetDateTime) -> Credentials {
        Credentials {
            access_key_id: "ASIAQWERTYUIOPASDFGH".to_owned(),
            secret_access_key: "very-secret-key".to_owned().into(),
            session_token: "very-secret-token".to_owned().into(),
            expiration,
        }
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let shown = format!("{:?}", sample(OffsetDateTime::UNIX_EPOCH));
        assert!(shown.contains("ASIA") && !shown.contains("very-secret"));
    }

    #[test]
    fn credentials_without_a_secret_are_not_complete() {
        let mut credentials = sample(OffsetDateTime::UNIX_EPOCH);
        assert!(credentials.is_complete());
        credentials.session_token = String::new().into();
        assert!(!credentials.is_complete());
    }

    #[test]
    fn an_expiration_in_another_spelling_is_refused() {
        let text = |expiration: &str| {
            format!(
                r#"{{"accessKeyId":"A","secretAccessKey":"B","sessionToken":"C","expiration":"{expiration}"}}"#
            )
        };
        assert!(serde_json::from_str::<Credentials>(&text("2018-01-18T09:18:06Z")).is_ok());
        for bad in ["", "2018-01-18T09:18:06.5Z", "2018-01-18T09:18:06+00:00"] {
            assert!(
                serde_json::from_str::<Credentials>(&text(bad)).is_err(),
                "{bad}"
            );
        }
    }
}
