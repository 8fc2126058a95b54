//! Access keys, as the demo uses them to sign.

use std::fmt;

use thingpass_wire::sigv4::Credentials;
use zeroize::Zeroizing;

/// Long-lived keys of a user, or temporary credentials.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Zeroizing<String>,
    pub(crate) session_token: Option<Zeroizing<String>>,
}

impl Keys {
    /// As a request is signed with them.
    pub(crate) fn credentials(&self) -> Credentials<'_> {
        Credentials {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key,
            session_token: self.session_token.as_ref().map(|token| token.as_str()),
        }
    }

    /// As a profile of the AWS CLI's credentials file.
    pub(crate) fn profile(&self, name: &str) -> Zeroizing<String> {
        let Self {
            access_key_id,
            secret_access_key,
            session_token,
        } = self;
        let mut text = format!(
            "[{name}]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {}\n",
            **secret_access_key
        );
        if let Some(token) = session_token {
            text.push_str("aws_session_token = ");
            text.push_str(token);
            text.push('\n');
        }
        Zeroizing::new(text)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stand_in_the_profile_and_not_in_debug_output() {
        let keys = Keys {
            access_key_id: "ASIA1".to_owned(),
            secret_access_key: Zeroizing::new("hidden".to_owned()),
            session_token: Some(Zeroizing::new("sealed".to_owned())),
        };
        assert_eq!(
            keys.profile("thermostat").as_str(),
            "[thermostat]\naws_access_key_id = ASIA1\naws_secret_access_key = hidden\n\
             aws_session_token = sealed\n"
        );
        let debug = format!("{keys:?}");
        assert!(debug.contains("ASIA1") && !debug.contains("hidden") && !debug.contains("sealed"));
    }
}
