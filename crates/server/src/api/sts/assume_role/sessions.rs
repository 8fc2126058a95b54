//! What a session of `AssumeRole` may then do, and a session that assumes the next role.

use serde_json::json;
use thingpass_domain::arn::RoleArn;
use thingpass_domain::audit::Check;
use thingpass_domain::authorize::{Decision, Demand, authorize};
use thingpass_domain::caller::{Caller, Identity, Unidentified};
use thingpass_domain::id::{CertificateId, RoleAliasName, ThingName, UniqueId};
use thingpass_domain::session::{DeviceSession, Origin, Session, SessionThing};
use time::Duration;

use super::AssumeRole;
use super::testing::{
    MAY_ALL, ROLE, ROOT, TESTER, assume, identification, identify, refusal, role, trusting,
};
use crate::api::testing::Bench;

const NEXT: &str = "arn:aws:iam::123456789012:role/next";
const MAY_NOTHING: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

fn may(bench: &Bench, caller: &Caller, action: &'static str) -> bool {
    let demands = [Demand::new(
        action,
        "arn:aws:iot:us-east-1:123456789012:thing/t",
    )];
    matches!(
        authorize(caller, demands.into(), &bench.facts()),
        Decision::Allowed(_)
    )
}

/// A session that the credentials provider gave to the device of thing `t`.
fn device(bench: &Bench, identity_policy: &str) -> Caller {
    let issued_at = bench.context.clock.now();
    let certificate_id = CertificateId::from_fingerprint([1; 32]);
    let session = Session {
        account: bench.account().clone(),
        role_id: UniqueId::new("AROATESTTESTTESTTEST1").unwrap(),
        issued_at,
        expires_at: issued_at + Duration::hours(1),
        origin: Origin::Device(DeviceSession {
            certificate_id,
            role_alias: RoleAliasName::new("a").unwrap(),
            thing: Some(SessionThing {
                name: ThingName::new("t").unwrap(),
                thing_type: None,
            }),
        }),
    };
    Caller {
        arn: format!("arn:aws:sts::123456789012:assumed-role/r/{certificate_id}"),
        principal_arn: ROLE.to_owned(),
        user_id: format!("AROATESTTESTTESTTEST1:{certificate_id}"),
        identity: Identity::Session(std::sync::Arc::new(session)),
        ..bench.caller(identity_policy)
    }
}

#[tokio::test]
async fn a_session_does_what_its_role_may_until_it_ends() {
    let bench = Bench::new().await;
    let allows = r#"{"Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}"#;
    role(&bench, "r", &trusting(TESTER), Some(allows)).await;
    let answer = assume(&bench, &bench.caller(MAY_ALL), ROLE).await.unwrap();
    let session = identify(&bench, &answer);
    assert_eq!(
        session.caller.arn,
        "arn:aws:sts::123456789012:assumed-role/r/alice"
    );
    assert_eq!(session.caller.principal_arn, ROLE);
    assert!(may(&bench, &session.caller, "iot:DescribeThing"));
    assert!(!may(&bench, &session.caller, "s3:GetObject"));
    assert_eq!(session.ended, None);
    bench.clock.advance_seconds(3600);
    assert!(identify(&bench, &answer).ended.unwrap().expired);
}

#[tokio::test]
async fn session_policies_narrow_and_never_widen() {
    let bench = Bench::new().await;
    let allows = r#"{"Statement":{"Effect":"Allow","Action":["iot:DescribeThing","iot:DeleteThing"],"Resource":"*"}}"#;
    role(&bench, "r", &trusting(TESTER), Some(allows)).await;
    let narrow =
        r#"{"Statement":{"Effect":"Allow","Action":["iot:DescribeThing","s3:*"],"Resource":"*"}}"#;
    let administrator = json!([{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}]);
    for (member, value, may_delete) in [
        ("Policy", json!(narrow), false),
        ("PolicyArns", administrator, true),
    ] {
        let mut input = json!({"RoleArn": ROLE, "RoleSessionName": "alice"});
        input[member] = value;
        let answer = bench.call::<AssumeRole>(input).await.unwrap();
        let session = identify(&bench, &answer).caller;
        assert!(may(&bench, &session, "iot:DescribeThing"));
        assert_eq!(
            may(&bench, &session, "iot:DeleteThing"),
            may_delete,
            "{member}"
        );
        assert!(!may(&bench, &session, "s3:GetObject"));
    }
}

#[tokio::test]
async fn a_role_assumes_another_for_an_hour_at_most_by_role_or_session_arn() {
    for principal in [ROLE, "arn:aws:sts::123456789012:assumed-role/r/alice"] {
        let bench = Bench::new().await;
        role(&bench, "r", &trusting(TESTER), None).await;
        role(
            &bench,
            "next",
            &trusting(&json!({"AWS": principal}).to_string()),
            None,
        )
        .await;
        let answer = assume(&bench, &bench.caller(MAY_ALL), ROLE).await.unwrap();
        let session = identify(&bench, &answer).caller;
        let mut input = json!({
            "RoleArn": "arn:aws:iam::123456789012:role/next", "RoleSessionName": "alice",
        });
        assert!(
            bench
                .call_as::<AssumeRole>(&session, input.clone())
                .await
                .is_ok()
        );
        input["DurationSeconds"] = json!("3601");
        let refused = bench
            .call_as::<AssumeRole>(&session, input)
            .await
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining"
        );
    }
}

#[tokio::test]
async fn a_role_that_may_nothing_assumes_no_role_that_names_the_account_only() {
    let bench = Bench::new().await;
    role(&bench, "r", &trusting(TESTER), None).await;
    role(&bench, "next", &trusting(ROOT), None).await;
    let answer = assume(&bench, &bench.caller(MAY_ALL), ROLE).await.unwrap();
    let session = identify(&bench, &answer).caller;
    let outcome = assume(&bench, &session, "arn:aws:iam::123456789012:role/next").await;
    let (message, reason) = refusal(outcome);
    assert!(message.starts_with("User: arn:aws:sts::123456789012:assumed-role/r/alice is not"));
    assert_eq!(reason.check, Check::IdentityPolicy);
}

#[tokio::test]
async fn a_session_of_a_role_that_was_deleted_and_made_again_is_nobody() {
    let bench = Bench::new().await;
    role(&bench, "r", &trusting(TESTER), None).await;
    let answer = assume(&bench, &bench.caller(MAY_ALL), ROLE).await.unwrap();
    let name = RoleArn::new(ROLE).unwrap().name;
    bench
        .context
        .store
        .delete_role(bench.account(), &name)
        .await
        .unwrap();
    role(&bench, "r", &trusting(TESTER), None).await;
    let nobody = identification(&bench, &answer);
    assert!(
        matches!(nobody, Err(Unidentified::InvalidToken(_))),
        "{nobody:?}"
    );
}

#[tokio::test]
async fn a_device_assumes_another_role_as_policies_allow_and_keeps_to_its_thing() {
    for (principal, policy, thing, is_allowed) in [
        (json!({"AWS": ROLE}), MAY_NOTHING, "t", true),
        (json!({"AWS": ROLE}), MAY_NOTHING, "another", false),
        (json!({"AWS": "123456789012"}), MAY_ALL, "t", true),
        (json!({"AWS": "123456789012"}), MAY_NOTHING, "t", false),
        (
            json!({"Service": "credentials.iot.amazonaws.com"}),
            MAY_ALL,
            "t",
            false,
        ),
    ] {
        let bench = Bench::new().await;
        let trust = json!({"Statement": {
            "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"credentials-iot:ThingName": thing}},
        }});
        role(&bench, "next", &trust.to_string(), None).await;
        let outcome = assume(&bench, &device(&bench, policy), NEXT).await;
        assert_eq!(
            outcome.is_ok(),
            is_allowed,
            "{principal} {policy} {thing}: {outcome:?}"
        );
    }
}
