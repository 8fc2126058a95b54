//! The server's no, and what to do about it.

use crate::config::{Config, Endpoint};
use hyper::StatusCode;
use hyper::header::HeaderMap;
use serde::Deserialize;

const MESSAGE_CHARS: usize = 300;
const REQUEST_ID_CHARS: usize = 64;

/// An answer that is not 200, with what it says made safe to show.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: Option<String>,
    error_type: Option<String>,
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(alias = "Message")]
    message: String,
}

impl Refusal {
    /// Reads what there is.
    pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        Self {
            status,
            message: serde_json::from_slice::<Body>(body)
                .ok()
                .map(|body| printable(&body.message)),
            error_type: token(headers, "x-amzn-errortype"),
            request_id: token(headers, "x-amzn-requestid"),
        }
    }

    /// Whether the server could not, rather than would not.
    pub(super) fn is_outage(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS || self.status.is_server_error()
    }

    /// One line: who refused, with which status, message, error type and request id.
    pub(super) fn what(&self, endpoint: &Endpoint) -> String {
        let mut text = format!("`{endpoint}` answered {}", self.status.as_u16());
        if let Some(error_type) = &self.error_type {
            text = format!("{text} {error_type}");
        }
        if let Some(message) = &self.message {
            text = format!("{text}: {message}");
        }
        if let Some(request_id) = &self.request_id {
            text = format!("{text} (request {request_id})");
        }
        text
    }

    /// One line: what to do here, and how to learn more on the server.
    pub(super) fn advice(&self, config: &Config, fingerprint: &str) -> String {
        let here = self.advice_on_message(config, fingerprint);
        match &self.request_id {
            Some(id) => {
                format!("{here}; the reason, on the server: `thingpass audit explain {id}`")
            }
            None => here,
        }
    }

    /// The messages are AWS's own.
    fn advice_on_message(&self, config: &Config, fingerprint: &str) -> String {
        let alias = &config.role_alias;
        match self.message.as_deref().unwrap_or_default() {
            "Certificate is invalid on this endpoint" => format!(
                "check that the certificate `{fingerprint}` is registered and ACTIVE (`aws iot describe-certificate`), and that --endpoint is the address that `aws iot describe-endpoint --endpoint-type iot:CredentialProvider` gives"
            ),
            "Invalid thing name passed" => {
                let thing = config.thing_name.as_ref().map_or("", |name| name.as_str());
                format!(
                    "attach the certificate `{fingerprint}` to the thing `{thing}` (`aws iot attach-thing-principal`), or mend --thing-name"
                )
            }
            "Access Denied" => format!(
                "an IoT policy attached to the certificate `{fingerprint}` must allow `iot:AssumeRoleWithCertificate` on the role alias `{alias}`"
            ),
            "Role alias does not exist" => format!(
                "create the role alias `{alias}` (`aws iot create-role-alias`) or mend --role-alias; names are case-sensitive"
            ),
            "Unable to assume the role, or the role to assume does not exist" => format!(
                "the role of `{alias}` must exist, and its trust policy must allow `sts:AssumeRole` to the service `credentials.iot.amazonaws.com`"
            ),
            "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role" => format!(
                "lower `credentialDurationSeconds` of the role alias `{alias}`, or raise `MaxSessionDuration` of its role"
            ),
            _ if self.is_outage() => {
                "the server is overloaded or out of order: try again later, and look into its log".to_owned()
            }
            _ => "check that --endpoint is the address of the device endpoint (`aws iot describe-endpoint --endpoint-type iot:CredentialProvider`)".to_owned(),
        }
    }
}

/// Without characters that could deceive a terminal, and not too long.
fn printable(text: &str) -> String {
    text.chars()
        .take(MESSAGE_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A header that is one plain word. AWS may append `:` and an address to the error type.
fn token(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    let word = value.split_once(':').map_or(value, |(word, _)| word);
    let plain = (1..=REQUEST_ID_CHARS).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    plain.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use clap::{Args, FromArgMatches};

    fn config() -> Config {
        let matches = Settings::augment_args(clap::Command::new("x")).get_matches_from([
            "x",
            "--endpoint=localhost",
            "--ca=ca",
            "--cert=cert",
            "--key=key",
            "--role-alias=telemetry",
            "--thing-name=lamp-7",
        ]);
        Config::resolve(Settings::from_arg_matches(&matches).unwrap(), None).unwrap()
    }

    fn refusal(status: u16, message: &str) -> Refusal {
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-RequestId", "0f-1".parse().unwrap());
        headers.insert(
            "x-amzn-ErrorType",
            "AccessDeniedException:".parse().unwrap(),
        );
        let body = serde_json::json!({ "message": message }).to_string();
        Refusal::read(
            StatusCode::from_u16(status).unwrap(),
            &headers,
            body.as_bytes(),
        )
    }

    #[test]
    fn each_known_message_has_its_advice() {
        let cases = [
            (403, "Certificate is invalid on this endpoint", "ACTIVE"),
            (403, "Invalid thing name passed", "to the thing `lamp-7`"),
            (403, "Access Denied", "iot:AssumeRoleWithCertificate"),
            (404, "Role alias does not exist", "role alias `telemetry`"),
            (
                400,
                "Unable to assume the role, or the role to assume does not exist",
                "credentials.iot.amazonaws.com",
            ),
            (
                400,
                "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role",
                "MaxSessionDuration",
            ),
            (404, "Not Found", "describe-endpoint"),
            (429, "Rate exceeded", "try again later"),
            (500, "oops", "look into its log"),
        ];
        for (status, message, expected) in cases {
            let advice = refusal(status, message).advice(&config(), "c0ffee");
            assert!(advice.contains(expected), "{advice}");
            assert!(
                advice.ends_with("`thingpass audit explain 0f-1`"),
                "{advice}"
            );
            assert!(!advice.contains('\n'));
        }
    }

    #[test]
    fn the_line_names_status_type_message_and_request() {
        assert_eq!(
            refusal(403, "Access Denied").what(&"localhost:8443".parse().unwrap()),
            "`localhost:8443` answered 403 AccessDeniedException: Access Denied (request 0f-1)"
        );
    }

    #[test]
    fn only_429_and_5xx_are_outages() {
        let outages: Vec<_> = [400, 403, 404, 429, 500, 503]
            .into_iter()
            .filter(|status| refusal(*status, "x").is_outage())
            .collect();
        assert_eq!(outages, [429, 500, 503]);
    }

    #[test]
    fn hostile_answers_cannot_write_to_the_terminal() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-RequestId", "$(reboot) `x`".parse().unwrap());
        let body = serde_json::json!({ "message": "\u{1b}[2J\n".repeat(500) }).to_string();
        let refusal = Refusal::read(StatusCode::FORBIDDEN, &headers, body.as_bytes());
        let what = refusal.what(&"localhost".parse().unwrap());
        assert!(!what.contains('\u{1b}') && !what.contains('\n') && what.len() < 400);
        assert!(!refusal.advice(&config(), "c0ffee").contains("reboot"));
    }
}
