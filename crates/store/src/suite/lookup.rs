//! The inline reads.

use thingpass_domain::access_key::AccessKeyStatus;
use thingpass_domain::certificate::CertificateStatus;
use thingpass_domain::lookup::{Lookup, PolicyDocument};
use thingpass_domain::role::RoleChange;
use thingpass_domain::store::Store;
use thingpass_domain::thing::ThingPrincipalType;

use super::fixture::*;

fn named(name: &str, document: &str) -> PolicyDocument {
    PolicyDocument {
        name: name.to_owned(),
        document: document.to_owned(),
    }
}

pub(crate) async fn a_lookup_sees_a_write_as_soon_as_it_returns(store: &dyn Store) {
    let id = certificate_id(1);
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    for round in 0..50 {
        let status = if round % 2 == 0 {
            CertificateStatus::Revoked
        } else {
            CertificateStatus::Active
        };
        store
            .update_certificate(&account(), &id, status, at(round))
            .await
            .unwrap();
        // More reads than connections: none of them may lag.
        for _ in 0..4 {
            assert_eq!(
                store.device(&account(), &id).unwrap().unwrap().status,
                status
            );
        }
    }
}

pub(crate) async fn a_device_comes_with_its_policies_by_name(store: &dyn Store) {
    let id = certificate_id(1);
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    assert_eq!(store.device(&account(), &id).unwrap().unwrap().policies, []);
    for name in ["b", "a"] {
        store
            .create_iot_policy(&account(), iot_policy(name))
            .await
            .unwrap();
        store
            .attach_iot_policy(&account(), &iot_policy_name(name), &target(1))
            .await
            .unwrap();
    }
    let device = store.device(&account(), &id).unwrap().unwrap();
    assert_eq!(
        device.policies,
        [named("a", "document of a"), named("b", "document of b")]
    );
    assert_eq!(
        (device.not_before, device.not_after),
        (at(0), at(1_000_000))
    );
    assert_eq!(device.pem, "pem 1");
}

pub(crate) async fn a_thing_is_found_only_while_it_is_attached(store: &dyn Store) {
    let (name, id) = (thing_name("t"), certificate_id(1));
    let made = store
        .create_thing(&account(), thing("t", &[("a", "1")]))
        .await
        .unwrap();
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    assert_eq!(store.attached_thing(&account(), &id, &name).unwrap(), None);
    let kind = ThingPrincipalType::ExclusiveThing;
    store
        .attach_thing_principal(&account(), &name, &id, kind)
        .await
        .unwrap();
    assert_eq!(
        store.attached_thing(&account(), &id, &name).unwrap(),
        Some(made)
    );
    let other = certificate_id(2);
    assert_eq!(
        store.attached_thing(&account(), &other, &name).unwrap(),
        None
    );
    store
        .detach_thing_principal(&account(), &name, &id)
        .await
        .unwrap();
    assert_eq!(store.attached_thing(&account(), &id, &name).unwrap(), None);
}

pub(crate) async fn a_role_comes_with_inline_and_managed_policies_in_force(store: &dyn Store) {
    let entity = role_entity("r");
    let arn = policy_arn("m");
    store.create_role(&account(), role("R")).await.unwrap();
    store
        .put_inline_policy(&account(), &entity, &policy_name("i"), "inline")
        .await
        .unwrap();
    store
        .create_managed_policy(&account(), policy(arn.clone()), "one")
        .await
        .unwrap();
    store
        .attach_managed_policy(&account(), &entity, &arn)
        .await
        .unwrap();
    let by_name = store
        .role_by_name(&account(), &role_name("r"))
        .unwrap()
        .unwrap();
    let by_id = store
        .role_by_id(&account(), &unique_id("AROA", "r"))
        .unwrap()
        .unwrap();
    assert_eq!(by_name, by_id);
    assert_eq!(by_name.role, role("R"));
    assert_eq!(by_name.policies.boundary, None);
    let expected = [named("i", "inline"), named(&arn.to_string(), "one")];
    assert_eq!(by_name.policies.identity, expected);
    store
        .create_policy_version(&account(), &arn, "two", false, at(2))
        .await
        .unwrap();
    let read = || {
        store
            .role_by_name(&account(), &role_name("r"))
            .unwrap()
            .unwrap()
    };
    assert_eq!(
        read().policies.identity,
        expected,
        "only the default version is in force"
    );
    store
        .set_default_policy_version(&account(), &arn, 2, at(3))
        .await
        .unwrap();
    let expected = [named("i", "inline"), named(&arn.to_string(), "two")];
    assert_eq!(read().policies.identity, expected);
    let managed = store.managed_policy_document(&arn.to_string());
    assert_eq!(managed, Some(named(&arn.to_string(), "two")));
}

pub(crate) async fn a_boundary_is_read_with_its_role(store: &dyn Store) {
    let arn = policy_arn("wall");
    store
        .create_managed_policy(&account(), policy(arn.clone()), "wall")
        .await
        .unwrap();
    store.create_role(&account(), role("r")).await.unwrap();
    let change = RoleChange {
        permissions_boundary: Some(Some(arn.to_string())),
        ..RoleChange::default()
    };
    store
        .update_role(&account(), &role_name("r"), &change)
        .await
        .unwrap();
    let read = store
        .role_by_name(&account(), &role_name("r"))
        .unwrap()
        .unwrap();
    assert_eq!(
        read.policies.boundary,
        Some(Some(named(&arn.to_string(), "wall")))
    );
    assert_eq!(read.policies.identity, []);
}

pub(crate) async fn an_access_key_comes_with_its_user_and_policies(store: &dyn Store) {
    store.create_user(&account(), user("anna")).await.unwrap();
    store
        .create_access_key(&account(), access_key(1, "anna"))
        .await
        .unwrap();
    let entity = user_entity("anna");
    store
        .put_inline_policy(&account(), &entity, &policy_name("i"), "inline")
        .await
        .unwrap();
    let record = store.access_key(&access_key_id(1)).unwrap().unwrap();
    assert_eq!(record.account, account());
    assert_eq!(record.user, user("anna"));
    assert_eq!(record.sealed_secret, access_key(1, "anna").sealed_secret);
    assert_eq!(record.policies.identity, [named("i", "inline")]);
    let (name, id) = (user_name("anna"), access_key_id(1));
    let inactive = AccessKeyStatus::Inactive;
    store
        .update_access_key(&account(), &name, &id, inactive)
        .await
        .unwrap();
    assert_eq!(store.access_key(&id).unwrap().unwrap().status, inactive);
    store
        .delete_access_key(&account(), &name, &id)
        .await
        .unwrap();
    assert_eq!(store.access_key(&id).unwrap(), None);
}

pub(crate) async fn absent_rows_are_none(store: &dyn Store) {
    assert_eq!(store.device(&account(), &certificate_id(1)).unwrap(), None);
    assert_eq!(
        Lookup::role_alias(store, &account(), &alias_name("a")).unwrap(),
        None
    );
    assert_eq!(
        store.role_by_name(&account(), &role_name("r")).unwrap(),
        None
    );
    assert_eq!(
        store
            .role_by_id(&account(), &unique_id("AROA", "r"))
            .unwrap(),
        None
    );
    assert_eq!(store.access_key(&access_key_id(1)).unwrap(), None);
    assert_eq!(
        store.managed_policy_document("arn:aws:iam::aws:policy/None"),
        None
    );
}

trait ManagedPolicyDocument {
    fn managed_policy_document(&self, arn: &str) -> Option<PolicyDocument>;
}

impl ManagedPolicyDocument for dyn Store + '_ {
    fn managed_policy_document(&self, arn: &str) -> Option<PolicyDocument> {
        Lookup::managed_policy(self, &account(), arn).unwrap()
    }
}
