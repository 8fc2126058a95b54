//! Device and CA certificates.

use thingpass_domain::ca_certificate::CaCertificateStatus;
use thingpass_domain::certificate::CertificateStatus;
use thingpass_domain::error::Error;
use thingpass_domain::store::Store;
use thingpass_domain::thing::ThingPrincipalType;

use super::fixture::*;
use super::{everything, walk};

pub(crate) async fn a_certificate_is_registered_once(store: &dyn Store) {
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    let again = store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap_err();
    assert_eq!(
        again.to_string(),
        "The certificate is already provisioned or registered"
    );
    let Error::AlreadyExists { resource_id, .. } = again else {
        panic!("{again:?}")
    };
    assert_eq!(resource_id, Some(certificate_id(1).to_string()));
    let read = store
        .certificate(&account(), &certificate_id(1))
        .await
        .unwrap();
    assert_eq!(read, Some(certificate(1)));
    assert_eq!(
        store
            .certificate(&account(), &certificate_id(2))
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn a_certificate_does_not_come_back_with_another_signature(store: &dyn Store) {
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    let mut twin = certificate(2);
    twin.signed_part = certificate(1).signed_part;
    let refused = store.create_certificate(&account(), twin).await;
    let Err(Error::AlreadyExists { resource_id, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(resource_id, Some(certificate_id(1).to_string()));
}

pub(crate) async fn each_change_of_state_counts_the_version_on(store: &dyn Store) {
    let id = certificate_id(1);
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    let revoked = CertificateStatus::Revoked;
    store
        .update_certificate(&account(), &id, revoked, at(77))
        .await
        .unwrap();
    let read = store.certificate(&account(), &id).await.unwrap().unwrap();
    assert_eq!((read.status, read.customer_version), (revoked, 2));
    assert_eq!((read.last_modified_at, read.created_at), (at(77), at(1)));
    let absent = store
        .update_certificate(&account(), &certificate_id(2), revoked, at(78))
        .await;
    assert!(matches!(absent, Err(Error::NotFound(_))));
}

pub(crate) async fn an_active_or_attached_certificate_stays(store: &dyn Store) {
    let (id, arn, name) = (certificate_id(1), certificate_arn(1), thing_name("t"));
    store
        .create_certificate(&account(), certificate(1))
        .await
        .unwrap();
    let active = store
        .delete_certificate(&account(), &id, &arn, true)
        .await
        .unwrap_err();
    assert!(matches!(active, Error::CertificateState(_)));
    assert_eq!(
        active.to_string(),
        format!("Certificate must be deactivated (not ACTIVE) before deletion. Id: {id}")
    );
    let inactive = CertificateStatus::Inactive;
    store
        .update_certificate(&account(), &id, inactive, at(2))
        .await
        .unwrap();
    store
        .create_thing(&account(), thing("t", &[]))
        .await
        .unwrap();
    let kind = ThingPrincipalType::ExclusiveThing;
    store
        .attach_thing_principal(&account(), &name, &id, kind)
        .await
        .unwrap();
    let attached = store
        .delete_certificate(&account(), &id, &arn, true)
        .await
        .unwrap_err();
    assert!(matches!(attached, Error::DeleteConflict(_)));
    assert_eq!(
        attached.to_string(),
        format!("Things must be detached before deletion (arn: {arn})")
    );
    store
        .detach_thing_principal(&account(), &name, &id)
        .await
        .unwrap();
    store
        .delete_certificate(&account(), &id, &arn, false)
        .await
        .unwrap();
    let absent = store.delete_certificate(&account(), &id, &arn, false).await;
    assert!(matches!(absent, Err(Error::NotFound(_))));
}

pub(crate) async fn force_detaches_policies_and_nothing_else(store: &dyn Store) {
    let (id, arn) = (certificate_id(1), certificate_arn(1));
    let mut inactive = certificate(1);
    inactive.status = CertificateStatus::Inactive;
    store
        .create_certificate(&account(), inactive)
        .await
        .unwrap();
    store
        .create_iot_policy(&account(), iot_policy("p"))
        .await
        .unwrap();
    store
        .attach_iot_policy(&account(), &iot_policy_name("p"), &target(1))
        .await
        .unwrap();
    let refused = store
        .delete_certificate(&account(), &id, &arn, false)
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("Certificate policies must be detached before deletion (arn: {arn})")
    );
    let attached = store
        .list_attached_iot_policies(&account(), &target(1), everything())
        .await
        .unwrap();
    assert_eq!(attached.items.len(), 1, "the refusal detached nothing");
    store
        .delete_certificate(&account(), &id, &arn, true)
        .await
        .unwrap();
    store
        .delete_iot_policy(&account(), &iot_policy_name("p"))
        .await
        .unwrap();
    assert_eq!(store.certificate(&account(), &id).await.unwrap(), None);
}

pub(crate) async fn certificates_are_listed_by_creation_in_both_orders(store: &dyn Store) {
    // Two of them were made at the same time; those go by id.
    for (number, created) in [(5, 10), (2, 30), (9, 20), (1, 20), (3, 20)] {
        let mut made = certificate(number);
        made.created_at = at(created);
        store.create_certificate(&account(), made).await.unwrap();
        let mut ca = ca_certificate(number, b"subject");
        ca.created_at = at(created);
        store.create_ca_certificate(&account(), ca).await.unwrap();
    }
    let expected = [5, 1, 3, 9, 2].map(certificate_id);
    for limit in [1, 2, 3, 4, 5, 6] {
        for ascending in [true, false] {
            let list = |page| store.list_certificates(account_of(), page);
            let devices = walk(limit, ascending, list).await;
            let list = |page| store.list_ca_certificates(account_of(), page);
            let cas = walk(limit, ascending, list).await;
            let mut ids: Vec<_> = devices.iter().map(|certificate| certificate.id).collect();
            assert!(cas.iter().map(|ca| ca.id).eq(ids.iter().copied()));
            if !ascending {
                ids.reverse();
            }
            assert_eq!(ids, expected);
        }
    }
}

pub(crate) async fn a_ca_is_registered_once_and_found_by_its_subject(store: &dyn Store) {
    let ca = ca_certificate(1, b"subject");
    store
        .create_ca_certificate(&account(), ca.clone())
        .await
        .unwrap();
    let again = store.create_ca_certificate(&account(), ca.clone()).await;
    assert!(matches!(again, Err(Error::AlreadyExists { .. })));
    store
        .create_ca_certificate(&account(), ca_certificate(2, b"other"))
        .await
        .unwrap();
    let found = store
        .ca_certificates_by_subject(&account(), b"subject")
        .await
        .unwrap();
    assert_eq!(found, [ca]);
    assert_eq!(
        store
            .ca_certificates_by_subject(&account(), b"none")
            .await
            .unwrap(),
        []
    );
}

pub(crate) async fn an_eleventh_ca_of_one_subject_is_refused(store: &dyn Store) {
    for number in 1..=10 {
        let ca = ca_certificate(number, b"subject");
        store.create_ca_certificate(&account(), ca).await.unwrap();
    }
    let refused = store
        .create_ca_certificate(&account(), ca_certificate(11, b"subject"))
        .await;
    assert!(matches!(refused, Err(Error::LimitExceeded(_))));
    store
        .create_ca_certificate(&account(), ca_certificate(11, b"other"))
        .await
        .unwrap();
}

pub(crate) async fn an_active_ca_stays(store: &dyn Store) {
    let id = certificate_id(1);
    store
        .create_ca_certificate(&account(), ca_certificate(1, b"s"))
        .await
        .unwrap();
    let refused = store.delete_ca_certificate(&account(), &id).await;
    assert!(matches!(refused, Err(Error::CertificateState(_))));
    store
        .update_ca_certificate(&account(), &id, None, Some(true), at(5))
        .await
        .unwrap();
    let inactive = Some(CaCertificateStatus::Inactive);
    store
        .update_ca_certificate(&account(), &id, inactive, None, at(6))
        .await
        .unwrap();
    let read = store
        .ca_certificate(&account(), &id)
        .await
        .unwrap()
        .unwrap();
    assert!(read.auto_registration);
    assert_eq!((read.customer_version, read.last_modified_at), (3, at(6)));
    store.delete_ca_certificate(&account(), &id).await.unwrap();
    let absent = [
        store.delete_ca_certificate(&account(), &id).await,
        store
            .update_ca_certificate(&account(), &id, inactive, None, at(7))
            .await,
    ];
    for refusal in absent {
        assert!(matches!(refusal, Err(Error::NotFound(_))));
    }
}

pub(crate) async fn the_registration_code_is_made_once(store: &dyn Store) {
    assert_eq!(
        store.registration_code(&account(), "first").await.unwrap(),
        "first"
    );
    assert_eq!(
        store.registration_code(&account(), "second").await.unwrap(),
        "first"
    );
    assert_eq!(
        store.registration_code(&stranger(), "third").await.unwrap(),
        "third"
    );
}
