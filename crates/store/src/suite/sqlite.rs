//! The suite on SQLite, and what only SQLite has: a file.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use thingpass_domain::access_key::AccessKeyStore as _;
use thingpass_domain::certificate::{CertificateStatus, CertificateStore as _};
use thingpass_domain::error::Error;
use thingpass_domain::iot_policy::IotPolicyStore as _;
use thingpass_domain::lookup::Lookup;
use thingpass_domain::managed_policy::ManagedPolicyStore as _;
use thingpass_domain::role::RoleStore as _;
use thingpass_domain::store::Store as _;
use thingpass_domain::thing::ThingStore as _;
use thingpass_domain::user::UserStore as _;

use super::fixture::*;
use super::revision;
use crate::{Options, SqliteStore};

mod file;

super::store_suite!(crate::suite::sqlite::fresh);

/// A store in a directory that goes with it.
pub(crate) struct Fresh {
    pub(crate) store: SqliteStore,
    directory: TempDir,
}

impl Fresh {
    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("thingpass.db")
    }

    /// Changes the file behind the store's back.
    fn tamper(&self, sql: &str) {
        rusqlite::Connection::open(self.path())
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }
}

pub(crate) async fn fresh() -> Fresh {
    let directory = TempDir::new().unwrap();
    let store = open(&directory.path().join("thingpass.db")).await;
    Fresh { store, directory }
}

async fn open(path: &Path) -> SqliteStore {
    let options = Options {
        lookup_count: 2,
        ..Options::default()
    };
    SqliteStore::open(path, options).await.unwrap()
}

#[tokio::test]
async fn a_second_process_is_followed() {
    let fresh = fresh().await;
    let other = open(&fresh.path()).await;
    other
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    let before = revision(&fresh.store);
    assert!(
        fresh
            .store
            .device(&account(), &certificate_id(1))
            .unwrap()
            .is_some()
    );
    fresh.store.follow_changes().await.unwrap();
    let followed = revision(&fresh.store);
    assert!(followed > before);
    fresh.store.follow_changes().await.unwrap();
    assert_eq!(revision(&fresh.store), followed, "nothing new");
    fresh
        .store
        .create_thing(&account(), thing("t", &[]))
        .await
        .unwrap();
    let before = revision(&other);
    other.follow_changes().await.unwrap();
    assert!(revision(&other) > before);
}

#[tokio::test]
async fn writers_of_two_processes_all_succeed() {
    let fresh = fresh().await;
    let other = Arc::new(open(&fresh.path()).await);
    let theirs = Arc::clone(&other);
    let task = tokio::spawn(async move {
        for number in 0..20 {
            let name = format!("theirs{number}");
            theirs
                .create_thing(&account(), thing(&name, &[]))
                .await
                .unwrap();
        }
    });
    for number in 0..20 {
        let name = format!("ours{number}");
        fresh
            .store
            .create_thing(&account(), thing(&name, &[]))
            .await
            .unwrap();
    }
    task.await.unwrap();
    let filter = thingpass_domain::thing::ThingFilter::default();
    let things = other
        .list_things(&account(), &filter, super::everything())
        .await
        .unwrap();
    assert_eq!(things.items.len(), 40);
}

#[tokio::test]
async fn a_failing_entry_takes_its_write_with_it() {
    let fresh = fresh().await;
    fresh.tamper(
        "CREATE TRIGGER no_entries BEFORE INSERT ON change_feed
         BEGIN SELECT RAISE(ABORT, 'no entries'); END",
    );
    let before = revision(&fresh.store);
    let failed = fresh.store.create_thing(&account(), thing("t", &[])).await;
    assert!(matches!(failed, Err(Error::Internal { .. })), "{failed:?}");
    assert_eq!(
        fresh
            .store
            .thing(&account(), &thing_name("t"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(revision(&fresh.store), before);
    fresh.tamper("DROP TRIGGER no_entries");
    fresh
        .store
        .create_thing(&account(), thing("t", &[]))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_change_feed_stays_bounded() {
    let fresh = fresh().await;
    fresh.tamper(
        "INSERT INTO change_feed (seq, at_ms, noun, key)
         WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         SELECT i, 0, 'thing', 'x' FROM n",
    );
    for number in 0..256 {
        fresh
            .store
            .create_thing(&account(), thing(&format!("t{number}"), &[]))
            .await
            .unwrap();
    }
    let connection = rusqlite::Connection::open(fresh.path()).unwrap();
    let count: i64 = connection
        .query_row("SELECT COUNT(*) FROM change_feed", [], |row| row.get(0))
        .unwrap();
    assert!((10_000..=10_256).contains(&count), "{count}");
}

#[tokio::test]
async fn what_this_program_does_not_understand_fails_closed() {
    let fresh = fresh().await;
    let store = &fresh.store;
    let (id, name) = (certificate_id(1), role_name("r"));
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    store.create_role(&account(), role("r")).await.unwrap();
    store.create_user(&account(), user("u")).await.unwrap();
    store
        .create_access_key(&account(), access_key(1, "u"))
        .await
        .unwrap();
    fresh.tamper(
        "UPDATE certificate SET status = 'SOON';
         UPDATE access_key SET status = 'Sometimes';
         UPDATE iam_role SET path = 'nowhere';",
    );
    let internal = |refused: Option<Error>| matches!(refused, Some(Error::Internal { .. }));
    assert!(internal(store.device(&account(), &id).err()));
    assert!(internal(store.access_key(&access_key_id(1)).err()));
    assert!(internal(store.role_by_name(&account(), &name).err()));
    assert!(internal(store.certificate(&account(), &id).await.err()));
    let updated = store
        .update_certificate(&account(), &id, CertificateStatus::Revoked, at(1))
        .await;
    assert!(updated.is_ok(), "what is unknown can be revoked");
    assert_eq!(
        store.device(&account(), &id).unwrap().unwrap().status,
        CertificateStatus::Revoked
    );
}

#[tokio::test]
async fn a_policy_without_its_document_fails_closed() {
    let fresh = fresh().await;
    let store = &fresh.store;
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    store
        .create_iot_policy(&account(), iot_policy("p"))
        .await
        .unwrap();
    store
        .attach_iot_policy(&account(), &iot_policy_name("p"), &target(1))
        .await
        .unwrap();
    let arn = policy_arn("m");
    store.create_role(&account(), role("r")).await.unwrap();
    store
        .create_managed_policy(&account(), policy(arn.clone()), DOCUMENT)
        .await
        .unwrap();
    store
        .attach_managed_policy(&account(), &role_entity("r"), &arn)
        .await
        .unwrap();
    fresh.tamper(
        "PRAGMA foreign_keys = OFF;
         DELETE FROM iot_policy_version;
         DELETE FROM managed_policy_version;",
    );
    assert!(matches!(
        store.device(&account(), &certificate_id(1)),
        Err(Error::Internal { .. })
    ));
    assert!(matches!(
        store.role_by_name(&account(), &role_name("r")),
        Err(Error::Internal { .. })
    ));
}

#[tokio::test]
async fn a_boundary_that_is_gone_allows_nothing() {
    let fresh = fresh().await;
    let arn = policy_arn("wall");
    let mut bounded = role("r");
    bounded.permissions_boundary = Some(arn.to_string());
    fresh
        .store
        .create_managed_policy(&account(), policy(arn), DOCUMENT)
        .await
        .unwrap();
    fresh.store.create_role(&account(), bounded).await.unwrap();
    fresh.tamper("DELETE FROM managed_policy WHERE name = 'wall'");
    let read = fresh
        .store
        .role_by_name(&account(), &role_name("r"))
        .unwrap()
        .unwrap();
    assert_eq!(read.policies.boundary, Some(None));
}

#[tokio::test]
async fn lookups_from_many_threads_answer() {
    let fresh = fresh().await;
    fresh
        .store
        .create_role(&account(), role("r"))
        .await
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let read = fresh.store.role_by_name(&account(), &role_name("r"));
                    assert!(read.unwrap().is_some());
                }
            });
        }
    });
}
