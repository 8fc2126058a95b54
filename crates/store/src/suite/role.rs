//! Roles.

use thingpass_domain::error::Error;
use thingpass_domain::id::Path;
use thingpass_domain::role::{RoleChange, RoleStore};
use thingpass_domain::store::Store;

use super::fixture::*;
use super::{everything, walk};

pub(crate) async fn a_role_is_made_once_whatever_the_case(store: &dyn Store) {
    store.create_role(&account(), role("Reader")).await.unwrap();
    let mut again = role("READER");
    again.id = unique_id("AROA", "another");
    let refused = store.create_role(&account(), again).await.unwrap_err();
    assert!(matches!(refused, Error::AlreadyExists { .. }));
    assert_eq!(refused.to_string(), "Role with name READER already exists.");
    let read = store.role(&account(), &role_name("reader")).await.unwrap();
    assert_eq!(read, Some(role("Reader")));
}

pub(crate) async fn a_role_changes_only_in_what_is_given(store: &dyn Store) {
    let name = role_name("reader");
    store.create_role(&account(), role("Reader")).await.unwrap();
    store
        .create_managed_policy(&account(), policy(policy_arn("wall")), DOCUMENT)
        .await
        .unwrap();
    let boundary = policy_arn("wall").to_string();
    let change = RoleChange {
        description: Some("reads".to_owned()),
        permissions_boundary: Some(Some(boundary.clone())),
        ..RoleChange::default()
    };
    let changed = store.update_role(&account(), &name, &change).await.unwrap();
    let mut expected = role("Reader");
    expected.description = Some("reads".to_owned());
    expected.permissions_boundary = Some(boundary);
    assert_eq!(changed, expected);
    let change = RoleChange {
        trust_policy: Some("other".to_owned()),
        max_session_duration_seconds: Some(7200),
        permissions_boundary: Some(None),
        ..RoleChange::default()
    };
    store.update_role(&account(), &name, &change).await.unwrap();
    expected.trust_policy = "other".to_owned();
    expected.max_session_duration_seconds = 7200;
    expected.permissions_boundary = None;
    assert_eq!(store.role(&account(), &name).await.unwrap(), Some(expected));
    let absent = store
        .update_role(&account(), &role_name("absent"), &change)
        .await;
    assert!(matches!(absent, Err(Error::NotFound(_))));
}

pub(crate) async fn a_role_with_policies_stays(store: &dyn Store) {
    let (name, entity) = (role_name("reader"), role_entity("reader"));
    store.create_role(&account(), role("reader")).await.unwrap();
    store
        .attach_managed_policy(&account(), &entity, &administrator())
        .await
        .unwrap();
    let refused = store.delete_role(&account(), &name).await.unwrap_err();
    assert!(matches!(refused, Error::DeleteConflict(_)));
    assert_eq!(
        refused.to_string(),
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
    let refused = store.delete_role(&account(), &name).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Cannot delete entity, must delete policies first."
    );
    store
        .delete_inline_policy(&account(), &entity, &inline)
        .await
        .unwrap();
    store.delete_role(&account(), &name).await.unwrap();
    let absent = store.delete_role(&account(), &name).await;
    assert!(matches!(absent, Err(Error::NotFound(_))));
}

pub(crate) async fn a_role_made_again_has_none_of_the_old_ones_policies(store: &dyn Store) {
    let (name, entity) = (role_name("reader"), role_entity("reader"));
    store.create_role(&account(), role("reader")).await.unwrap();
    store
        .put_inline_policy(&account(), &entity, &policy_name("p"), DOCUMENT)
        .await
        .unwrap();
    store
        .delete_inline_policy(&account(), &entity, &policy_name("p"))
        .await
        .unwrap();
    store.delete_role(&account(), &name).await.unwrap();
    let mut again = role("reader");
    again.id = unique_id("AROA", "again");
    store.create_role(&account(), again).await.unwrap();
    let inline = store
        .list_inline_policies(&account(), &entity, everything())
        .await
        .unwrap();
    assert_eq!(inline.items, []);
}

pub(crate) async fn a_deleted_user_or_role_is_trusted_no_more_under_its_name(store: &dyn Store) {
    let (ann, first) = (user("ann"), role("first"));
    let trust = format!(
        r#"{{"Statement":{{"Principal":{{"AWS":["{}","{}"]}}}}}}"#,
        ann.arn(&account()),
        first.arn(&account())
    );
    let mut second = role("second");
    second.trust_policy = trust.clone();
    store.create_user(&account(), ann.clone()).await.unwrap();
    store.create_role(&account(), first.clone()).await.unwrap();
    store.create_role(&account(), second).await.unwrap();
    store.delete_user(&account(), &ann.name).await.unwrap();
    store.delete_role(&account(), &first.name).await.unwrap();
    let second = RoleStore::role(store, &account(), &role_name("second"))
        .await
        .unwrap()
        .unwrap();
    let expected = trust
        .replace(&ann.arn(&account()), ann.id.as_str())
        .replace(&first.arn(&account()), first.id.as_str());
    assert_eq!(second.trust_policy, expected);
}

pub(crate) async fn a_boundary_must_be_there(store: &dyn Store) {
    let mut bounded = role("reader");
    bounded.permissions_boundary = Some(policy_arn("absent").to_string());
    let refused = store.create_role(&account(), bounded).await;
    assert!(matches!(refused, Err(Error::NotFound(_))));
    let mut bounded = role("reader");
    bounded.permissions_boundary = Some("no arn".to_owned());
    let refused = store.create_role(&account(), bounded).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    let mut bounded = role("reader");
    bounded.permissions_boundary = Some(administrator().to_string());
    store
        .create_role(&account(), bounded.clone())
        .await
        .unwrap();
    let change = RoleChange {
        permissions_boundary: Some(Some(policy_arn("absent").to_string())),
        ..RoleChange::default()
    };
    let refused = store.update_role(&account(), &bounded.name, &change).await;
    assert!(matches!(refused, Err(Error::NotFound(_))));
    assert_eq!(
        store.role(&account(), &bounded.name).await.unwrap(),
        Some(bounded)
    );
}

pub(crate) async fn roles_are_listed_by_name_and_path(store: &dyn Store) {
    for (name, path) in [("b", "/x/"), ("a", "/"), ("c", "/x/y/"), ("d", "/xy/")] {
        let mut role = role(name);
        role.path = Path::new(path).unwrap();
        store.create_role(&account(), role).await.unwrap();
    }
    let names = async |prefix: &'static str, limit, ascending| {
        let list = |page| store.list_roles(account_of(), prefix, page);
        let roles = walk(limit, ascending, list).await;
        roles
            .iter()
            .map(|role| role.name.to_string())
            .collect::<String>()
    };
    for limit in [1, 2, 5] {
        assert_eq!(names("/", limit, true).await, "abcd");
        assert_eq!(names("/", limit, false).await, "dcba");
        assert_eq!(names("/x/", limit, true).await, "bc");
        assert_eq!(names("/x", limit, true).await, "bcd");
        assert_eq!(names("", limit, true).await, "abcd");
    }
}
