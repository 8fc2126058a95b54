//! `AssumeRole` — https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
//! Divergences: roles of the caller's own account only; tags, MFA, `SourceIdentity` and
//! `ProvidedContexts` are refused; `PackedPolicySize` measures the text, not a packed form.

use serde::{Deserialize, Serialize};
use thingpass_domain::arn::{AccountRegion, PolicyArn, RoleArn};
use thingpass_domain::assume_role::{self, AssumeRoleRequest, Assumed, ExternalId, Means};
use thingpass_domain::error::Error;
use thingpass_domain::id::RoleSessionName;
use thingpass_wire::timestamp::iso_8601;

use crate::api::form;
use crate::api::operation::{Call, Demands, Operation};

#[cfg(test)]
mod matrix;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod testing;

/// AssumeRole.
#[derive(Debug)]
pub struct AssumeRole;

/// See the AWS documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    role_arn: RoleArn,
    role_session_name: RoleSessionName,
    #[serde(default, deserialize_with = "form::optional_number")]
    duration_seconds: Option<u32>,
    policy: Option<String>,
    #[serde(default)]
    policy_arns: Vec<PolicyDescriptor>,
    external_id: Option<ExternalId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyDescriptor {
    arn: PolicyArn,
}

/// See the AWS documentation.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Output {
    credentials: Credentials,
    assumed_role_user: AssumedRoleUser,
    #[serde(skip_serializing_if = "Option::is_none")]
    packed_policy_size: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

impl Operation for AssumeRole {
    const NAME: &'static str = "AssumeRole";
    const ACTION: &'static str = assume_role::ACTION;
    type Input = Input;
    type Output = Output;

    fn demands(input: &Input, _: &AccountRegion) -> Demands {
        Demands::TrustPolicy {
            action: Self::ACTION,
            role: input.role_arn.to_string(),
        }
    }

    async fn handle(call: Call<'_>, input: Input) -> Result<Output, Error> {
        let Call {
            context,
            caller,
            facts,
        } = call;
        let request = AssumeRoleRequest {
            role_arn: input.role_arn,
            session_name: input.role_session_name,
            duration_seconds: input.duration_seconds,
            policy: input.policy,
            policy_arns: input.policy_arns.into_iter().map(|it| it.arn).collect(),
            external_id: input.external_id,
        };
        let means = Means {
            directory: &context.directory,
            lookup: &*context.store,
            key_ring: &context.key_ring.load(),
            entropy: &*context.entropy,
        };
        Ok(assume_role::assume_role(&means, caller, &request, facts)?.into())
    }
}

impl From<Assumed> for Output {
    fn from(assumed: Assumed) -> Self {
        let credentials = assumed.credentials;
        Self {
            credentials: Credentials {
                access_key_id: credentials.access_key_id.to_string(),
                secret_access_key: credentials.secret_access_key.to_string(),
                session_token: credentials.session_token,
                expiration: iso_8601(credentials.expires_at),
            },
            assumed_role_user: AssumedRoleUser {
                assumed_role_id: assumed.assumed_role_id,
                arn: assumed.arn,
            },
            packed_policy_size: assumed.packed_policy_size,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingpass_domain::error::Error;

    use super::AssumeRole;
    use super::testing::{ROLE, TESTER, role, trusting};
    use crate::api::testing::Bench;

    #[tokio::test]
    async fn a_session_is_given_out_for_an_hour_under_the_roles_name() {
        let bench = Bench::new().await;
        let id = role(&bench, "r", &trusting(TESTER), None).await;
        let input = json!({"RoleArn": ROLE, "RoleSessionName": "alice"});
        let answer = bench.call::<AssumeRole>(input).await.unwrap();
        let user = json!({
            "AssumedRoleId": format!("{id}:alice"),
            "Arn": "arn:aws:sts::123456789012:assumed-role/r/alice",
        });
        assert_eq!(answer["AssumedRoleUser"], user);
        assert_eq!(answer["Credentials"]["Expiration"], "2026-01-01T01:00:00Z");
        assert!(
            answer["Credentials"]["AccessKeyId"]
                .as_str()
                .unwrap()
                .starts_with("ASIA")
        );
        assert_eq!(answer.get("PackedPolicySize"), None);
    }

    #[tokio::test]
    async fn session_policies_are_measured() {
        let bench = Bench::new().await;
        role(&bench, "r", &trusting(TESTER), None).await;
        let input = json!({
            "RoleArn": ROLE, "RoleSessionName": "alice",
            "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}],
        });
        let answer = bench.call::<AssumeRole>(input).await.unwrap();
        assert_eq!(answer["PackedPolicySize"], 3);
    }

    #[tokio::test]
    async fn what_is_malformed_or_not_served_is_refused() {
        let bench = Bench::new().await;
        role(&bench, "r", &trusting(TESTER), None).await;
        for (member, value) in [
            ("RoleArn", json!("arn:aws:iam::123456789012:user/r")),
            ("RoleSessionName", json!("x")),
            ("RoleSessionName", json!("a b")),
            ("DurationSeconds", json!("899")),
            ("DurationSeconds", json!("43201")),
            ("DurationSeconds", json!("3601")),
            ("DurationSeconds", json!("an hour")),
            ("ExternalId", json!("x")),
            (
                "PolicyArns",
                json!([{"arn": "arn:aws:iam::123456789012:policy/absent"}]),
            ),
            ("PolicyArns", json!([{"arn": "AdministratorAccess"}])),
            ("Tags", json!([{"Key": "k", "Value": "v"}])),
            ("TransitiveTagKeys", json!(["k"])),
            ("SerialNumber", json!("arn:aws:iam::123456789012:mfa/m")),
            ("TokenCode", json!("123456")),
            ("SourceIdentity", json!("alice")),
            ("ProvidedContexts", json!([{}])),
        ] {
            let mut input = json!({"RoleArn": ROLE, "RoleSessionName": "alice"});
            input[member] = value.clone();
            let refused = bench.call::<AssumeRole>(input).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{member} {value}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_malformed_session_policy_and_one_too_long_are_told_apart() {
        let bench = Bench::new().await;
        role(&bench, "r", &trusting(TESTER), None).await;
        let input =
            |policy: &str| json!({"RoleArn": ROLE, "RoleSessionName": "alice", "Policy": policy});
        let malformed = bench.call::<AssumeRole>(input("{}")).await;
        assert!(
            matches!(malformed, Err(Error::MalformedPolicy(_))),
            "{malformed:?}"
        );
        let long = bench.call::<AssumeRole>(input(&" ".repeat(2049))).await;
        assert!(matches!(long, Err(Error::LimitExceeded(_))), "{long:?}");
    }

    #[tokio::test]
    async fn a_duration_beyond_the_roles_is_refused_in_aws_words() {
        let bench = Bench::new().await;
        role(&bench, "r", &trusting(TESTER), None).await;
        let input = json!({"RoleArn": ROLE, "RoleSessionName": "s1", "DurationSeconds": "3601"});
        let refused = bench
            .call::<AssumeRole>(input)
            .await
            .unwrap_err()
            .to_string();
        let expected =
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        assert_eq!(refused, expected);
    }
}
