//! What a step expects, and whether that is what came.

use serde_json::Value;

use super::client::Answer;
use super::shorten;

/// What a step expects of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    /// It goes through; these members of the answer are shown.
    Done(&'static [&'static str]),
    /// It goes through, and this is the answer.
    Answer(Value),
    /// It is refused.
    Refused {
        status: u16,
        code: &'static str,
        /// What the message says, or a part of it.
        message: &'static str,
    },
}

impl Expected {
    /// Whether this is what came: the line that tells it, or the one that tells the difference.
    pub(crate) fn judge(&self, answer: &Answer) -> Result<String, String> {
        let is_met = match self {
            Self::Done(_) => answer.status == 200,
            Self::Answer(body) => answer.status == 200 && answer.json().as_ref() == Some(body),
            Self::Refused {
                status,
                code,
                message,
            } => {
                answer.status == *status
                    && answer.error_code().as_deref() == Some(*code)
                    && answer.message().contains(message)
            }
        };
        if is_met {
            Ok(self.outcome(answer))
        } else {
            Err(format!(
                "expected: {}\ncame: {}",
                self.in_words(),
                in_words(answer)
            ))
        }
    }

    fn outcome(&self, answer: &Answer) -> String {
        match self {
            Self::Done(members) => {
                let told = members.iter().filter_map(|name| {
                    let value = answer.member(name)?;
                    Some(format!("{name} {}", shorten::member(name, &value)))
                });
                let told: Vec<String> = told.collect();
                if told.is_empty() {
                    "done".to_owned()
                } else {
                    told.join("\n")
                }
            }
            Self::Answer(body) => {
                // Room between the members, for the lines to end there.
                shorten::certificate_ids(&body.to_string().replace(",\"", ", \""))
            }
            Self::Refused { code, .. } => {
                format!("refused, as it should be: HTTP {} {code}", answer.status)
            }
        }
    }

    fn in_words(&self) -> String {
        match self {
            Self::Done(_) => "HTTP 200".to_owned(),
            Self::Answer(body) => format!("HTTP 200 {body}"),
            Self::Refused {
                status,
                code,
                message,
            } => format!("HTTP {status} {code}: {message}"),
        }
    }
}

/// What came. The body of a success is not told: it may hold secrets.
fn in_words(answer: &Answer) -> String {
    let code = answer
        .error_code()
        .map_or_else(String::new, |code| format!(" {code}"));
    let message = shorten::certificate_ids(&answer.message());
    match answer.status {
        200 => "HTTP 200 with another answer".to_owned(),
        status if message.is_empty() => format!("HTTP {status}{code}"),
        status => format!("HTTP {status}{code}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DENIED: &str = r#"{"message":"Access Denied"}"#;

    #[test]
    fn a_refusal_is_expected_with_its_status_code_and_message() {
        let refused = |status, code, message| Expected::Refused {
            status,
            code,
            message,
        };
        let answer = Answer::of(403, Some("AccessDeniedException"), DENIED);
        assert!(
            refused(403, "AccessDeniedException", "Access")
                .judge(&answer)
                .is_ok()
        );
        assert!(
            refused(400, "AccessDeniedException", "Access")
                .judge(&answer)
                .is_err()
        );
        assert!(
            refused(403, "OtherException", "Access")
                .judge(&answer)
                .is_err()
        );
        let told = refused(403, "AccessDeniedException", "Certificate")
            .judge(&answer)
            .unwrap_err();
        assert_eq!(
            told,
            "expected: HTTP 403 AccessDeniedException: Certificate\n\
             came: HTTP 403 AccessDeniedException: Access Denied"
        );
        assert!(Expected::Done(&[]).judge(&answer).is_err());
    }

    #[test]
    fn an_answer_is_compared_whole_and_told_without_secrets() {
        let answer = Answer::of(200, None, r#"{"credentials":{"secretAccessKey":"s3cr3t"}}"#);
        let shown = Expected::Done(&["secretAccessKey", "absent"])
            .judge(&answer)
            .unwrap();
        assert_eq!(shown, "secretAccessKey ****");
        let told = Expected::Answer(json!({"a": 1}))
            .judge(&answer)
            .unwrap_err();
        assert!(!told.contains("s3cr3t"), "{told}");
        assert!(
            Expected::Refused {
                status: 403,
                code: "X",
                message: ""
            }
            .judge(&answer)
            .is_err()
        );
    }
}
