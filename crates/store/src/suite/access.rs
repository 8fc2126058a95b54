//! Users and their access keys.

use thingpass_domain::access_key::AccessKeyStatus;
use thingpass_domain::account::{Account, FirstUser};
use thingpass_domain::error::Error;
use thingpass_domain::id::Path;
use thingpass_domain::managed_policy::Entity;
use thingpass_domain::page::PageRequest;
use thingpass_domain::store::Store;

use super::fixture::*;
use super::walk;

pub(crate) async fn keys_of_a_user_are_made_switched_off_and_deleted(store: &dyn Store) {
    let (name, id) = (user_name("anna"), access_key_id(1));
    store.create_user(&account(), user("anna")).await.unwrap();
    store
        .create_access_key(&account(), access_key(2, "anna"))
        .await
        .unwrap();
    store
        .create_access_key(&account(), access_key(1, "ANNA"))
        .await
        .unwrap();
    let inactive = AccessKeyStatus::Inactive;
    store
        .update_access_key(&account(), &name, &id, inactive)
        .await
        .unwrap();
    let mut expected = access_key(1, "anna");
    expected.status = inactive;
    let keys = store.list_access_keys(&account(), &name).await.unwrap();
    assert_eq!(keys, [expected, access_key(2, "anna")]);
    store
        .delete_access_key(&account(), &name, &id)
        .await
        .unwrap();
    let keys = store.list_access_keys(&account(), &name).await.unwrap();
    assert_eq!(keys, [access_key(2, "anna")]);
    let taken = store
        .create_access_key(&account(), access_key(2, "anna"))
        .await;
    assert!(matches!(taken, Err(Error::AlreadyExists { .. })));
}

pub(crate) async fn an_account_knows_whether_any_key_of_it_may_be_used(store: &dyn Store) {
    let name = user_name("anna");
    store.create_user(&account(), user("anna")).await.unwrap();
    assert!(!store.has_active_access_key(&account()).await.unwrap());
    store
        .create_access_key(&account(), access_key(1, "anna"))
        .await
        .unwrap();
    assert!(store.has_active_access_key(&account()).await.unwrap());
    assert!(!store.has_active_access_key(&stranger()).await.unwrap());
    store
        .update_access_key(
            &account(),
            &name,
            &access_key_id(1),
            AccessKeyStatus::Inactive,
        )
        .await
        .unwrap();
    assert!(!store.has_active_access_key(&account()).await.unwrap());
}

pub(crate) async fn an_account_and_its_first_user_are_made_together_or_not_at_all(
    store: &dyn Store,
) {
    let made = |prefix: &str| Account {
        id: account(),
        endpoint_prefix: prefix.to_owned(),
        created_at: at(1),
    };
    let first = |policy| FirstUser {
        user: user("anna"),
        policy,
        key: access_key(1, "anna"),
    };
    let refused = store
        .create_account(made("abc"), Some(first(policy_arn("absent"))))
        .await;
    assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    assert_eq!(store.accounts().await.unwrap(), []);
    let absent = store.user(&account(), &user_name("anna")).await.unwrap();
    assert_eq!(absent, None);

    let user = Entity::User(user_name("anna"));
    store
        .create_account(made("abc"), Some(first(administrator())))
        .await
        .unwrap();
    let keys = store.list_access_keys(&account(), &user_name("anna")).await;
    assert_eq!(keys.unwrap(), [access_key(1, "anna")]);
    let policies = store
        .list_attached_managed_policies(&account(), &user, PageRequest::first(2))
        .await;
    assert_eq!(policies.unwrap().items, [administrator()]);
    let again = store
        .create_account(made("def"), Some(first(administrator())))
        .await;
    assert!(matches!(again, Err(Error::AlreadyExists { .. })));
}

pub(crate) async fn a_third_access_key_is_refused(store: &dyn Store) {
    store.create_user(&account(), user("anna")).await.unwrap();
    store
        .create_access_key(&account(), access_key(1, "anna"))
        .await
        .unwrap();
    store
        .create_access_key(&account(), access_key(2, "anna"))
        .await
        .unwrap();
    let refused = store
        .create_access_key(&account(), access_key(3, "anna"))
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::LimitExceeded(_)));
    assert_eq!(
        refused.to_string(),
        "Cannot exceed quota for AccessKeysPerUser: 2"
    );
    let keys = store
        .list_access_keys(&account(), &user_name("anna"))
        .await
        .unwrap();
    assert_eq!(keys.len(), 2);
}

pub(crate) async fn a_key_of_another_user_is_not_found(store: &dyn Store) {
    let (other, absent, id) = (user_name("bert"), user_name("absent"), access_key_id(1));
    store.create_user(&account(), user("anna")).await.unwrap();
    store.create_user(&account(), user("bert")).await.unwrap();
    store
        .create_access_key(&account(), access_key(1, "anna"))
        .await
        .unwrap();
    let inactive = AccessKeyStatus::Inactive;
    let refused = [
        store
            .update_access_key(&account(), &other, &id, inactive)
            .await,
        store.delete_access_key(&account(), &other, &id).await,
        store
            .create_access_key(&account(), access_key(2, "absent"))
            .await,
        store.list_access_keys(&account(), &absent).await.map(drop),
        store
            .delete_access_key(&account(), &user_name("anna"), &access_key_id(2))
            .await,
    ];
    for refusal in refused {
        assert!(matches!(refusal, Err(Error::NotFound(_))), "{refusal:?}");
    }
}

pub(crate) async fn a_user_with_keys_or_policies_stays(store: &dyn Store) {
    let (name, entity) = (user_name("anna"), user_entity("anna"));
    store.create_user(&account(), user("anna")).await.unwrap();
    store
        .create_access_key(&account(), access_key(1, "anna"))
        .await
        .unwrap();
    let refusal = async || {
        store
            .delete_user(&account(), &name)
            .await
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refusal().await,
        "Cannot delete entity, must delete access keys first."
    );
    store
        .delete_access_key(&account(), &name, &access_key_id(1))
        .await
        .unwrap();
    store
        .attach_managed_policy(&account(), &entity, &administrator())
        .await
        .unwrap();
    assert_eq!(
        refusal().await,
        "Cannot delete entity, must detach all policies first."
    );
    store
        .detach_managed_policy(&account(), &entity, &administrator())
        .await
        .unwrap();
    let inline = policy_name("inline");
    store
        .put_inline_policy(&account(), &entity, &inline, DOCUMENT)
        .await
        .unwrap();
    assert_eq!(
        refusal().await,
        "Cannot delete entity, must delete policies first."
    );
    store
        .delete_inline_policy(&account(), &entity, &inline)
        .await
        .unwrap();
    store.delete_user(&account(), &name).await.unwrap();
    assert_eq!(refusal().await, "The user with name anna cannot be found.");
}

pub(crate) async fn a_user_is_found_whatever_the_case_of_the_letters(store: &dyn Store) {
    store.create_user(&account(), user("Anna")).await.unwrap();
    let read = store.user(&account(), &user_name("ANNA")).await.unwrap();
    assert_eq!(read, Some(user("Anna")));
    let mut again = user("anna");
    again.id = unique_id("AIDA", "another");
    let refused = store.create_user(&account(), again).await.unwrap_err();
    assert!(matches!(refused, Error::AlreadyExists { .. }));
    assert_eq!(refused.to_string(), "User with name anna already exists.");
}

pub(crate) async fn a_boundary_must_be_there(store: &dyn Store) {
    let name = user_name("anna");
    let mut bounded = user("anna");
    bounded.permissions_boundary = Some(policy_arn("absent").to_string());
    let refused = store.create_user(&account(), bounded).await;
    assert!(matches!(refused, Err(Error::NotFound(_))));
    store.create_user(&account(), user("anna")).await.unwrap();
    let boundary = Some(administrator().to_string());
    store
        .update_user_boundary(&account(), &name, boundary.clone())
        .await
        .unwrap();
    let read = store.user(&account(), &name).await.unwrap().unwrap();
    assert_eq!(read.permissions_boundary, boundary);
    let absent = Some(policy_arn("absent").to_string());
    let refused = [
        store.update_user_boundary(&account(), &name, absent).await,
        store
            .update_user_boundary(&account(), &user_name("absent"), None)
            .await,
    ];
    for refusal in refused {
        assert!(matches!(refusal, Err(Error::NotFound(_))));
    }
    store
        .update_user_boundary(&account(), &name, None)
        .await
        .unwrap();
    assert_eq!(
        store.user(&account(), &name).await.unwrap(),
        Some(user("anna"))
    );
}

pub(crate) async fn users_are_listed_by_name_and_path(store: &dyn Store) {
    for (name, path) in [("b", "/x/"), ("a", "/"), ("c", "/x/y/")] {
        let mut user = user(name);
        user.path = Path::new(path).unwrap();
        store.create_user(&account(), user).await.unwrap();
    }
    let names = async |prefix: &'static str, limit, ascending| {
        let list = |page| store.list_users(account_of(), prefix, page);
        let users = walk(limit, ascending, list).await;
        users
            .iter()
            .map(|user| user.name.to_string())
            .collect::<String>()
    };
    for limit in [1, 2, 5] {
        assert_eq!(names("/", limit, true).await, "abc");
        assert_eq!(names("/", limit, false).await, "cba");
        assert_eq!(names("/x/", limit, false).await, "cb");
    }
}
