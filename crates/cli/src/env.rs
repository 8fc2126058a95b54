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
        .as_ref()
        .and_then(|json| serde_json::from_slice::<Administrator>(json).ok())
        .ok_or_else(|| without_administrator(&data_dir, json.is_some(), &endpoints))?;
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

/// What to do without the administrator's access key, which is told once.
fn without_administrator(data_dir: &DataDir, is_there: bool, endpoints: &Endpoints) -> Failure {
    Failure::usage(format!(
        "`{}` {}, and no start makes it again: with an access key of a user of your own, export \
         AWS_ENDPOINT_URL={} AWS_CA_BUNDLE={} AWS_REGION={} AWS_ACCESS_KEY_ID=… \
         AWS_SECRET_ACCESS_KEY=…",
        data_dir.path().join(ADMINISTRATOR_FILE).display(),
        if is_there { "is damaged" } else { "is gone" },
        quote(&endpoints.api),
        quote(&endpoints.ca),
        quote(&endpoints.region),
    ))
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
    fn without_the_administrators_key_a_line_says_what_to_do() {
        let parent = tempfile::tempdir().unwrap();
        let data_dir = DataDir::create(&parent.path().join("d")).unwrap();
        std::fs::write(data_dir.database(), "").unwrap();
        let endpoints = br#"{"api":"https://localhost:1","device":"localhost:2","region":"r",
                             "account":"1","ca":"/ca.pem"}"#;
        data_dir.write("endpoints.json", endpoints).unwrap();
        let told = || exports(data_dir.path()).unwrap_err();
        let gone = told();
        assert_eq!((gone.code, gone.message.lines().count()), (2, 1));
        for part in [
            "administrator.json` is gone",
            "AWS_ENDPOINT_URL=https://localhost:1 AWS_CA_BUNDLE=/ca.pem AWS_REGION=r",
            "AWS_SECRET_ACCESS_KEY",
        ] {
            assert!(gone.message.contains(part), "{}", gone.message);
        }
        data_dir.write(ADMINISTRATOR_FILE, b"{").unwrap();
        assert!(told().message.contains("administrator.json` is damaged"));
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
