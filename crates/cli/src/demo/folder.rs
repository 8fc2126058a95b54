//! The folder of the files that the story's commands name.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use thingpass_server::data_dir::DataDir;
use zeroize::Zeroizing;

use super::keys::Keys;
use crate::Failure;

/// Its name in the data directory.
pub(crate) const FOLDER: &str = "demo";
/// The file of the certificate's ARN.
pub(crate) const CERTIFICATE_ARN_FILE: &str = "certificate-arn";
/// The credentials file of the AWS CLI.
const CREDENTIALS_FILE: &str = "credentials";

/// The folder, for its owner alone, as are all files in it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    credentials: Zeroizing<String>,
}

impl Folder {
    /// Makes it in the data directory.
    pub(crate) fn make(data_dir: &DataDir) -> Result<Self, Failure> {
        let path = data_dir.path().join(FOLDER);
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| Failure::failed(format!("`{}`: {error}", path.display())))?;
        Ok(Self {
            path,
            credentials: Zeroizing::default(),
        })
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        write(&path, text)
            .map_err(|error| Failure::failed(format!("`{}`: {error}", path.display())))
    }

    /// Adds keys to the credentials file, as a profile of this name.
    pub(crate) fn keep_keys(&mut self, profile: &str, keys: &Keys) -> Result<(), Failure> {
        self.credentials.push_str(&keys.profile(profile));
        self.write(CREDENTIALS_FILE, &self.credentials)
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn folder_and_files_are_their_owners_alone() {
        let parent = tempfile::tempdir().unwrap();
        let data_dir = DataDir::create(&parent.path().join("d")).unwrap();
        let folder = Folder::make(&data_dir).unwrap();
        folder.write("device.key", "secret").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path), 0o700);
        assert_eq!(mode(&folder.path.join("device.key")), 0o600);
    }
}
