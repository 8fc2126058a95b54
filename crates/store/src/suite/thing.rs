//! Things and thing types.

use thingpass_domain::error::Error;
use thingpass_domain::store::Store;
use thingpass_domain::thing::{ThingChange, ThingFilter, ThingPrincipalType};

use super::fixture::*;
use super::{everything, walk};

pub(crate) async fn creating_the_same_thing_again_gives_the_one_that_stands(store: &dyn Store) {
    let made = store
        .create_thing(&account(), thing("t", &[("a", "1")]))
        .await
        .unwrap();
    let mut again = thing("t", &[("a", "1")]);
    again.id = "another".to_owned();
    assert_eq!(store.create_thing(&account(), again).await.unwrap(), made);
    let other = store
        .create_thing(&account(), thing("t", &[("a", "2")]))
        .await;
    let Err(Error::AlreadyExists { resource_id, .. }) = other else {
        panic!("{other:?}")
    };
    assert_eq!(resource_id.as_deref(), Some("id of t"));
    assert_eq!(
        store.thing(&account(), &thing_name("t")).await.unwrap(),
        Some(made)
    );
    assert_eq!(
        store.thing(&account(), &thing_name("T")).await.unwrap(),
        None
    );
}

pub(crate) async fn a_thing_of_an_absent_type_is_not_found(store: &dyn Store) {
    let mut typed = thing("t", &[]);
    typed.thing_type = Some(thing_type_name("sensor"));
    let refused = store.create_thing(&account(), typed.clone()).await;
    assert!(matches!(refused, Err(Error::NotFound(_))));
    store
        .create_thing(&account(), thing("t", &[]))
        .await
        .unwrap();
    let change = ThingChange {
        thing_type: Some(thing_type_name("sensor")),
        ..ThingChange::default()
    };
    let refused = store
        .update_thing(&account(), &thing_name("t"), &change)
        .await;
    assert!(matches!(refused, Err(Error::NotFound(_))));
    store
        .create_thing_type(&account(), thing_type("sensor"))
        .await
        .unwrap();
    let changed = store
        .update_thing(&account(), &thing_name("t"), &change)
        .await
        .unwrap();
    assert_eq!(changed.thing_type, typed.thing_type);
}

pub(crate) async fn an_update_is_one_version_on_and_expects_its_version(store: &dyn Store) {
    store
        .create_thing(&account(), thing("t", &[("a", "1")]))
        .await
        .unwrap();
    let mut change = ThingChange {
        attributes: Some(attributes(&[("b", "2")])),
        merge: true,
        expected_version: Some(1),
        ..ThingChange::default()
    };
    let name = thing_name("t");
    let changed = store
        .update_thing(&account(), &name, &change)
        .await
        .unwrap();
    assert_eq!((changed.version, changed.attributes.len()), (2, 2));
    let refused = store.update_thing(&account(), &name, &change).await;
    assert!(matches!(refused, Err(Error::VersionConflict(_))));
    let refused = store.delete_thing(&account(), &name, Some(1)).await;
    assert!(matches!(refused, Err(Error::VersionConflict(_))));
    assert_eq!(store.thing(&account(), &name).await.unwrap(), Some(changed));
    change.expected_version = None;
    change.attributes = Some(attributes(&[("c", "3"), ("d", "4")]));
    let refused = store.update_thing(&account(), &name, &change).await;
    assert!(
        matches!(refused, Err(Error::Invalid(_))),
        "a fourth attribute without a type"
    );
    let refused = store
        .update_thing(&account(), &thing_name("absent"), &change)
        .await;
    assert!(matches!(refused, Err(Error::NotFound(_))));
}

pub(crate) async fn deleting_an_absent_thing_is_success(store: &dyn Store) {
    store
        .create_thing(&account(), thing("t", &[("a", "1")]))
        .await
        .unwrap();
    store
        .delete_thing(&account(), &thing_name("t"), Some(1))
        .await
        .unwrap();
    store
        .delete_thing(&account(), &thing_name("t"), Some(1))
        .await
        .unwrap();
    assert_eq!(
        store.thing(&account(), &thing_name("t")).await.unwrap(),
        None
    );
    // None of the old attributes stands in the way of the new ones.
    let made = store
        .create_thing(&account(), thing("t", &[("a", "2")]))
        .await
        .unwrap();
    assert_eq!(made.attributes, attributes(&[("a", "2")]));
}

pub(crate) async fn an_attached_thing_stays(store: &dyn Store) {
    let name = thing_name("t");
    store
        .create_thing(&account(), thing("t", &[]))
        .await
        .unwrap();
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    store
        .attach_thing_principal(
            &account(),
            &name,
            &certificate_id(1),
            ThingPrincipalType::NonExclusiveThing,
        )
        .await
        .unwrap();
    let refused = store
        .delete_thing(&account(), &name, None)
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Invalid(_)));
    assert_eq!(
        refused.to_string(),
        "Cannot delete. Thing t is still attached to one or more principals"
    );
    store
        .detach_thing_principal(&account(), &name, &certificate_id(1))
        .await
        .unwrap();
    store.delete_thing(&account(), &name, None).await.unwrap();
    assert_eq!(store.thing(&account(), &name).await.unwrap(), None);
}

pub(crate) async fn things_are_filtered_by_attribute_and_type(store: &dyn Store) {
    store
        .create_thing_type(&account(), thing_type("sensor"))
        .await
        .unwrap();
    for (name, site, typed) in [
        ("a", "north-1", true),
        ("b", "north-2", false),
        ("c", "south", true),
        ("d", "north", true),
    ] {
        let mut thing = thing(name, &[("site", site)]);
        thing.thing_type = typed.then(|| thing_type_name("sensor"));
        store.create_thing(&account(), thing).await.unwrap();
    }
    let names = async |filter: ThingFilter| {
        let page = store
            .list_things(&account(), &filter, everything())
            .await
            .unwrap();
        page.items
            .iter()
            .map(|thing| thing.name.to_string())
            .collect::<Vec<_>>()
    };
    let by_site = ThingFilter {
        attribute: Some(attribute("site", "north")),
        ..ThingFilter::default()
    };
    assert_eq!(names(by_site.clone()).await, ["d"]);
    let by_prefix = ThingFilter {
        attribute_value_is_prefix: true,
        ..by_site.clone()
    };
    assert_eq!(names(by_prefix.clone()).await, ["a", "b", "d"]);
    let by_both = ThingFilter {
        thing_type: Some(thing_type_name("sensor")),
        ..by_prefix
    };
    assert_eq!(names(by_both.clone()).await, ["a", "d"]);
    assert_eq!(
        names(ThingFilter {
            attribute: None,
            ..by_both
        })
        .await,
        ["a", "c", "d"]
    );
    let change = ThingChange {
        attributes: Some(attributes(&[("site", "south")])),
        ..ThingChange::default()
    };
    store
        .update_thing(&account(), &thing_name("d"), &change)
        .await
        .unwrap();
    assert_eq!(names(by_site).await, Vec::<String>::new());
}

pub(crate) async fn things_are_listed_in_both_orders(store: &dyn Store) {
    for name in ["b", "A", "_", "a-1", "a", "0", "Z"] {
        store
            .create_thing(&account(), thing(name, &[("k", "v")]))
            .await
            .unwrap();
    }
    let filters = [
        ThingFilter::default(),
        ThingFilter {
            attribute: Some(attribute("k", "v")),
            ..ThingFilter::default()
        },
    ];
    for filter in &filters {
        for limit in [1, 2, 3, 7, 50] {
            let list = async |ascending| {
                let list = |page| store.list_things(account_of(), filter, page);
                let things = walk(limit, ascending, list).await;
                things
                    .iter()
                    .map(|thing| thing.name.to_string())
                    .collect::<Vec<_>>()
            };
            assert_eq!(list(true).await, ["0", "A", "Z", "_", "a", "a-1", "b"]);
            assert_eq!(list(false).await, ["b", "a-1", "a", "_", "Z", "A", "0"]);
        }
    }
}

pub(crate) async fn a_thing_type_is_made_once(store: &dyn Store) {
    let made = store
        .create_thing_type(&account(), thing_type("sensor"))
        .await
        .unwrap();
    let mut again = thing_type("sensor");
    again.id = "another".to_owned();
    assert_eq!(
        store
            .create_thing_type(&account(), again.clone())
            .await
            .unwrap(),
        made
    );
    again.description = None;
    let refused = store.create_thing_type(&account(), again).await;
    assert!(matches!(refused, Err(Error::AlreadyExists { .. })));
    let name = thing_type_name("sensor");
    assert_eq!(
        store.thing_type(&account(), &name).await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(
        store
            .thing_type(&account(), &thing_type_name("x"))
            .await
            .unwrap(),
        None
    );
    store
        .create_thing_type(&account(), thing_type("actor"))
        .await
        .unwrap();
    let one = store
        .list_thing_types(&account(), Some(&name), everything())
        .await
        .unwrap();
    assert_eq!(one.items, [made]);
    for ascending in [true, false] {
        let list = |page| store.list_thing_types(account_of(), None, page);
        let mut names: Vec<_> = walk(1, ascending, list)
            .await
            .iter()
            .map(|t| t.name.to_string())
            .collect();
        if !ascending {
            names.reverse();
        }
        assert_eq!(names, ["actor", "sensor"]);
    }
}
