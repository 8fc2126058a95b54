//! Where the demo keeps what it makes.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use thingpass_domain::entropy::{self, SystemEntropy};
use thingpass_server::data_dir::DataDir;

use super::folder::FOLDER;
use super::terminal::note;
use crate::Failure;

/// The data directory of the demo.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    is_removed_at_the_end: bool,
}

impl Place {
    /// The directory that was given, if it is empty or not there yet; otherwise a new one among the
    /// system's temporary files.
    pub(crate) fn make(given: Option<&Path>, keep: bool) -> Result<Self, Failure> {
        let Some(given) = given else {
            return Ok(Self {
                path: temporary()?,
                is_removed_at_the_end: !keep,
            });
        };
        if given.join(FOLDER).exists() {
            return Err(Failure::usage(format!(
                "the story has been told in `{}`: name another directory with --data-dir, or go on \
                 there with `thingpass serve --data-dir {0}`",
                given.display()
            )));
        }
        if fs::read_dir(given).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure::usage(format!(
                "`{}` is not empty, and the demo wants a directory of its own: name another one \
                 with --data-dir, or leave it out",
                given.display()
            )));
        }
        DataDir::create(given).map_err(Failure::usage)?;
        let path = fs::canonicalize(given).map_err(|error| unusable(given, &error))?;
        Ok(Self {
            path,
            is_removed_at_the_end: false,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_removed_at_the_end(&self) -> bool {
        self.is_removed_at_the_end
    }

    /// Removes the directory if the demo made it and nobody wants to keep it, and says so.
    pub(crate) fn leave(self) -> Result<(), Failure> {
        let path = self.path.display();
        if !self.is_removed_at_the_end {
            return note(&format!("everything stays in {path}"));
        }
        fs::remove_dir_all(&self.path).map_err(|error| {
            Failure::failed(format!(
                "`{path}` cannot be removed: {error}; remove it by hand"
            ))
        })?;
        note(&format!("the data directory {path} is removed"))
    }
}

fn temporary() -> Result<PathBuf, Failure> {
    let random: [u8; 4] = entropy::bytes(&SystemEntropy).map_err(Failure::failed)?;
    let name = format!("thingpass-demo-{:08x}", u32::from_be_bytes(random));
    let path = std::env::temp_dir().join(name);
    // Not recursive: a directory that somebody else has put there is refused.
    DirBuilder::new()
        .mode(0o700)
        .create(&path)
        .map_err(|error| unusable(&path, &error))?;
    Ok(path)
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!(
        "`{}` cannot be used: {error}; name another directory with --data-dir",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_directory_of_the_demos_own_is_private_and_removed_at_the_end() {
        let place = Place::make(None, false).unwrap();
        let path = place.path().to_owned();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700
        );
        fs::write(path.join("file"), "x").unwrap();
        place.leave().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_directory_that_was_given_stays() {
        let parent = tempfile::tempdir().unwrap();
        let given = parent.path().join("demo data");
        let place = Place::make(Some(&given), false).unwrap();
        place.leave().unwrap();
        assert!(given.is_dir());
    }

    #[test]
    fn a_directory_with_something_in_it_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("root.key"), "x").unwrap();
        let failure = Place::make(Some(parent.path()), false).unwrap_err();
        assert_eq!(failure.code, 2);
        assert!(
            failure.message.contains("is not empty"),
            "{}",
            failure.message
        );
        fs::create_dir(parent.path().join(FOLDER)).unwrap();
        let failure = Place::make(Some(parent.path()), false).unwrap_err();
        assert!(
            failure.message.contains("has been told"),
            "{}",
            failure.message
        );
    }
}
