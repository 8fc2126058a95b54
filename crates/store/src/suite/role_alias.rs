//! Role aliases.

use thingpass_domain::arn::RoleArn;
use thingpass_domain::error::Error;
use thingpass_domain::role_alias::RoleAliasStore;
use thingpass_domain::store::Store;

use super::fixture::*;
use super::walk;

pub(crate) async fn an_alias_is_made_once_changed_and_deleted(store: &dyn Store) {
    let name = alias_name("fleet");
    store
        .create_role_alias(&account(), alias("fleet"))
        .await
        .unwrap();
    let again = store.create_role_alias(&account(), alias("fleet")).await;
    assert!(matches!(again, Err(Error::AlreadyExists { .. })));
    let read = RoleAliasStore::role_alias(store, &account(), &name)
        .await
        .unwrap();
    assert_eq!(read, Some(alias("fleet")));
    let other = RoleArn::new("arn:aws:iam::123456789012:role/other").unwrap();
    store
        .update_role_alias(&account(), &name, Some(other.clone()), None, at(8))
        .await
        .unwrap();
    store
        .update_role_alias(&account(), &name, None, Some(1000), at(9))
        .await
        .unwrap();
    let read = RoleAliasStore::role_alias(store, &account(), &name)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (read.role_arn, read.credential_duration_seconds),
        (other, 1000)
    );
    assert_eq!((read.created_at, read.last_modified_at), (at(1), at(9)));
    let refused = store
        .update_role_alias(&account(), &name, None, Some(899), at(9))
        .await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    store.delete_role_alias(&account(), &name).await.unwrap();
    let absent = [
        store.delete_role_alias(&account(), &name).await,
        store
            .update_role_alias(&account(), &name, None, None, at(9))
            .await,
    ];
    for refusal in absent {
        assert!(matches!(refusal, Err(Error::NotFound(_))));
    }
    assert_eq!(
        RoleAliasStore::role_alias(store, &account(), &name)
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn aliases_are_bounded(store: &dyn Store) {
    for number in 0..100 {
        store
            .create_role_alias(&account(), alias(&format!("a{number}")))
            .await
            .unwrap();
    }
    let refused = store.create_role_alias(&account(), alias("over")).await;
    assert!(matches!(refused, Err(Error::LimitExceeded(_))));
    let taken = store.create_role_alias(&account(), alias("a1")).await;
    assert!(matches!(taken, Err(Error::AlreadyExists { .. })));
    store
        .create_role_alias(&stranger(), alias("over"))
        .await
        .unwrap();
}

pub(crate) async fn aliases_are_listed_in_both_orders(store: &dyn Store) {
    for name in ["b", "a", "B"] {
        store
            .create_role_alias(&account(), alias(name))
            .await
            .unwrap();
    }
    let list = |page| store.list_role_aliases(account_of(), page);
    for limit in [1, 2, 3, 4] {
        assert_eq!(
            walk(limit, true, list).await,
            ["B", "a", "b"].map(alias_name)
        );
        assert_eq!(
            walk(limit, false, list).await,
            ["b", "a", "B"].map(alias_name)
        );
    }
}
