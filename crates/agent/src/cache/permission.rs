//! Whether a directory or file belongs to this user alone.

use std::fs::Metadata;

/// The error continues a sentence about the directory.
pub(super) fn check_directory(metadata: &Metadata) -> Result<(), String> {
    if !metadata.is_dir() {
        return Err("is not a directory".to_owned());
    }
    check(metadata, "run `chmod 700` on it")
}

/// The error continues a sentence about the file.
pub(super) fn check_file(metadata: &Metadata) -> Result<(), String> {
    check(metadata, "its credentials may be known to them")
}

#[cfg(unix)]
fn check(metadata: &Metadata, advice: &str) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    if metadata.mode() & 0o077 != 0 {
        return Err(format!("is open to other users ({advice})"));
    }
    check_owner(metadata.uid(), own_user())
}

#[cfg(not(unix))]
fn check(_metadata: &Metadata, _advice: &str) -> Result<(), String> {
    Ok(())
}

#[cfg(unix)]
fn check_owner(owner: u32, own: Option<u32>) -> Result<(), String> {
    match own {
        Some(own) if own != owner => Err("belongs to another user".to_owned()),
        Some(_) | None => Ok(()),
    }
}

/// This process's user, where the system tells it through its process files (Linux). Elsewhere the modes
/// decide: nobody but the owner, and root, can get through a directory of mode 0700.
#[cfg(unix)]
fn own_user() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self")
        .ok()
        .map(|metadata| metadata.uid())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_another_user_is_refused() {
        assert!(check_owner(1000, Some(1001)).is_err());
        assert!(check_owner(1000, Some(1000)).is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_of_our_own_is_ours() {
        use std::os::unix::fs::MetadataExt;
        let file = tempfile::tempfile().unwrap();
        assert_eq!(own_user(), Some(file.metadata().unwrap().uid()));
    }
}
