//! The file: made, reopened, migrated, refused.

use std::path::Path;

use tempfile::TempDir;
use thingpass_domain::error::Error;
use thingpass_domain::lookup::Lookup as _;
use thingpass_domain::managed_policy::ManagedPolicyStore;
use thingpass_domain::store::Store as _;
use thingpass_domain::thing::ThingStore as _;

use super::super::fixture::*;
use super::{fresh, open};
use crate::{OpenError, Options, SqliteStore};

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_its_companions_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let fresh = fresh().await;
    fresh
        .store
        .create_thing(&account(), thing("t", &[]))
        .await
        .unwrap();
    let mut files = 0;
    for file in std::fs::read_dir(fresh.directory.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        files += 1;
    }
    assert!(files >= 2, "the file and its log");
}

#[tokio::test]
async fn reopening_finds_everything_and_changes_no_schema() {
    let fresh = fresh().await;
    fresh
        .store
        .create_thing(&account(), thing("t", &[("a", "1")]))
        .await
        .unwrap();
    let administrator = administrator();
    let policy = fresh.store.managed_policy_row(&administrator).await;
    let schema = schema(&fresh.path());
    fresh.store.close().await;
    let again = open(&fresh.path()).await;
    let thing_again = again.thing(&account(), &thing_name("t")).await.unwrap();
    assert_eq!(thing_again, Some(thing("t", &[("a", "1")])));
    assert_eq!(
        again.managed_policy_row(&administrator).await,
        policy,
        "seeded once"
    );
    assert_eq!(self::schema(&fresh.path()), schema);
}

#[tokio::test]
async fn migrations_applied_twice_equal_a_fresh_schema() {
    let fresh = fresh().await;
    let schema = schema(&fresh.path());
    fresh.store.close().await;
    fresh.tamper("DELETE FROM schema_migration");
    open(&fresh.path()).await.close().await;
    assert_eq!(self::schema(&fresh.path()), schema);
    assert!(schema.len() > 30);
}

#[tokio::test]
async fn a_changed_document_of_aws_becomes_a_new_version() {
    let fresh = fresh().await;
    fresh.store.close().await;
    fresh.tamper("UPDATE managed_policy_version SET document = '{}'");
    let again = open(&fresh.path()).await;
    let versions = again
        .list_policy_versions(&account(), &administrator())
        .await
        .unwrap();
    let numbers: Vec<_> = versions.iter().map(|v| (v.number, v.is_default)).collect();
    assert_eq!(numbers, [(2, true)]);
    assert!(versions.iter().all(|v| v.document.contains("Allow")));
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused_in_one_line() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(
        path("text"),
        "this is not a database, it is a letter".repeat(100),
    )
    .unwrap();
    rusqlite::Connection::open(path("other"))
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let refused = [
        (refusal(&path("text")).await, "is not a database"),
        (refusal(&path("other")).await, "database of another program"),
        (refusal(directory.path()).await, "is not a file"),
        (refusal(&path("absent").join("db")).await, "does not exist"),
    ];
    for (error, words) in refused {
        let line = error.to_string();
        assert!(line.contains(words) && !line.contains('\n'), "{line}");
    }
    let text = std::fs::read_to_string(path("text")).unwrap();
    assert!(text.starts_with("this is not"), "and is left as it was");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let fresh = fresh().await;
    fresh.store.close().await;
    fresh.tamper("INSERT INTO schema_migration VALUES ('9999_later', 0)");
    let refused = refusal(&fresh.path()).await;
    let OpenError::Newer { step, .. } = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(step, "9999_later");
}

#[tokio::test]
async fn a_closed_store_answers_that_it_is_away() {
    let fresh = fresh().await;
    fresh.store.close().await;
    let refused = fresh.store.device(&account(), &certificate_id(1));
    assert!(matches!(refused, Err(Error::Unavailable { .. })));
    let refused = fresh.store.create_thing(&account(), thing("t", &[])).await;
    assert!(
        matches!(refused, Err(Error::Unavailable { .. })),
        "{refused:?}"
    );
}

async fn refusal(path: &Path) -> OpenError {
    SqliteStore::open(path, Options::default())
        .await
        .unwrap_err()
}

fn schema(path: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection
        .prepare("SELECT COALESCE(sql, name) FROM sqlite_schema ORDER BY type, name")
        .unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

impl SqliteStore {
    async fn managed_policy_row(
        &self,
        arn: &thingpass_domain::arn::PolicyArn,
    ) -> thingpass_domain::managed_policy::ManagedPolicy {
        ManagedPolicyStore::managed_policy(self, &account(), arn)
            .await
            .unwrap()
            .unwrap()
    }
}
