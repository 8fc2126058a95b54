//! Roles and callers for the tests of who may assume what.

use std::sync::Arc;

use serde_json::{Value, json};
use thingpass_domain::arn::RoleArn;
use thingpass_domain::audit::Reason;
use thingpass_domain::caller::{Caller, CallerDirectory, Identified, Unidentified};
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_domain::id::{PolicyName, UniqueId};
use thingpass_domain::managed_policy::Entity;
use thingpass_domain::role::Role;

use super::AssumeRole;
use crate::api::testing::Bench;

pub(super) const ROLE: &str = "arn:aws:iam::123456789012:role/r";
pub(super) const TESTER: &str = r#"{"AWS":"arn:aws:iam::123456789012:user/tester"}"#;
pub(super) const ROOT: &str = r#"{"AWS":"arn:aws:iam::123456789012:root"}"#;
pub(super) const MAY_ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

pub(super) fn trusting(principal: &str) -> String {
    format!(
        r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
    )
}

pub(super) async fn role(
    bench: &Bench,
    name: &str,
    trust_policy: &str,
    policy: Option<&str>,
) -> UniqueId {
    let arn = RoleArn::new(&format!("arn:aws:iam::123456789012:role/{name}")).unwrap();
    let id = entropy::unique_id(&*bench.context.entropy, "AROA").unwrap();
    let made = Role {
        name: arn.name.clone(),
        path: arn.path,
        id: id.clone(),
        trust_policy: trust_policy.to_owned(),
        max_session_duration_seconds: 3600,
        description: None,
        permissions_boundary: None,
        created_at: bench.context.clock.now(),
    };
    bench
        .context
        .store
        .create_role(bench.account(), made)
        .await
        .unwrap();
    if let Some(policy) = policy {
        let (entity, policy_name) = (Entity::Role(arn.name), PolicyName::new("p").unwrap());
        let store = &bench.context.store;
        store
            .put_inline_policy(bench.account(), &entity, &policy_name, policy)
            .await
            .unwrap();
    }
    id
}

pub(super) async fn assume(bench: &Bench, caller: &Caller, role: &str) -> Result<Value, Error> {
    let input = json!({"RoleArn": role, "RoleSessionName": "alice"});
    bench.call_as::<AssumeRole>(caller, input).await
}

/// What the caller is told, and why in truth.
pub(super) fn refusal(outcome: Result<Value, Error>) -> (String, Reason) {
    match outcome {
        Err(Error::Refused { message, reason }) => (message, reason),
        other => panic!("not refused: {other:?}"),
    }
}

pub(super) fn identify(bench: &Bench, answer: &Value) -> Identified {
    let known = identification(bench, answer).unwrap();
    let secret = answer["Credentials"]["SecretAccessKey"].as_str().unwrap();
    assert_eq!(known.secret_access_key.as_str(), secret);
    known
}

pub(super) fn identification(bench: &Bench, answer: &Value) -> Result<Identified, Unidentified> {
    let context = &bench.context;
    let callers = CallerDirectory::new(
        Arc::clone(&context.directory),
        Arc::clone(&context.key_ring),
        Arc::clone(&context.root_key),
        Arc::clone(&context.clock),
    );
    let text = |name: &str| answer["Credentials"][name].as_str().unwrap();
    let recognised = callers.recognise(text("AccessKeyId"), Some(text("SessionToken")))?;
    callers.identify(recognised)
}
