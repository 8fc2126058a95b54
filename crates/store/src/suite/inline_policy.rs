//! Inline policies.

use thingpass_domain::error::Error;
use thingpass_domain::store::Store;

use super::fixture::*;
use super::{everything, walk};

pub(crate) async fn an_inline_policy_is_written_replaced_and_deleted(store: &dyn Store) {
    store.create_role(&account(), role("r")).await.unwrap();
    let (entity, name) = (role_entity("R"), policy_name("p"));
    for document in ["one", "two"] {
        store
            .put_inline_policy(&account(), &entity, &name, document)
            .await
            .unwrap();
        let read = store
            .inline_policy(&account(), &entity, &name)
            .await
            .unwrap();
        assert_eq!(read.as_deref(), Some(document));
    }
    for other in ["q", "o"] {
        store
            .put_inline_policy(&account(), &entity, &policy_name(other), "x")
            .await
            .unwrap();
    }
    let list = |page| store.list_inline_policies(account_of(), &entity, page);
    for limit in [1, 2, 3, 4] {
        assert_eq!(
            walk(limit, true, list).await,
            ["o", "p", "q"].map(policy_name)
        );
        assert_eq!(
            walk(limit, false, list).await,
            ["q", "p", "o"].map(policy_name)
        );
    }
    store
        .delete_inline_policy(&account(), &entity, &name)
        .await
        .unwrap();
    assert_eq!(
        store
            .inline_policy(&account(), &entity, &name)
            .await
            .unwrap(),
        None
    );
    let absent = store
        .delete_inline_policy(&account(), &entity, &name)
        .await
        .unwrap_err();
    assert!(matches!(absent, Error::NotFound(_)));
    assert_eq!(
        absent.to_string(),
        "The role policy with name p cannot be found."
    );
}

pub(crate) async fn inline_policies_share_one_quota_and_white_space_is_free(store: &dyn Store) {
    store.create_user(&account(), user("anna")).await.unwrap();
    let entity = user_entity("anna");
    let (one, two) = (policy_name("one"), policy_name("two"));
    let large = "x".repeat(2000);
    store
        .put_inline_policy(&account(), &entity, &one, &large)
        .await
        .unwrap();
    let spaced = format!("{}{}", "x".repeat(48), " \n".repeat(500));
    store
        .put_inline_policy(&account(), &entity, &two, &spaced)
        .await
        .unwrap();
    let refused = store
        .put_inline_policy(&account(), &entity, &two, &"x".repeat(49))
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::LimitExceeded(_)));
    assert_eq!(
        refused.to_string(),
        "Maximum policy size of 2048 bytes exceeded for user anna"
    );
    let read = store
        .inline_policy(&account(), &entity, &two)
        .await
        .unwrap();
    assert_eq!(read, Some(spaced), "the refusal replaced nothing");
    // Replacing counts the new document, not both.
    store
        .put_inline_policy(&account(), &entity, &one, &large)
        .await
        .unwrap();
}

pub(crate) async fn inline_policies_of_an_absent_entity_are_not_found(store: &dyn Store) {
    let name = policy_name("p");
    for entity in [role_entity("absent"), user_entity("absent")] {
        let refused = [
            store
                .put_inline_policy(&account(), &entity, &name, DOCUMENT)
                .await,
            store
                .inline_policy(&account(), &entity, &name)
                .await
                .map(drop),
            store.delete_inline_policy(&account(), &entity, &name).await,
            store
                .list_inline_policies(&account(), &entity, everything())
                .await
                .map(drop),
        ];
        for refusal in refused {
            let Err(Error::NotFound(message)) = refusal else {
                panic!("{refusal:?}")
            };
            assert_eq!(message, entity.absent().to_string());
        }
    }
}
