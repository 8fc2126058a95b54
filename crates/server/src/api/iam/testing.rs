//! What the tests of IAM's operations begin with, and the refusals that they all make.

use serde_json::{Value, json};
use thingpass_domain::error::Error;

use crate::api::iam::policy::create_policy::CreatePolicy;
use crate::api::iam::role::create_role::CreateRole;
use crate::api::iam::role::put_role_permissions_boundary::PutRolePermissionsBoundary;
use crate::api::iam::user::create_user::CreateUser;
use crate::api::iam::user::put_user_permissions_boundary::PutUserPermissionsBoundary;
use crate::api::operation::Operation;
use crate::api::testing::Bench;

/// The trust policy of a role for devices.
pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"credentials.iot.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

/// An identity policy that allows a little.
pub(crate) const READ: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}}"#;

/// Identity policies for callers: one that allows `action` on `resource`.
pub(crate) fn allow(action: &str, resource: &str) -> String {
    json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}).to_string()
}

/// Makes a role with the path `/fleet/`.
pub(crate) async fn role(bench: &Bench, name: &str) {
    let input = json!({"RoleName": name, "Path": "/fleet/", "AssumeRolePolicyDocument": TRUST});
    bench.call::<CreateRole>(input).await.unwrap();
}

/// Makes a user.
pub(crate) async fn user(bench: &Bench, name: &str) {
    bench
        .call::<CreateUser>(json!({"UserName": name}))
        .await
        .unwrap();
}

/// Makes a managed policy; tells its ARN.
pub(crate) async fn policy(bench: &Bench, name: &str) -> String {
    let input = json!({"PolicyName": name, "PolicyDocument": READ});
    let made = bench.call::<CreatePolicy>(input).await.unwrap();
    made["Policy"]["Arn"].as_str().unwrap().to_owned()
}

/// The role or user `e`, for operations that come in pairs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    Role,
    User,
}

impl Subject {
    /// Makes it.
    pub(crate) async fn make(self, bench: &Bench) {
        match self {
            Self::Role => role(bench, "e").await,
            Self::User => user(bench, "e").await,
        }
    }

    /// Sets its boundary.
    pub(crate) async fn bound(self, bench: &Bench, arn: &str) {
        let input = self.input(json!({"PermissionsBoundary": arn}));
        let done = match self {
            Self::Role => bench.call::<PutRolePermissionsBoundary>(input).await,
            Self::User => bench.call::<PutUserPermissionsBoundary>(input).await,
        };
        done.unwrap();
    }

    /// The member that names it.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::Role => "RoleName",
            Self::User => "UserName",
        }
    }

    /// An input about it.
    pub(crate) fn input(self, mut members: Value) -> Value {
        members[self.member()] = json!("e");
        members
    }

    /// Its ARN.
    pub(crate) fn arn(self) -> &'static str {
        match self {
            Self::Role => "arn:aws:iam::123456789012:role/fleet/e",
            Self::User => "arn:aws:iam::123456789012:user/e",
        }
    }

    /// What is said where it is not there.
    pub(crate) fn absent(self) -> &'static str {
        match self {
            Self::Role => "The role with name e cannot be found.",
            Self::User => "The user with name e cannot be found.",
        }
    }
}

/// Asserts that who may do nothing in IAM may not do this, on this resource.
pub(crate) async fn assert_denied<O: Operation>(bench: &Bench, input: Value, resource: &str) {
    let refused = bench
        .call_with_policy::<O>(&allow("iot:*", "*"), input)
        .await;
    let Err(Error::Denied(message)) = refused else {
        panic!("{refused:?}")
    };
    let expected = format!(
        "is not authorized to perform: {} on resource: {resource} ",
        O::ACTION
    );
    assert!(message.contains(&expected), "{message}");
}

/// Asserts that the operation finds something absent, in these words.
pub(crate) async fn assert_absent<O: Operation>(bench: &Bench, input: Value, message: &str) {
    let refused = bench.call::<O>(input).await;
    let Err(Error::NotFound(text)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(text, message);
}

/// Asserts that each input is refused for itself, changing `good` by one member each: `null`
/// leaves the member out.
pub(crate) async fn assert_malformed<O: Operation>(
    bench: &Bench,
    good: Value,
    changes: &[(&str, Value)],
) {
    assert!(!changes.is_empty());
    for (member, value) in changes {
        let mut input = good.clone();
        let members = input.as_object_mut().unwrap();
        members.remove(*member);
        if !value.is_null() {
            members.insert((*member).to_owned(), value.clone());
        }
        let refused = bench.call::<O>(input.clone()).await;
        assert!(
            matches!(refused, Err(Error::Invalid(_))),
            "{input}: {refused:?}"
        );
    }
}
