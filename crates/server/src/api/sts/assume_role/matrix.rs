//! Who may assume which role.

use std::sync::Arc;

use serde_json::{Value, json};
use thingpass_domain::audit::Check;
use thingpass_domain::caller::Caller;
use thingpass_domain::directory::ReadyPolicies;
use thingpass_domain::policy_set::PolicySet;
use thingpass_policy::Grammar;

use super::AssumeRole;
use super::testing::{MAY_ALL, ROLE, ROOT, TESTER, assume, refusal, role, trusting};
use crate::api::testing::Bench;

const OTHER: &str = r#"{"AWS":"arn:aws:iam::123456789012:user/other"}"#;
const ACCOUNT: &str = r#"{"AWS":"123456789012"}"#;
const ANYONE: &str = r#"{"AWS":"*"}"#;
const DEVICES: &str = r#"{"Service":"credentials.iot.amazonaws.com"}"#;
const REFUSED: &str = "User: arn:aws:iam::123456789012:user/tester is not authorized to perform: \
                       sts:AssumeRole on resource: arn:aws:iam::123456789012:role/r";
const MAY: &str = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
    "Resource":"arn:aws:iam::123456789012:role/r"}}"#;
const MAY_ANOTHER: &str = r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
    "Resource":"arn:aws:iam::123456789012:role/another"}}"#;
const MAY_NOTHING: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
const MUST_NOT: &str = r#"{"Statement":[
    {"Effect":"Allow","Action":"*","Resource":"*"},
    {"Effect":"Deny","Action":"sts:*","Resource":"*"}]}"#;

fn policies(identity: &str, boundary: Option<&str>) -> Arc<ReadyPolicies> {
    let set = |document: &str| PolicySet::parse_one("test", document, Grammar::Identity);
    Arc::new(ReadyPolicies {
        identity: set(identity),
        boundary: boundary.map(set),
    })
}

#[tokio::test]
async fn trust_and_identity_policies_decide_together() {
    for (principal, identity, expected) in [
        (TESTER, MAY_NOTHING, Ok(())),
        (TESTER, MAY, Ok(())),
        (TESTER, MUST_NOT, Err(Check::IdentityPolicy)),
        (ROOT, MAY, Ok(())),
        (ROOT, MAY_ALL, Ok(())),
        (ROOT, MAY_NOTHING, Err(Check::IdentityPolicy)),
        (ROOT, MAY_ANOTHER, Err(Check::IdentityPolicy)),
        (ROOT, MUST_NOT, Err(Check::IdentityPolicy)),
        (ACCOUNT, MAY, Ok(())),
        (ACCOUNT, MAY_NOTHING, Err(Check::IdentityPolicy)),
        (ANYONE, MAY, Ok(())),
        (ANYONE, MAY_NOTHING, Err(Check::IdentityPolicy)),
        (OTHER, MAY_ALL, Err(Check::TrustPolicy)),
        (DEVICES, MAY_ALL, Err(Check::TrustPolicy)),
        (
            r#"{"AWS":"210987654321"}"#,
            MAY_ALL,
            Err(Check::TrustPolicy),
        ),
    ] {
        let bench = Bench::new().await;
        role(&bench, "r", &trusting(principal), None).await;
        let outcome = assume(&bench, &bench.caller(identity), ROLE).await;
        match expected {
            Ok(()) => assert!(outcome.is_ok(), "{principal} {identity}: {outcome:?}"),
            Err(check) => {
                let (message, reason) = refusal(outcome);
                assert_eq!(message, REFUSED);
                assert_eq!(reason.check, check, "{principal} {identity}: {reason:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_statement_that_names_the_caller_counts_beside_one_that_names_the_account() {
    let bench = Bench::new().await;
    let both = r#"{"AWS":["123456789012","arn:aws:iam::123456789012:user/tester"]}"#;
    role(&bench, "r", &trusting(both), None).await;
    assert!(
        assume(&bench, &bench.caller(MAY_NOTHING), ROLE)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_deny_in_the_trust_policy_wins() {
    let bench = Bench::new().await;
    let trust = format!(
        r#"{{"Statement":[
            {{"Effect":"Allow","Principal":{ROOT},"Action":"sts:AssumeRole"}},
            {{"Effect":"Deny","Principal":{TESTER},"Action":"sts:AssumeRole"}}]}}"#
    );
    role(&bench, "r", &trust, None).await;
    let (message, reason) = refusal(assume(&bench, &bench.caller(MAY_ALL), ROLE).await);
    assert_eq!(
        (message.as_str(), reason.check),
        (REFUSED, Check::TrustPolicy)
    );
}

#[tokio::test]
async fn absent_foreign_and_untrusting_roles_are_not_told_apart() {
    let bench = Bench::new().await;
    role(&bench, "r", &trusting(OTHER), None).await;
    let caller = bench.caller(MAY_ALL);
    for wanted in [
        ROLE,
        "arn:aws:iam::123456789012:role/R",
        "arn:aws:iam::123456789012:role/path/r",
        "arn:aws:iam::123456789012:role/absent",
        "arn:aws:iam::210987654321:role/r",
    ] {
        let (message, reason) = refusal(assume(&bench, &caller, wanted).await);
        assert_eq!(message, REFUSED.replace(ROLE, wanted));
        assert_eq!(reason.check, Check::TrustPolicy, "{wanted}");
    }
}

#[tokio::test]
async fn a_boundary_and_a_session_policy_must_allow_even_whom_the_trust_policy_names() {
    let bench = Bench::new().await;
    role(&bench, "r", &trusting(TESTER), None).await;
    for (boundary, check) in [
        (MAY_NOTHING, Err(Check::PermissionsBoundary)),
        (MUST_NOT, Err(Check::PermissionsBoundary)),
        (MAY, Ok(())),
    ] {
        let caller = Caller {
            policies: policies(MAY_ALL, Some(boundary)),
            ..bench.caller(MAY_ALL)
        };
        let outcome = assume(&bench, &caller, ROLE).await;
        match check {
            Ok(()) => assert!(outcome.is_ok(), "{outcome:?}"),
            Err(check) => assert_eq!(refusal(outcome).1.check, check),
        }
    }
    let narrowed = PolicySet::parse_one("session policy", MAY_NOTHING, Grammar::Session);
    let caller = Caller {
        session_policies: Some(narrowed),
        ..bench.caller(MAY_ALL)
    };
    let (_, reason) = refusal(assume(&bench, &caller, ROLE).await);
    assert_eq!(reason.check, Check::SessionPolicy);
}

#[tokio::test]
async fn the_external_id_must_be_the_one_that_the_trust_policy_demands() {
    let bench = Bench::new().await;
    let trust = format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{TESTER},"Action":"sts:AssumeRole",
            "Condition":{{"StringEquals":{{"sts:ExternalId":"right","sts:RoleSessionName":"alice"}}}}}}}}"#
    );
    role(&bench, "r", &trust, None).await;
    let input = |external_id: Value, name: &str| json!({"RoleArn": ROLE, "RoleSessionName": name, "ExternalId": external_id});
    assert!(
        bench
            .call::<AssumeRole>(input(json!("right"), "alice"))
            .await
            .is_ok()
    );
    for (external_id, name) in [
        (json!("wrong"), "alice"),
        (Value::Null, "alice"),
        (json!("right"), "mallory"),
    ] {
        let outcome = bench.call::<AssumeRole>(input(external_id, name)).await;
        assert_eq!(refusal(outcome).1.check, Check::TrustPolicy);
    }
}

#[tokio::test]
async fn the_time_and_address_of_the_request_count_in_the_trust_policy() {
    let bench = Bench::new().await;
    let trust = format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{TESTER},"Action":"sts:AssumeRole",
            "Condition":{{"IpAddress":{{"aws:SourceIp":"127.0.0.0/8"}},
                "DateLessThan":{{"aws:CurrentTime":"2026-01-01T00:30:00Z"}}}}}}}}"#
    );
    role(&bench, "r", &trust, None).await;
    assert!(assume(&bench, &bench.caller(MAY_ALL), ROLE).await.is_ok());
    bench.clock.advance_seconds(1800);
    let outcome = assume(&bench, &bench.caller(MAY_ALL), ROLE).await;
    assert_eq!(refusal(outcome).1.check, Check::TrustPolicy);
}
