//! IoT policies and their targets. Targets are certificates of the account and region; AWS's other
//! kinds, thing groups and Cognito identities, are refused.

pub mod attach_policy;
pub mod create_policy;
pub mod delete_policy;
pub mod detach_policy;
pub mod get_policy;
pub mod list_attached_policies;
pub mod list_policies;
pub mod list_targets_for_policy;

use serde::Serialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::error::Error;
use thingpass_domain::id::IotPolicyName;
use thingpass_domain::iot_policy::PolicyTarget;
use thingpass_domain::page::Page;

use crate::api::dispatch::{RestRow, rest};

/// The operations of this noun.
pub(super) fn rows() -> Vec<RestRow> {
    vec![
        rest::<attach_policy::AttachPolicy>(),
        rest::<create_policy::CreatePolicy>(),
        rest::<delete_policy::DeletePolicy>(),
        rest::<detach_policy::DetachPolicy>(),
        rest::<get_policy::GetPolicy>(),
        rest::<list_attached_policies::ListAttachedPolicies>(),
        rest::<list_policies::ListPolicies>(),
        rest::<list_targets_for_policy::ListTargetsForPolicy>(),
    ]
}

/// A page of policies.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyPage {
    policies: Vec<PolicyRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyRow {
    policy_name: IotPolicyName,
    policy_arn: String,
}

impl PolicyPage {
    fn new(page: Page<IotPolicyName>, home: &AccountRegion) -> Self {
        let next_marker = page.token();
        let row = |name| PolicyRow {
            policy_arn: home.iot_policy(&name),
            policy_name: name,
        };
        Self {
            policies: page.items.into_iter().map(row).collect(),
            next_marker,
        }
    }
}

/// The target that a request names.
fn read_target(target: &str, home: &AccountRegion) -> Result<PolicyTarget, Error> {
    home.read_certificate(target)
        .map(PolicyTarget::Certificate)
        .map_err(|_| {
            let target: String = target.chars().take(256).collect();
            Error::invalid(format!(
                "policies are attached to certificates only, and `{target}` is no ARN of one: \
             arn:aws:iot:{}:{}:cert/CERTIFICATE_ID",
                home.region, home.account
            ))
        })
}

/// The target as identity policies name it: certificates by their ARN in lower case, however the
/// request writes it.
fn target_resource(target: &str, home: &AccountRegion) -> String {
    match home.read_certificate(target) {
        Ok(id) => home.certificate(&id),
        Err(_) => target.to_owned(),
    }
}

#[cfg(test)]
mod testing {
    use serde_json::json;
    use thingpass_domain::certificate::{Certificate, CertificateMode, CertificateStatus};
    use thingpass_domain::id::CertificateId;

    use super::create_policy::CreatePolicy;
    use crate::api::testing::Bench;

    pub(super) const DOCUMENT: &str = r#"{ "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": "*"} }"#;

    /// The ARN of a certificate that is registered.
    pub(super) async fn certificate(bench: &Bench, number: u8) -> String {
        let now = bench.context.clock.now();
        let id = CertificateId::from_fingerprint([number; 32]);
        let made = Certificate {
            id,
            pem: String::new(),
            ca_certificate_id: None,
            status: CertificateStatus::Active,
            mode: CertificateMode::SniOnly,
            generation_id: String::new(),
            customer_version: 1,
            not_before: now,
            not_after: now,
            created_at: now,
            last_modified_at: now,
            signed_part: id.to_string(),
        };
        bench
            .context
            .store
            .create_certificate(bench.account(), made)
            .await
            .unwrap();
        bench.context.home.certificate(&id)
    }

    pub(super) async fn policy(bench: &Bench, name: &str) {
        let input = json!({"policyName": name, "policyDocument": DOCUMENT});
        bench.call::<CreatePolicy>(input).await.unwrap();
    }
}
