//! What a session token holds: who the session is, for how long.

use time::OffsetDateTime;

use crate::id::{
    AccountId, CertificateId, RoleAliasName, RoleSessionName, ThingName, ThingTypeName, UniqueId,
};

/// A session of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The account that the role is in.
    pub account: AccountId,
    /// The role's unique id: a role made again under the same name is another.
    pub role_id: UniqueId,
    /// When it was issued, whole seconds.
    pub issued_at: OffsetDateTime,
    /// When it ends, whole seconds.
    pub expires_at: OffsetDateTime,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a session comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A device, by its certificate.
    Device(DeviceSession),
    /// `sts:AssumeRole`.
    AssumeRole(AssumedRoleSession),
}

/// The device's part of a session: a snapshot, as AWS makes it, of what the variables
/// `credentials-iot:*` stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSession {
    /// The certificate.
    pub certificate_id: CertificateId,
    /// The alias it asked for.
    pub role_alias: RoleAliasName,
    /// The thing it named, if it named one.
    pub thing: Option<SessionThing>,
}

/// The thing that a device named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionThing {
    /// Its name.
    pub name: ThingName,
    /// Its type, if it has one.
    pub thing_type: Option<ThingTypeName>,
}

/// The caller's part of a session that `sts:AssumeRole` gave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRoleSession {
    /// The name that the caller chose.
    pub session_name: RoleSessionName,
    /// The session policy, as it was sent.
    pub policy: Option<String>,
    /// ARNs of managed policies that narrow it too.
    pub policy_arns: Vec<String>,
    /// The device whose session called, directly or along a chain of sessions: this session ends
    /// with that device's certificate too.
    pub device: Option<DeviceSession>,
}

impl Session {
    /// The device that the session goes back to, directly or along a chain of sessions.
    pub fn device(&self) -> Option<&DeviceSession> {
        match &self.origin {
            Origin::Device(device) => Some(device),
            Origin::AssumeRole(assumed) => assumed.device.as_ref(),
        }
    }

    /// `RoleSessionName`: for a device its certificate id, as AWS does.
    pub fn name(&self) -> String {
        match &self.origin {
            Origin::Device(device) => device.certificate_id.to_string(),
            Origin::AssumeRole(assumed) => assumed.session_name.to_string(),
        }
    }
}
