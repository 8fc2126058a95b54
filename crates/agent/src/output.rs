//! What the agent writes: credentials on stdout, warnings and errors on stderr.

use crate::credentials::Credentials;
use crate::failure::Failure;
use serde::Serialize;
use std::io::{Write, stderr, stdout};
use thingpass_wire::timestamp::iso_8601;
use zeroize::Zeroizing;

/// The most bytes an SDK reads from a `credential_process`, the line's end included (AWS SDK for Go v1
/// and older ones for Java v2).
pub(crate) const CREDENTIAL_PROCESS_BYTES: usize = 1024;

/// The line that a `credential_process` prints, with its end.
///
/// Refused when it is longer than [`CREDENTIAL_PROCESS_BYTES`].
/// AWS: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
pub(crate) fn credential_process(credentials: &Credentials) -> Result<Zeroizing<String>, Failure> {
    let document = Document {
        version: 1,
        access_key_id: &credentials.access_key_id,
        secret_access_key: credentials.secret_access_key.expose(),
        session_token: credentials.session_token.expose(),
        expiration: iso_8601(credentials.expiration),
    };
    // The room is taken beforehand, so that growing leaves no copies of the secrets behind.
    let mut line = Zeroizing::new(Vec::with_capacity(16 * CREDENTIAL_PROCESS_BYTES));
    serde_json::to_writer(&mut *line, &document)
        .map_err(|error| Failure::exchange(format!("cannot write the credentials: {error}"), ""))?;
    line.push(b'\n');
    if line.len() > CREDENTIAL_PROCESS_BYTES {
        return Err(Failure::exchange(
            format!(
                "the credentials take {} bytes, and SDKs read at most {CREDENTIAL_PROCESS_BYTES} from a credential process",
                line.len()
            ),
            "the server's session tokens are too long for this way; ask its operator for tokens of at most 700 characters",
        ));
    }
    String::from_utf8(std::mem::take(&mut *line))
        .map(Zeroizing::new)
        .map_err(|_| Failure::exchange("the credentials are not text", ""))
}

/// Writes `text` to stdout as it is; a reader that has gone away is an error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| {
            Failure::exchange(
                format!("cannot write to standard output: {}", error.kind()),
                "",
            )
        })
}

/// Writes a warning to stderr.
pub(crate) fn warn(text: &str) {
    say(&format!("thingpass-agent: warning: {text}\n"));
}

/// Writes a failure to stderr: what happened, and below it what to do.
pub(crate) fn error(failure: &Failure) {
    let mut text = format!("thingpass-agent: {}\n", failure.what());
    if !failure.advice().is_empty() {
        text = format!("{text}  {}\n", failure.advice());
    }
    say(&text);
}

fn say(text: &str) {
    // With stderr gone there is nobody left to tell.
    let _ = stderr().lock().write_all(text.as_bytes());
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::sample;
    use time::macros::datetime;

    fn with_token(length: usize) -> Credentials {
        let mut credentials = sample(datetime!(2030-01-02 03:04:05 UTC));
        credentials.session_token = "t".repeat(length).into();
        credentials
    }

    #[test]
    fn the_line_is_what_sdks_expect() {
        assert_eq!(
            credential_process(&sample(datetime!(2030-01-02 03:04:05 UTC)))
                .unwrap()
                .as_str(),
            "{\"Version\":1,\"AccessKeyId\":\"ASIAQWERTYUIOPASDFGH\",\"SecretAccessKey\":\"very-secret-key\",\
             \"SessionToken\":\"very-secret-token\",\"Expiration\":\"2030-01-02T03:04:05Z\"}\n"
        );
    }

    #[test]
    fn a_line_of_1024_bytes_passes_and_a_longer_one_is_refused() {
        let around = credential_process(&with_token(1)).unwrap().len() - 1;
        let longest = CREDENTIAL_PROCESS_BYTES - around;
        assert_eq!(
            credential_process(&with_token(longest)).unwrap().len(),
            1024
        );
        let failure = credential_process(&with_token(longest + 1)).unwrap_err();
        assert!(failure.what().contains("1025 bytes"), "{failure:?}");
        assert!(!failure.what().contains("ttt"));
    }
}
