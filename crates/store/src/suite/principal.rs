//! Certificates attached to things.

use thingpass_domain::error::Error;
use thingpass_domain::store::Store;
use thingpass_domain::thing::ThingPrincipalType::{ExclusiveThing, NonExclusiveThing};

use super::fixture::*;
use super::{everything, revision, walk};

async fn stock(store: &dyn Store) {
    for name in ["a", "b", "c"] {
        store
            .create_thing(&account(), thing(name, &[]))
            .await
            .unwrap();
    }
    for number in 1..=3 {
        store
            .create_certificate(&account(), certificate(number))
            .await
            .unwrap();
    }
}

pub(crate) async fn attaching_and_detaching_again_is_success(store: &dyn Store) {
    stock(store).await;
    let (name, id) = (thing_name("a"), certificate_id(1));
    store
        .attach_thing_principal(&account(), &name, &id, NonExclusiveThing)
        .await
        .unwrap();
    let before = revision(store);
    store
        .attach_thing_principal(&account(), &name, &id, NonExclusiveThing)
        .await
        .unwrap();
    assert_eq!(revision(store), before);
    store
        .detach_thing_principal(&account(), &name, &id)
        .await
        .unwrap();
    store
        .detach_thing_principal(&account(), &name, &id)
        .await
        .unwrap();
    let things = store
        .list_principal_things(&account(), &id, everything())
        .await
        .unwrap();
    assert_eq!(things.items, []);
}

pub(crate) async fn an_exclusive_certificate_has_one_thing(store: &dyn Store) {
    stock(store).await;
    let id = certificate_id(1);
    let attach = async |name: &str, kind| {
        store
            .attach_thing_principal(&account(), &thing_name(name), &id, kind)
            .await
    };
    attach("a", ExclusiveThing).await.unwrap();
    assert!(matches!(
        attach("b", NonExclusiveThing).await,
        Err(Error::Invalid(_))
    ));
    assert!(matches!(
        attach("b", ExclusiveThing).await,
        Err(Error::Invalid(_))
    ));
    attach("a", NonExclusiveThing).await.unwrap();
    attach("b", NonExclusiveThing).await.unwrap();
    let things = store
        .list_principal_things(&account(), &id, everything())
        .await
        .unwrap();
    assert_eq!(things.items, [thing_name("a"), thing_name("b")]);
}

pub(crate) async fn an_attachment_becomes_exclusive_only_alone(store: &dyn Store) {
    stock(store).await;
    let id = certificate_id(1);
    let attach = async |name: &str, kind| {
        store
            .attach_thing_principal(&account(), &thing_name(name), &id, kind)
            .await
    };
    attach("a", NonExclusiveThing).await.unwrap();
    attach("b", NonExclusiveThing).await.unwrap();
    assert!(matches!(
        attach("a", ExclusiveThing).await,
        Err(Error::Invalid(_))
    ));
    store
        .detach_thing_principal(&account(), &thing_name("b"), &id)
        .await
        .unwrap();
    attach("a", ExclusiveThing).await.unwrap();
    assert!(matches!(
        attach("b", NonExclusiveThing).await,
        Err(Error::Invalid(_))
    ));
}

pub(crate) async fn absent_things_and_certificates_are_refused(store: &dyn Store) {
    stock(store).await;
    let (thing, absent) = (thing_name("a"), thing_name("absent"));
    let (id, unknown) = (certificate_id(1), certificate_id(9));
    let refused = [
        store
            .attach_thing_principal(&account(), &absent, &id, NonExclusiveThing)
            .await,
        store
            .attach_thing_principal(&account(), &thing, &unknown, NonExclusiveThing)
            .await,
        store.detach_thing_principal(&account(), &absent, &id).await,
        store
            .list_thing_principals(&account(), &absent, everything())
            .await
            .map(drop),
        store
            .list_principal_things(&account(), &unknown, everything())
            .await
            .map(drop),
    ];
    for refusal in refused {
        assert!(matches!(refusal, Err(Error::NotFound(_))), "{refusal:?}");
    }
}

pub(crate) async fn principals_and_things_are_listed_in_pages(store: &dyn Store) {
    stock(store).await;
    for name in ["a", "b", "c"] {
        for number in 1..=3 {
            let (name, id) = (thing_name(name), certificate_id(number));
            store
                .attach_thing_principal(&account(), &name, &id, NonExclusiveThing)
                .await
                .unwrap();
        }
    }
    let (name, id) = (thing_name("a"), certificate_id(2));
    for limit in [1, 2, 3, 4] {
        let list = |page| store.list_thing_principals(account_of(), &name, page);
        assert_eq!(walk(limit, true, list).await, [1, 2, 3].map(certificate_id));
        assert_eq!(
            walk(limit, false, list).await,
            [3, 2, 1].map(certificate_id)
        );
        let list = |page| store.list_principal_things(account_of(), &id, page);
        assert_eq!(
            walk(limit, true, list).await,
            ["a", "b", "c"].map(thing_name)
        );
        assert_eq!(
            walk(limit, false, list).await,
            ["c", "b", "a"].map(thing_name)
        );
    }
}
