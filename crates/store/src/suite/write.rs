//! Writes: all or nothing, and the revision.

use thingpass_domain::store::Store;
use thingpass_domain::thing::ThingFilter;

use super::fixture::*;
use super::{everything, revision};

pub(crate) async fn a_refused_write_leaves_no_row_and_no_entry(store: &dyn Store) {
    store.create_user(&account(), user("anna")).await.unwrap();
    for number in 1..=2 {
        store
            .create_access_key(&account(), access_key(number, "anna"))
            .await
            .unwrap();
    }
    let before = revision(store);
    // The quota is checked after the row is written.
    assert!(
        store
            .create_access_key(&account(), access_key(3, "anna"))
            .await
            .is_err()
    );
    store.follow_changes().await.unwrap();
    assert_eq!(revision(store), before);
    assert_eq!(store.access_key(&access_key_id(3)).unwrap(), None);
}

pub(crate) async fn a_write_that_changes_nothing_leaves_the_revision(store: &dyn Store) {
    store
        .create_thing(&account(), thing("t", &[]))
        .await
        .unwrap();
    let before = revision(store);
    store
        .create_thing(&account(), thing("t", &[]))
        .await
        .unwrap();
    store
        .delete_thing(&account(), &thing_name("absent"), None)
        .await
        .unwrap();
    store.delete_ring_key(7).await.unwrap();
    assert_eq!(revision(store), before);
}

pub(crate) async fn each_change_moves_the_revision(store: &dyn Store) {
    let mut last = revision(store);
    let mut moved = || {
        let now = revision(store);
        let moved = now > last;
        last = now;
        moved
    };
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    assert!(moved());
    store
        .create_role_alias(&account(), alias("a"))
        .await
        .unwrap();
    assert!(moved());
    store
        .delete_role_alias(&account(), &alias_name("a"))
        .await
        .unwrap();
    assert!(moved());
    store.follow_changes().await.unwrap();
    assert!(!moved(), "its own changes are not counted twice");
}

pub(crate) async fn concurrent_writers_all_succeed(store: &dyn Store) {
    let before = revision(store);
    let writers = (0..32).map(|number| async move {
        store
            .create_thing(&account(), thing(&format!("t{number}"), &[("n", "1")]))
            .await
    });
    let mut writers: Vec<_> = writers.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        writers.retain_mut(|writer| match writer.as_mut().poll(context) {
            std::task::Poll::Ready(done) => {
                done.unwrap();
                false
            }
            std::task::Poll::Pending => true,
        });
        if writers.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    let things = store
        .list_things(&account(), &ThingFilter::default(), everything())
        .await;
    assert_eq!(things.unwrap().items.len(), 32);
    assert!(revision(store) >= before + 32);
}

pub(crate) async fn an_abandoned_write_harms_no_later_one(store: &dyn Store) {
    let home = account();
    for patience in 1..20 {
        let name = format!("t{patience}");
        let mut write = Box::pin(store.create_thing(&home, thing(&name, &[("a", "1")])));
        let mut polls = 0;
        std::future::poll_fn(|context| {
            polls += 1;
            let done = write.as_mut().poll(context).is_ready();
            let enough = done || polls == patience;
            if enough {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        drop(write);
        // Written or not, but whole: the same thing can be made, once.
        let made = store
            .create_thing(&home, thing(&name, &[("a", "1")]))
            .await
            .unwrap();
        assert_eq!(store.thing(&home, &made.name).await.unwrap(), Some(made));
    }
    let before = revision(store);
    store.follow_changes().await.unwrap();
    assert_eq!(revision(store), before);
}
