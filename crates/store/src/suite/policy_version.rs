//! Versions of managed policies.

use thingpass_domain::error::Error;
use thingpass_domain::store::Store;

use super::fixture::*;
use super::managed_policy::{make, read};

pub(crate) async fn version_numbers_are_never_given_twice(store: &dyn Store) {
    let arn = make(store, "p").await;
    let two = store
        .create_policy_version(&account(), &arn, "two", true, at(2))
        .await
        .unwrap();
    assert_eq!((two.number, two.is_default), (2, true));
    let three = store
        .create_policy_version(&account(), &arn, "three", false, at(3))
        .await;
    let three = three.unwrap();
    assert_eq!((three.number, three.is_default), (3, false));
    assert_eq!(read(store, &arn).await.updated_at, at(3));
    store
        .delete_policy_version(&account(), &arn, 3, at(4))
        .await
        .unwrap();
    let four = store
        .create_policy_version(&account(), &arn, "four", false, at(5))
        .await
        .unwrap();
    assert_eq!(four.number, 4);
    let numbers: Vec<_> = store.list_policy_versions(&account(), &arn).await.unwrap();
    let numbers: Vec<_> = numbers.iter().map(|v| (v.number, v.is_default)).collect();
    assert_eq!(numbers, [(4, false), (2, true), (1, false)]);
    let read = store.policy_version(&account(), &arn, 4).await.unwrap();
    assert_eq!(read, Some(four));
    assert_eq!(
        store.policy_version(&account(), &arn, 3).await.unwrap(),
        None
    );
}

pub(crate) async fn a_sixth_version_is_refused(store: &dyn Store) {
    let arn = make(store, "p").await;
    for _ in 2..=5 {
        store
            .create_policy_version(&account(), &arn, "d", false, at(2))
            .await
            .unwrap();
    }
    let refused = store
        .create_policy_version(&account(), &arn, "d", true, at(3))
        .await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Error::VersionsLimitExceeded(_)));
    assert_eq!(
        refused.to_string(),
        "A managed policy can have up to 5 versions. Before you create a new version, you must \
         delete an existing version."
    );
    assert_eq!(read(store, &arn).await.default_version, 1);
    let absent = store
        .create_policy_version(&account(), &policy_arn("x"), "d", true, at(3))
        .await;
    assert!(matches!(absent, Err(Error::NotFound(_))));
}

pub(crate) async fn the_default_version_stays(store: &dyn Store) {
    let arn = make(store, "p").await;
    store
        .create_policy_version(&account(), &arn, "two", false, at(2))
        .await
        .unwrap();
    let refused = store
        .delete_policy_version(&account(), &arn, 1, at(3))
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::DeleteConflict(_)));
    assert_eq!(
        refused.to_string(),
        "Cannot delete the default version of a policy."
    );
    store
        .set_default_policy_version(&account(), &arn, 2, at(4))
        .await
        .unwrap();
    store
        .delete_policy_version(&account(), &arn, 1, at(5))
        .await
        .unwrap();
    let (default, updated) = (
        read(store, &arn).await.default_version,
        read(store, &arn).await.updated_at,
    );
    assert_eq!((default, updated), (2, at(5)));
    let absent = [
        store
            .set_default_policy_version(&account(), &arn, 1, at(6))
            .await,
        store
            .delete_policy_version(&account(), &arn, 1, at(6))
            .await,
        store
            .set_default_policy_version(&account(), &policy_arn("x"), 1, at(6))
            .await,
        store
            .list_policy_versions(&account(), &policy_arn("x"))
            .await
            .map(drop),
    ];
    for refusal in absent {
        assert!(matches!(refusal, Err(Error::NotFound(_))), "{refusal:?}");
    }
}
