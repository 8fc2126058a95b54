//! `thingpass env`

use std::path::PathBuf;

use clap::Args;
use thingpass_server::boot::{ADMINISTRATOR_FILE, Administrator};
use thingpass_server::data_dir::DataDir;
use thingpass_server::serve::Endpoints;

use crate::{Failure, say};

/// Use it as: eval "$(thingpass env --data-dir DIR)"
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Directory of the daemon
    #[arg(long, value_name = "DIR", env = "THINGPASS_DATA_DIR")]
    data_dir: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    say(&exports(&arguments.data_dir)?)
}

/// The export lines of a data directory.
pub(crate) fn exports(data_dir: &std::path::Path) -> Result<String, Failure> {
    let lines = variables(data_dir)?;
    let lines = lines
        .iter()
        .map(|(name, value)| format!("export {name}={}", quote(value)));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// The variables and their values.
pub(crate) fn variables(
    data_dir: &std::path::Path,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let data_dir = DataDir::open(data_dir).map_err(Failure::usage)?;
    let endpoints = Endpoints::read(&data_dir).map_err(Failure::usage)?;
    let json = data_dir.read(ADMINISTRATOR_FILE).map_err(Failure::usage)?;
    let administrator = json
        .and_then(|json| serde_json::from_slice::<Administrator>(&json).ok())
        .ok_or_else(|| {
            Failure::usage(format!(
                "`{}` is missing or damaged: use an access key of your own",
                data_dir.path().join(ADMINISTRATOR_FILE).display()
            ))
        })?;
    let Administrator {
        access_key_id,
        secret_access_key,
    } = administrator;
    Ok(vec![
        ("AWS_ENDPOINT_URL", endpoints.api),
        ("AWS_CA_BUNDLE", endpoints.ca.clone()),
        ("AWS_ACCESS_KEY_ID", access_key_id),
        ("AWS_SECRET_ACCESS_KEY", secret_access_key.to_string()),
        ("AWS_REGION", endpoints.region.clone()),
        ("AWS_DEFAULT_REGION", endpoints.region),
        ("THINGPASS_DEVICE_ENDPOINT", endpoints.device),
        ("THINGPASS_CA", endpoints.ca),
    ])
}

/// For any POSIX shell: as it stands where that is safe, otherwise in single quotes.
pub(crate) fn quote(value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-./:+=@%,".contains(c);
    if !value.is_empty() && value.chars().all(safe) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_a_shell() {
        assert_eq!(quote("/a/b.pem"), "/a/b.pem");
        assert_eq!(quote("/a b"), "'/a b'");
        assert_eq!(quote("it's $x"), r"'it'\''s $x'");
    }

    #[test]
    fn a_directory_without_data_is_a_usage_failure() {
        let directory = tempfile::tempdir().unwrap();
        let failure = exports(directory.path()).unwrap_err();
        assert_eq!(failure.code, 2);
        assert!(
            failure.message.contains("thingpass serve"),
            "{}",
            failure.message
        );
    }
}
