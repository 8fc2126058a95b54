//! Managed policies, their versions and attachments.

use thingpass_domain::arn::PolicyArn;
use thingpass_domain::error::Error;
use thingpass_domain::id::Path;
use thingpass_domain::lookup::Lookup;
use thingpass_domain::managed_policy::{ManagedPolicy, ManagedPolicyStore, PolicyFilter};
use thingpass_domain::store::Store;

use super::fixture::*;
use super::{everything, walk};

pub(crate) async fn make(store: &dyn Store, name: &str) -> PolicyArn {
    let arn = policy_arn(name);
    store
        .create_managed_policy(&account(), policy(arn.clone()), "one")
        .await
        .unwrap();
    arn
}

pub(crate) async fn read(store: &dyn Store, arn: &PolicyArn) -> ManagedPolicy {
    ManagedPolicyStore::managed_policy(store, &account(), arn)
        .await
        .unwrap()
        .unwrap()
}

pub(crate) async fn a_managed_policy_is_made_once_whatever_the_case(store: &dyn Store) {
    let arn = make(store, "Reader").await;
    let mut again = policy(policy_arn("READER"));
    again.arn.path = Path::new("/elsewhere/").unwrap();
    let refused = store
        .create_managed_policy(&account(), again, "two")
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::AlreadyExists { .. }));
    assert_eq!(
        refused.to_string(),
        "A policy called READER already exists. Duplicate names are not allowed."
    );
    assert_eq!(read(store, &arn).await, policy(arn));
    let absent = ManagedPolicyStore::managed_policy(store, &account(), &policy_arn("x")).await;
    assert_eq!(absent.unwrap(), None);
}

pub(crate) async fn a_policy_in_use_stays(store: &dyn Store) {
    let arn = make(store, "p").await;
    let refusal = async || {
        let refused = store
            .delete_managed_policy(&account(), &arn)
            .await
            .unwrap_err();
        assert!(matches!(refused, Error::DeleteConflict(_)), "{refused:?}");
        refused.to_string()
    };
    store.create_role(&account(), role("r")).await.unwrap();
    store
        .attach_managed_policy(&account(), &role_entity("r"), &arn)
        .await
        .unwrap();
    assert_eq!(
        refusal().await,
        "Cannot delete a policy attached to entities."
    );
    store
        .detach_managed_policy(&account(), &role_entity("r"), &arn)
        .await
        .unwrap();
    let mut bounded = user("anna");
    bounded.permissions_boundary = Some(arn.to_string());
    store.create_user(&account(), bounded).await.unwrap();
    assert_eq!(
        refusal().await,
        "Cannot delete a policy attached to entities."
    );
    store
        .update_user_boundary(&account(), &user_name("anna"), None)
        .await
        .unwrap();
    store
        .create_policy_version(&account(), &arn, "two", false, at(2))
        .await
        .unwrap();
    assert!(
        refusal()
            .await
            .starts_with("This policy has more than one version.")
    );
    store
        .delete_policy_version(&account(), &arn, 2, at(3))
        .await
        .unwrap();
    store.delete_managed_policy(&account(), &arn).await.unwrap();
    let absent = store.delete_managed_policy(&account(), &arn).await;
    assert!(matches!(absent, Err(Error::NotFound(_))));
    assert_eq!(
        store.policy_version(&account(), &arn, 1).await.unwrap(),
        None
    );
}

pub(crate) async fn attaching_counts_and_detaching_what_is_not_attached_is_not_found(
    store: &dyn Store,
) {
    let arn = make(store, "p").await;
    store.create_role(&account(), role("r")).await.unwrap();
    store.create_user(&account(), user("u")).await.unwrap();
    for entity in [role_entity("r"), user_entity("u"), role_entity("R")] {
        store
            .attach_managed_policy(&account(), &entity, &arn)
            .await
            .unwrap();
    }
    assert_eq!(read(store, &arn).await.attachment_count, 2);
    store
        .detach_managed_policy(&account(), &role_entity("r"), &arn)
        .await
        .unwrap();
    assert_eq!(read(store, &arn).await.attachment_count, 1);
    let absent = policy_arn("absent");
    let refused = [
        store
            .detach_managed_policy(&account(), &role_entity("r"), &arn)
            .await,
        store
            .detach_managed_policy(&account(), &role_entity("absent"), &arn)
            .await,
        store
            .detach_managed_policy(&account(), &role_entity("r"), &absent)
            .await,
        store
            .attach_managed_policy(&account(), &role_entity("r"), &absent)
            .await,
        store
            .attach_managed_policy(&account(), &user_entity("absent"), &arn)
            .await,
    ];
    for refusal in refused {
        assert!(matches!(refusal, Err(Error::NotFound(_))), "{refusal:?}");
    }
}

pub(crate) async fn an_eleventh_managed_policy_is_refused(store: &dyn Store) {
    store.create_role(&account(), role("e")).await.unwrap();
    store.create_user(&account(), user("e")).await.unwrap();
    for number in 0..=10 {
        let arn = make(store, &format!("p{number}")).await;
        let to_role = store
            .attach_managed_policy(&account(), &role_entity("e"), &arn)
            .await;
        let to_user = store
            .attach_managed_policy(&account(), &user_entity("e"), &arn)
            .await;
        if number < 10 {
            to_role.unwrap();
            to_user.unwrap();
            continue;
        }
        assert_eq!(
            to_role.unwrap_err().to_string(),
            "Cannot exceed quota for PoliciesPerRole: 10"
        );
        assert_eq!(
            to_user.unwrap_err().to_string(),
            "Cannot exceed quota for PoliciesPerUser: 10"
        );
    }
    let entity = role_entity("e");
    let list = |page| store.list_attached_managed_policies(account_of(), &entity, page);
    assert_eq!(walk(3, true, list).await.len(), 10);
}

pub(crate) async fn policies_of_aws_are_attached_by_all_and_changed_by_none(store: &dyn Store) {
    let arn = administrator();
    for owner in [account(), stranger()] {
        store.create_role(&owner, role("r")).await.unwrap();
        store
            .attach_managed_policy(&owner, &role_entity("r"), &arn)
            .await
            .unwrap();
        let seen = ManagedPolicyStore::managed_policy(store, &owner, &arn)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            seen.attachment_count, 1,
            "only this account's attachments count"
        );
        let document = Lookup::managed_policy(store, &owner, &arn.to_string())
            .unwrap()
            .unwrap();
        assert!(document.document.contains("Allow"));
    }
    let refused = [
        store
            .create_managed_policy(&account(), policy(arn.clone()), "d")
            .await,
        store.delete_managed_policy(&account(), &arn).await,
        store
            .create_policy_version(&account(), &arn, "d", true, at(1))
            .await
            .map(drop),
        store
            .set_default_policy_version(&account(), &arn, 1, at(1))
            .await,
        store
            .delete_policy_version(&account(), &arn, 1, at(1))
            .await,
    ];
    for refusal in refused {
        assert!(matches!(refusal, Err(Error::Denied(_))), "{refusal:?}");
    }
}

pub(crate) async fn listings_filter_by_owner_path_and_attachment(store: &dyn Store) {
    make(store, "b").await;
    make(store, "AdministratorAccess").await;
    let mut deep = policy_arn("deep");
    deep.path = Path::new("/x/").unwrap();
    store
        .create_managed_policy(&account(), policy(deep.clone()), "d")
        .await
        .unwrap();
    store.create_role(&account(), role("r")).await.unwrap();
    for arn in [&deep, &administrator(), &policy_arn("AdministratorAccess")] {
        store
            .attach_managed_policy(&account(), &role_entity("r"), arn)
            .await
            .unwrap();
    }
    let names = async |filter: &PolicyFilter, limit, ascending| {
        let list = |page| store.list_managed_policies(account_of(), filter, page);
        let policies = walk(limit, ascending, list).await;
        policies
            .iter()
            .map(|p| format!("{}:{}", p.arn.account.len(), p.arn.name))
            .collect::<Vec<_>>()
    };
    let mine = "12:AdministratorAccess";
    let all = PolicyFilter {
        aws: true,
        local: true,
        ..PolicyFilter::default()
    };
    for limit in [1, 2, 3, 9] {
        let expected = [mine, "3:AdministratorAccess", "12:b", "12:deep"];
        assert_eq!(names(&all, limit, true).await, expected);
        let mut reversed = expected;
        reversed.reverse();
        assert_eq!(names(&all, limit, false).await, reversed);
        let attached = PolicyFilter {
            only_attached: true,
            ..all.clone()
        };
        assert_eq!(
            names(&attached, limit, true).await,
            [mine, "3:AdministratorAccess", "12:deep"]
        );
        let of_path = PolicyFilter {
            path_prefix: "/x".to_owned(),
            ..all.clone()
        };
        assert_eq!(names(&of_path, limit, true).await, ["12:deep"]);
        let local = PolicyFilter {
            aws: false,
            ..all.clone()
        };
        assert_eq!(names(&local, limit, true).await, [mine, "12:b", "12:deep"]);
        let aws = PolicyFilter {
            local: false,
            ..all.clone()
        };
        assert_eq!(names(&aws, limit, true).await, ["3:AdministratorAccess"]);
        assert_eq!(
            names(&PolicyFilter::default(), limit, true).await,
            Vec::<String>::new()
        );
    }
    let entity = role_entity("r");
    let attached = store.list_attached_managed_policies(account_of(), &entity, everything());
    let expected = [policy_arn("AdministratorAccess"), administrator(), deep];
    assert_eq!(attached.await.unwrap().items, expected);
}

pub(crate) async fn entities_are_listed_roles_first(store: &dyn Store) {
    let arn = make(store, "p").await;
    for name in ["b", "a"] {
        store.create_role(&account(), role(name)).await.unwrap();
        store.create_user(&account(), user(name)).await.unwrap();
        store
            .attach_managed_policy(&account(), &user_entity(name), &arn)
            .await
            .unwrap();
        store
            .attach_managed_policy(&account(), &role_entity(name), &arn)
            .await
            .unwrap();
    }
    let entities = store
        .list_entities_for_managed_policy(&account(), &arn)
        .await
        .unwrap();
    assert_eq!(
        entities,
        [
            (role_entity("a"), unique_id("AROA", "a")),
            (role_entity("b"), unique_id("AROA", "b")),
            (user_entity("a"), unique_id("AIDA", "a")),
            (user_entity("b"), unique_id("AIDA", "b")),
        ]
    );
    let absent = store
        .list_entities_for_managed_policy(&account(), &policy_arn("x"))
        .await;
    assert!(matches!(absent, Err(Error::NotFound(_))));
}
