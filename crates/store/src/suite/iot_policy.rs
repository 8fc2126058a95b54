//! IoT policies.

use thingpass_domain::error::Error;
use thingpass_domain::store::Store;

use super::fixture::*;
use super::{everything, walk};

pub(crate) async fn an_iot_policy_is_made_once_and_deleted_when_detached(store: &dyn Store) {
    let name = iot_policy_name("p");
    store
        .create_iot_policy(&account(), iot_policy("p"))
        .await
        .unwrap();
    let again = store
        .create_iot_policy(&account(), iot_policy("p"))
        .await
        .unwrap_err();
    assert!(matches!(again, Error::AlreadyExists { .. }));
    assert_eq!(
        again.to_string(),
        "Policy cannot be created - name already exists (name=p)"
    );
    assert_eq!(
        store.iot_policy(&account(), &name).await.unwrap(),
        Some(iot_policy("p"))
    );
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    store
        .attach_iot_policy(&account(), &name, &target(1))
        .await
        .unwrap();
    let refused = store
        .delete_iot_policy(&account(), &name)
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::DeleteConflict(_)));
    assert_eq!(
        refused.to_string(),
        "The policy cannot be deleted as the policy is attached to one or more principals (name=p)"
    );
    store
        .detach_iot_policy(&account(), &name, &target(1))
        .await
        .unwrap();
    store.delete_iot_policy(&account(), &name).await.unwrap();
    assert_eq!(store.iot_policy(&account(), &name).await.unwrap(), None);
}

pub(crate) async fn attaching_and_detaching_again_is_success(store: &dyn Store) {
    let name = iot_policy_name("p");
    store
        .create_iot_policy(&account(), iot_policy("p"))
        .await
        .unwrap();
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    for _ in 0..2 {
        store
            .attach_iot_policy(&account(), &name, &target(1))
            .await
            .unwrap();
    }
    let attached = store
        .list_attached_iot_policies(&account(), &target(1), everything())
        .await
        .unwrap();
    assert_eq!(attached.items, std::slice::from_ref(&name));
    for _ in 0..2 {
        store
            .detach_iot_policy(&account(), &name, &target(1))
            .await
            .unwrap();
    }
    let attached = store
        .list_attached_iot_policies(&account(), &target(1), everything())
        .await
        .unwrap();
    assert_eq!(attached.items, []);
}

pub(crate) async fn absent_policies_and_certificates_are_refused(store: &dyn Store) {
    let (name, absent) = (iot_policy_name("p"), iot_policy_name("absent"));
    store
        .create_iot_policy(&account(), iot_policy("p"))
        .await
        .unwrap();
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    let refused = [
        store
            .attach_iot_policy(&account(), &absent, &target(1))
            .await,
        store.attach_iot_policy(&account(), &name, &target(2)).await,
        store
            .detach_iot_policy(&account(), &absent, &target(1))
            .await,
        store.delete_iot_policy(&account(), &absent).await,
        store
            .list_targets_for_iot_policy(&account(), &absent, everything())
            .await
            .map(drop),
    ];
    for refusal in refused {
        assert!(matches!(refusal, Err(Error::NotFound(_))), "{refusal:?}");
    }
    store
        .detach_iot_policy(&account(), &name, &target(2))
        .await
        .unwrap();
    let none = store
        .list_attached_iot_policies(&account(), &target(2), everything())
        .await;
    assert_eq!(none.unwrap().items, []);
}

pub(crate) async fn an_eleventh_policy_on_a_certificate_is_refused(store: &dyn Store) {
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    for number in 0..=10 {
        let name = format!("p{number}");
        store
            .create_iot_policy(&account(), iot_policy(&name))
            .await
            .unwrap();
        let attached = store
            .attach_iot_policy(&account(), &iot_policy_name(&name), &target(1))
            .await;
        assert_eq!(
            matches!(attached, Err(Error::LimitExceeded(_))),
            number == 10,
            "{number}"
        );
    }
    // Attaching one of the ten again is still success.
    store
        .attach_iot_policy(&account(), &iot_policy_name("p3"), &target(1))
        .await
        .unwrap();
    let attached = store
        .list_attached_iot_policies(&account(), &target(1), everything())
        .await
        .unwrap();
    assert_eq!(attached.items.len(), 10);
}

pub(crate) async fn policies_and_targets_are_listed_in_pages(store: &dyn Store) {
    for number in 1..=3 {
        store
            .create_certificate(&account(), certificate(number))
            .await
            .unwrap();
    }
    let names = ["a", "b", "c"].map(iot_policy_name);
    for name in &names {
        store
            .create_iot_policy(&account(), iot_policy(name.as_str()))
            .await
            .unwrap();
        for number in 1..=3 {
            store
                .attach_iot_policy(&account(), name, &target(number))
                .await
                .unwrap();
        }
    }
    let backwards = ["c", "b", "a"].map(iot_policy_name);
    for limit in [1, 2, 3, 4] {
        let list = |page| store.list_iot_policies(account_of(), page);
        assert_eq!(walk(limit, true, list).await, names);
        assert_eq!(walk(limit, false, list).await, backwards);
        let of = target(2);
        let list = |page| store.list_attached_iot_policies(account_of(), &of, page);
        assert_eq!(walk(limit, true, list).await, names);
        assert_eq!(walk(limit, false, list).await, backwards);
        let [name, ..] = &names;
        let list = |page| store.list_targets_for_iot_policy(account_of(), name, page);
        assert_eq!(walk(limit, true, list).await, [1, 2, 3].map(target));
        assert_eq!(walk(limit, false, list).await, [3, 2, 1].map(target));
    }
}
