//! Rows for the suite.

use thingpass_domain::access_key::{AccessKey, AccessKeyStatus};
use thingpass_domain::arn::{PolicyArn, RoleArn};
use thingpass_domain::ca_certificate::{CaCertificate, CaCertificateStatus};
use thingpass_domain::certificate::{Certificate, CertificateMode, CertificateStatus};
use thingpass_domain::id::{
    AccessKeyId, AccountId, AttributeName, AttributeValue, CertificateId, IotPolicyName, Path,
    PolicyName, RoleAliasName, RoleName, ThingName, ThingTypeName, UniqueId, UserName,
};
use thingpass_domain::iot_policy::{IotPolicy, PolicyTarget};
use thingpass_domain::managed_policy::{Entity, ManagedPolicy};
use thingpass_domain::role::Role;
use thingpass_domain::role_alias::RoleAlias;
use thingpass_domain::thing::{Attributes, Thing};
use thingpass_domain::thing_type::ThingType;
use thingpass_domain::user::User;
use time::OffsetDateTime;

pub(crate) const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

pub(crate) fn account() -> AccountId {
    AccountId::new("123456789012").unwrap()
}

pub(crate) fn stranger() -> AccountId {
    AccountId::new("210987654321").unwrap()
}

pub(crate) fn at(milliseconds: i64) -> OffsetDateTime {
    let nanoseconds = (1_700_000_000_000 + i128::from(milliseconds)) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap()
}

pub(crate) fn thing_name(name: &str) -> ThingName {
    ThingName::new(name).unwrap()
}

pub(crate) fn thing_type_name(name: &str) -> ThingTypeName {
    ThingTypeName::new(name).unwrap()
}

pub(crate) fn attribute(name: &str, value: &str) -> (AttributeName, AttributeValue) {
    (
        AttributeName::new(name).unwrap(),
        AttributeValue::new(value).unwrap(),
    )
}

pub(crate) fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs
        .iter()
        .map(|(name, value)| attribute(name, value))
        .collect()
}

pub(crate) fn thing(name: &str, pairs: &[(&str, &str)]) -> Thing {
    Thing {
        name: thing_name(name),
        id: format!("id of {name}"),
        thing_type: None,
        attributes: attributes(pairs),
        version: 1,
    }
}

pub(crate) fn thing_type(name: &str) -> ThingType {
    ThingType {
        name: thing_type_name(name),
        id: format!("id of {name}"),
        description: Some("a sensor".to_owned()),
        searchable_attributes: vec![AttributeName::new("site").unwrap()],
        created_at: at(0),
    }
}

pub(crate) fn certificate_id(number: u8) -> CertificateId {
    CertificateId::from_fingerprint([number; 32])
}

pub(crate) fn certificate(number: u8) -> Certificate {
    Certificate {
        id: certificate_id(number),
        pem: format!("pem {number}"),
        ca_certificate_id: Some(certificate_id(255)),
        status: CertificateStatus::Active,
        mode: CertificateMode::Default,
        generation_id: "generation".to_owned(),
        customer_version: 1,
        not_before: at(0),
        not_after: at(1_000_000),
        created_at: at(i64::from(number)),
        last_modified_at: at(i64::from(number)),
        signed_part: format!("part {number}"),
    }
}

pub(crate) fn ca_certificate(number: u8, subject: &[u8]) -> CaCertificate {
    CaCertificate {
        id: certificate_id(number),
        pem: format!("ca {number}"),
        subject_der: subject.to_vec(),
        status: CaCertificateStatus::Active,
        auto_registration: false,
        mode: CertificateMode::Default,
        generation_id: "generation".to_owned(),
        customer_version: 1,
        not_before: at(0),
        not_after: at(1_000_000),
        created_at: at(i64::from(number)),
        last_modified_at: at(i64::from(number)),
    }
}

/// The ARN of a certificate of [`account`].
pub(crate) fn certificate_arn(number: u8) -> String {
    format!(
        "arn:aws:iot:us-east-1:123456789012:cert/{}",
        certificate_id(number)
    )
}

pub(crate) fn target(number: u8) -> PolicyTarget {
    PolicyTarget::Certificate(certificate_id(number))
}

pub(crate) fn iot_policy_name(name: &str) -> IotPolicyName {
    IotPolicyName::new(name).unwrap()
}

pub(crate) fn iot_policy(name: &str) -> IotPolicy {
    IotPolicy {
        name: iot_policy_name(name),
        default_version_id: 1,
        document: format!("document of {name}"),
        generation_id: "generation".to_owned(),
        created_at: at(1),
        last_modified_at: at(1),
    }
}

pub(crate) fn alias_name(name: &str) -> RoleAliasName {
    RoleAliasName::new(name).unwrap()
}

pub(crate) fn alias(name: &str) -> RoleAlias {
    RoleAlias {
        name: alias_name(name),
        role_arn: RoleArn::new("arn:aws:iam::123456789012:role/fleet/reader").unwrap(),
        credential_duration_seconds: 900,
        created_at: at(1),
        last_modified_at: at(1),
    }
}

pub(crate) fn unique_id(prefix: &str, name: &str) -> UniqueId {
    let letters: String = name
        .to_ascii_uppercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    UniqueId::new(format!("{prefix}{letters:0>12}")).unwrap()
}

pub(crate) fn role_name(name: &str) -> RoleName {
    RoleName::new(name).unwrap()
}

pub(crate) fn role(name: &str) -> Role {
    Role {
        name: role_name(name),
        path: Path::root(),
        id: unique_id("AROA", name),
        trust_policy: "trust".to_owned(),
        max_session_duration_seconds: 3600,
        description: None,
        permissions_boundary: None,
        created_at: at(1),
    }
}

pub(crate) fn user_name(name: &str) -> UserName {
    UserName::new(name).unwrap()
}

pub(crate) fn user(name: &str) -> User {
    User {
        name: user_name(name),
        path: Path::root(),
        id: unique_id("AIDA", name),
        permissions_boundary: None,
        created_at: at(1),
    }
}

pub(crate) fn role_entity(name: &str) -> Entity {
    Entity::Role(role_name(name))
}

pub(crate) fn user_entity(name: &str) -> Entity {
    Entity::User(user_name(name))
}

pub(crate) fn access_key_id(number: u8) -> AccessKeyId {
    AccessKeyId::new(format!("AKIA{number:0>16}")).unwrap()
}

pub(crate) fn access_key(number: u8, user: &str) -> AccessKey {
    AccessKey {
        id: access_key_id(number),
        user: user_name(user),
        sealed_secret: vec![number, 0, 255],
        status: AccessKeyStatus::Active,
        created_at: at(1),
    }
}

pub(crate) fn policy_name(name: &str) -> PolicyName {
    PolicyName::new(name).unwrap()
}

pub(crate) fn policy_arn(name: &str) -> PolicyArn {
    PolicyArn {
        account: account().to_string(),
        path: Path::root(),
        name: policy_name(name),
    }
}

pub(crate) fn policy(arn: PolicyArn) -> ManagedPolicy {
    ManagedPolicy {
        id: unique_id("ANPA", arn.name.as_str()),
        arn,
        default_version: 1,
        attachment_count: 0,
        description: None,
        created_at: at(1),
        updated_at: at(1),
    }
}

pub(crate) fn administrator() -> PolicyArn {
    PolicyArn::new("arn:aws:iam::aws:policy/AdministratorAccess").unwrap()
}

/// [`account`], for as long as a listing needs it.
pub(crate) fn account_of() -> &'static AccountId {
    static ACCOUNT: std::sync::OnceLock<AccountId> = std::sync::OnceLock::new();
    ACCOUNT.get_or_init(account)
}
