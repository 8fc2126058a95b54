//! The cache on a real file system.

use super::*;
use crate::credentials::tests::sample;
use time::macros::datetime;

const PATIENCE: Duration = Duration::from_secs(5);

fn entry() -> Entry {
    Entry {
        obtained: datetime!(2030-01-01 00:00:00 UTC),
        credentials: sample(datetime!(2030-01-01 01:00:00 UTC)),
    }
}

fn filled() -> (tempfile::TempDir, Cache) {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::open(&directory.path().join("a/b"), &Key::new(&["x"])).unwrap();
    cache
        .write(&cache.lock(PATIENCE).unwrap(), &entry())
        .unwrap();
    (directory, cache)
}

fn reason_to_ignore(cache: &Cache) -> String {
    let reading = cache.read();
    let Reading::Ignored(reason) = reading else {
        panic!("{reading:?}")
    };
    reason
}

#[test]
fn what_is_written_is_read_back_and_can_be_removed() {
    let (_directory, cache) = filled();
    assert!(matches!(cache.read(), Reading::Entry(read) if read == entry()));
    cache.remove();
    assert!(matches!(cache.read(), Reading::Absent));
}

#[test]
fn each_part_of_the_key_has_its_own_file() {
    let keys = [["a", "b"], ["ab", ""], ["", "ab"], ["a", "c"]];
    for (at, key) in keys.iter().enumerate() {
        for other in keys.iter().skip(at + 1) {
            assert_ne!(Key::new(key), Key::new(other));
        }
    }
}

#[test]
fn a_damaged_entry_is_ignored_and_can_be_replaced() {
    let (_directory, cache) = filled();
    let whole = fs::read(&cache.entry).unwrap();
    for damaged in [&b""[..], b"{}", b"\xff\xfe", &whole[..whole.len() / 2]] {
        fs::write(&cache.entry, damaged).unwrap();
        assert!(reason_to_ignore(&cache).contains("is damaged"));
    }
    fs::write(&cache.unfinished, "left behind").unwrap();
    cache
        .write(&cache.lock(PATIENCE).unwrap(), &entry())
        .unwrap();
    assert!(matches!(cache.read(), Reading::Entry(_)));
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_only_and_others_are_ignored() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, cache) = filled();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory.path().join("a/b")), 0o700);
    assert_eq!(mode(&cache.entry), 0o600);
    assert_eq!(mode(&cache.lock), 0o600);
    fs::set_permissions(&cache.entry, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(reason_to_ignore(&cache).contains("open to other users"));
    cache
        .write(&cache.lock(PATIENCE).unwrap(), &entry())
        .unwrap();
    assert!(matches!(cache.read(), Reading::Entry(_)));
}

#[cfg(unix)]
#[test]
fn a_directory_that_is_open_to_others_is_refused_with_advice() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let reason = Cache::open(directory.path(), &Key::new(&["x"])).unwrap_err();
    assert!(reason.contains("chmod 700"), "{reason}");
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_entry_is_ignored() {
    let (directory, cache) = filled();
    let elsewhere = directory.path().join("elsewhere");
    fs::rename(&cache.entry, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &cache.entry).unwrap();
    assert!(reason_to_ignore(&cache).contains("is not a regular file"));
}

#[test]
fn the_lock_is_held_by_one_at_a_time() {
    let (_directory, cache) = filled();
    let held = cache.lock(PATIENCE).unwrap();
    let refused = cache.lock(Duration::ZERO).unwrap_err();
    assert!(refused.contains("another process"), "{refused}");
    drop(held);
    assert!(cache.lock(Duration::ZERO).is_ok());
}

#[test]
fn of_many_at_once_only_the_first_finds_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::open(&directory.path().join("c"), &Key::new(&["x"])).unwrap();
    let fetches = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let lock = cache.lock(PATIENCE).unwrap();
                if matches!(cache.read(), Reading::Absent) {
                    fetches.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    cache.write(&lock, &entry()).unwrap();
                }
            });
        }
    });
    assert_eq!(fetches.into_inner(), 1);
}

#[test]
fn the_default_directory_follows_the_xdg_rules() {
    let of = |xdg: Option<&str>, home: Option<&str>| {
        default_directory(xdg.map(OsString::from), home.map(PathBuf::from))
    };
    assert_eq!(of(Some("/x"), Some("/h")), Some("/x/thingpass".into()));
    assert_eq!(
        of(Some("x"), Some("/h")),
        Some("/h/.cache/thingpass".into())
    );
    assert_eq!(of(None, Some("/h")), Some("/h/.cache/thingpass".into()));
    assert_eq!(of(None, None), None);
}
