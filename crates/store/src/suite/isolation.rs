//! The wall between accounts.

use thingpass_domain::account::Account;
use thingpass_domain::ca_certificate::CaCertificateStatus;
use thingpass_domain::certificate::CertificateStatus;
use thingpass_domain::error::Error;
use thingpass_domain::lookup::Lookup;
use thingpass_domain::managed_policy::{ManagedPolicyStore, PolicyFilter};
use thingpass_domain::role::RoleChange;
use thingpass_domain::role_alias::RoleAliasStore;
use thingpass_domain::store::Store;
use thingpass_domain::thing::{ThingChange, ThingFilter, ThingPrincipalType};

use super::everything;
use super::fixture::*;

/// One row of everything in [`account`].
async fn stock(store: &dyn Store) {
    let home = account();
    store
        .create_thing_type(&home, thing_type("sensor"))
        .await
        .unwrap();
    store
        .create_thing(&home, thing("t", &[("a", "1")]))
        .await
        .unwrap();
    store
        .create_certificate(&home, certificate(1))
        .await
        .unwrap();
    store
        .create_ca_certificate(&home, ca_certificate(2, b"s"))
        .await
        .unwrap();
    store
        .create_iot_policy(&home, iot_policy("p"))
        .await
        .unwrap();
    store
        .attach_iot_policy(&home, &iot_policy_name("p"), &target(1))
        .await
        .unwrap();
    let kind = ThingPrincipalType::NonExclusiveThing;
    let (name, id) = (thing_name("t"), certificate_id(1));
    store
        .attach_thing_principal(&home, &name, &id, kind)
        .await
        .unwrap();
    store
        .create_role_alias(&home, alias("fleet"))
        .await
        .unwrap();
    store.create_role(&home, role("r")).await.unwrap();
    store.create_user(&home, user("u")).await.unwrap();
    store
        .create_access_key(&home, access_key(1, "u"))
        .await
        .unwrap();
    store
        .create_managed_policy(&home, policy(policy_arn("m")), DOCUMENT)
        .await
        .unwrap();
    store
        .attach_managed_policy(&home, &role_entity("r"), &policy_arn("m"))
        .await
        .unwrap();
    let inline = policy_name("i");
    store
        .put_inline_policy(&home, &role_entity("r"), &inline, DOCUMENT)
        .await
        .unwrap();
}

pub(crate) async fn an_account_reads_nothing_of_another(store: &dyn Store) {
    stock(store).await;
    let foreign = &stranger();
    let alias = RoleAliasStore::role_alias(store, foreign, &alias_name("fleet")).await;
    let policy = ManagedPolicyStore::managed_policy(store, foreign, &policy_arn("m")).await;
    let none = [
        store
            .thing_type(foreign, &thing_type_name("sensor"))
            .await
            .unwrap()
            .is_none(),
        store
            .thing(foreign, &thing_name("t"))
            .await
            .unwrap()
            .is_none(),
        store
            .certificate(foreign, &certificate_id(1))
            .await
            .unwrap()
            .is_none(),
        store
            .ca_certificate(foreign, &certificate_id(2))
            .await
            .unwrap()
            .is_none(),
        store
            .ca_certificates_by_subject(foreign, b"s")
            .await
            .unwrap()
            .is_empty(),
        store
            .iot_policy(foreign, &iot_policy_name("p"))
            .await
            .unwrap()
            .is_none(),
        alias.unwrap().is_none(),
        store
            .role(foreign, &role_name("r"))
            .await
            .unwrap()
            .is_none(),
        store
            .user(foreign, &user_name("u"))
            .await
            .unwrap()
            .is_none(),
        policy.unwrap().is_none(),
        store
            .policy_version(foreign, &policy_arn("m"), 1)
            .await
            .unwrap()
            .is_none(),
    ];
    assert_eq!(none, [true; 11]);
}

pub(crate) async fn an_account_looks_up_nothing_of_another(store: &dyn Store) {
    stock(store).await;
    let (foreign, id) = (&stranger(), &certificate_id(1));
    let arn = policy_arn("m").to_string();
    assert_eq!(store.device(foreign, id).unwrap(), None);
    assert_eq!(
        store.attached_thing(foreign, id, &thing_name("t")).unwrap(),
        None
    );
    assert_eq!(
        Lookup::role_alias(store, foreign, &alias_name("fleet")).unwrap(),
        None
    );
    assert_eq!(store.role_by_name(foreign, &role_name("r")).unwrap(), None);
    assert_eq!(
        store.role_by_id(foreign, &unique_id("AROA", "r")).unwrap(),
        None
    );
    assert_eq!(Lookup::managed_policy(store, foreign, &arn).unwrap(), None);
}

pub(crate) async fn an_account_lists_nothing_of_another(store: &dyn Store) {
    stock(store).await;
    let (foreign, all) = (&stranger(), everything);
    let filter = ThingFilter::default();
    let policies = PolicyFilter {
        local: true,
        ..PolicyFilter::default()
    };
    let attached = store
        .list_attached_iot_policies(foreign, &target(1), all())
        .await;
    let managed = store.list_managed_policies(foreign, &policies, all()).await;
    let listed = [
        store
            .list_thing_types(foreign, None, all())
            .await
            .unwrap()
            .items
            .len(),
        store
            .list_things(foreign, &filter, all())
            .await
            .unwrap()
            .items
            .len(),
        store
            .list_certificates(foreign, all())
            .await
            .unwrap()
            .items
            .len(),
        store
            .list_ca_certificates(foreign, all())
            .await
            .unwrap()
            .items
            .len(),
        store
            .list_iot_policies(foreign, all())
            .await
            .unwrap()
            .items
            .len(),
        attached.unwrap().items.len(),
        store
            .list_role_aliases(foreign, all())
            .await
            .unwrap()
            .items
            .len(),
        store
            .list_roles(foreign, "/", all())
            .await
            .unwrap()
            .items
            .len(),
        store
            .list_users(foreign, "/", all())
            .await
            .unwrap()
            .items
            .len(),
        managed.unwrap().items.len(),
    ];
    assert_eq!(listed, [0; 10]);
}

pub(crate) async fn an_account_changes_no_thing_or_certificate_of_another(store: &dyn Store) {
    stock(store).await;
    let foreign = &stranger();
    let (thing, id, ca) = (&thing_name("t"), &certificate_id(1), &certificate_id(2));
    let (iot, alias, target) = (&iot_policy_name("p"), &alias_name("fleet"), &target(1));
    let inactive = CertificateStatus::Inactive;
    let ca_inactive = Some(CaCertificateStatus::Inactive);
    let kind = ThingPrincipalType::NonExclusiveThing;
    all_not_found(&[
        store
            .update_thing(foreign, thing, &ThingChange::default())
            .await
            .map(drop),
        store.update_certificate(foreign, id, inactive, at(1)).await,
        store.delete_certificate(foreign, id, "arn", true).await,
        store
            .update_ca_certificate(foreign, ca, ca_inactive, None, at(1))
            .await,
        store.delete_ca_certificate(foreign, ca).await,
        store.attach_thing_principal(foreign, thing, id, kind).await,
        store.detach_thing_principal(foreign, thing, id).await,
        store
            .list_thing_principals(foreign, thing, everything())
            .await
            .map(drop),
        store
            .list_principal_things(foreign, id, everything())
            .await
            .map(drop),
        store.attach_iot_policy(foreign, iot, target).await,
        store.detach_iot_policy(foreign, iot, target).await,
        store.delete_iot_policy(foreign, iot).await,
        store
            .list_targets_for_iot_policy(foreign, iot, everything())
            .await
            .map(drop),
        store
            .update_role_alias(foreign, alias, None, None, at(1))
            .await,
        store.delete_role_alias(foreign, alias).await,
    ]);
    store.delete_thing(foreign, thing, None).await.unwrap();
    assert!(store.thing(&account(), thing).await.unwrap().is_some());
    // The same names are free in the other account.
    store
        .create_thing(foreign, super::fixture::thing("t", &[("a", "2")]))
        .await
        .unwrap();
    store
        .create_certificate(foreign, certificate(1))
        .await
        .unwrap();
    assert_eq!(store.device(foreign, id).unwrap().unwrap().policies, []);
}

pub(crate) async fn an_account_changes_no_role_user_or_policy_of_another(store: &dyn Store) {
    stock(store).await;
    let foreign = &stranger();
    let (role, user, arn) = (&role_name("r"), &user_name("u"), &policy_arn("m"));
    let (entity, inline) = (&role_entity("r"), &policy_name("i"));
    all_not_found(&[
        store
            .update_role(foreign, role, &RoleChange::default())
            .await
            .map(drop),
        store.delete_role(foreign, role).await,
        store.update_user_boundary(foreign, user, None).await,
        store.delete_user(foreign, user).await,
        store.list_access_keys(foreign, user).await.map(drop),
        store
            .delete_access_key(foreign, user, &access_key_id(1))
            .await,
        store
            .attach_managed_policy(foreign, entity, &administrator())
            .await,
        store.detach_managed_policy(foreign, entity, arn).await,
        store.delete_managed_policy(foreign, arn).await,
        store
            .create_managed_policy(foreign, policy(policy_arn("new")), DOCUMENT)
            .await,
        store
            .create_policy_version(foreign, arn, DOCUMENT, true, at(1))
            .await
            .map(drop),
        store
            .set_default_policy_version(foreign, arn, 1, at(1))
            .await,
        store.list_policy_versions(foreign, arn).await.map(drop),
        store
            .list_entities_for_managed_policy(foreign, arn)
            .await
            .map(drop),
        store
            .put_inline_policy(foreign, entity, inline, DOCUMENT)
            .await,
        store.inline_policy(foreign, entity, inline).await.map(drop),
        store.delete_inline_policy(foreign, entity, inline).await,
    ]);
    // A foreign role cannot carry this account's policy, by attachment or as its boundary.
    store
        .create_role(foreign, super::fixture::role("own"))
        .await
        .unwrap();
    let boundary = Some(Some(arn.to_string()));
    let change = RoleChange {
        permissions_boundary: boundary,
        ..RoleChange::default()
    };
    all_not_found(&[
        store
            .attach_managed_policy(foreign, &role_entity("own"), arn)
            .await,
        store
            .update_role(foreign, &role_name("own"), &change)
            .await
            .map(drop),
    ]);
}

fn all_not_found(refused: &[Result<(), Error>]) {
    for (number, refusal) in refused.iter().enumerate() {
        assert!(
            matches!(refusal, Err(Error::NotFound(_))),
            "{number}: {refusal:?}"
        );
    }
}

pub(crate) async fn accounts_are_listed_oldest_first_and_made_once(store: &dyn Store) {
    let made = |id, prefix: &str, created| Account {
        id,
        endpoint_prefix: prefix.to_owned(),
        created_at: at(created),
    };
    let (young, old) = (made(account(), "abc", 2), made(stranger(), "def", 1));
    assert_eq!(store.accounts().await.unwrap(), []);
    store.create_account(young.clone(), None).await.unwrap();
    store.create_account(old.clone(), None).await.unwrap();
    for taken in [
        made(account(), "ghi", 3),
        made(account_number_three(), "abc", 3),
    ] {
        let refused = store.create_account(taken, None).await;
        assert!(matches!(refused, Err(Error::AlreadyExists { .. })));
    }
    assert_eq!(store.accounts().await.unwrap(), [old, young]);
}

fn account_number_three() -> thingpass_domain::id::AccountId {
    thingpass_domain::id::AccountId::new("333333333333").unwrap()
}
