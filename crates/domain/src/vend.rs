//! The vend pipeline: a certificate asks for a role alias and gets credentials, or a refusal.
//!
//! The checks stand in the order that AWS was seen to keep: certificate, thing, IoT policy on the
//! alias's ARN, alias, role and trust policy, duration. The policy is asked before the alias is
//! looked for, so a device cannot find out which aliases there are.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use thingpass_policy::{Context, Outcome, Request};
use time::{Duration, OffsetDateTime};

use crate::arn::AccountRegion;
use crate::audit::{Check, Reason};
use crate::certificate::CertificateStatus;
use crate::directory::{Device, Directory, ReadyRole, attribute_keys};
use crate::entropy::Entropy;
use crate::error::Error;
use crate::id::{CertificateId, RoleAliasName, ThingName};
use crate::key_ring::KeyRing;
use crate::quota;
use crate::request_context;
use crate::role_alias::RoleAlias;
use crate::session::{DeviceSession, Origin, Session, SessionThing};
use crate::thing::Thing;
use crate::token::{self, Credentials};
use crate::trust;

/// The action that IoT policies allow.
pub const ACTION: &str = "iot:AssumeRoleWithCertificate";

/// What a device asks for.
#[derive(Debug, Clone)]
pub struct VendRequest<'a> {
    /// Account and region of the endpoint that it came to.
    pub home: &'a AccountRegion,
    /// The certificate that it proved to hold.
    pub certificate_id: CertificateId,
    /// The alias in the path.
    pub role_alias: &'a RoleAliasName,
    /// Its ARN, whether or not it is there.
    pub role_alias_arn: &'a str,
    /// `x-amzn-iot-thingname`, as it was sent.
    pub thing_name: Option<&'a str>,
    /// `x-amzn-iot-credential-duration-seconds`, as it was sent.
    pub duration_seconds: Option<&'a str>,
    /// Where it came from.
    pub source_ip: IpAddr,
    /// When.
    pub now: OffsetDateTime,
}

/// How a device is refused. Each has one answer on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The certificate is not registered here, or not ACTIVE, or not valid now.
    CertificateInvalid,
    /// The thing named is not one that the certificate is attached to.
    ThingNameInvalid,
    /// The IoT policies do not allow it.
    AccessDenied,
    /// There is no such alias.
    RoleAliasAbsent,
    /// There is no such role, or it does not trust the credentials provider.
    RoleNotAssumable,
    /// Longer than the role allows.
    DurationExceedsRole,
    /// The duration asked for is not a number of seconds that can be given.
    DurationInvalid,
    /// The store is away.
    Unavailable,
    /// A fault of the server.
    Internal,
}

/// What came of it.
#[derive(Debug)]
pub struct Vended {
    /// The credentials, or the refusal.
    pub outcome: Result<Credentials, Refusal>,
    /// Why.
    pub reason: Reason,
    /// ARN of the role, as far as it came.
    pub role_arn: Option<String>,
}

/// The credentials provider.
pub struct CredentialsProvider {
    directory: Arc<Directory>,
    key_ring: Arc<ArcSwap<KeyRing>>,
    entropy: Arc<dyn Entropy>,
}

struct Refused(Refusal, Reason);

impl CredentialsProvider {
    /// A provider over the registry.
    pub fn new(
        directory: Arc<Directory>,
        key_ring: Arc<ArcSwap<KeyRing>>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            directory,
            key_ring,
            entropy,
        }
    }

    /// Walks the checks and gives out credentials.
    pub fn vend(&self, request: &VendRequest<'_>) -> Vended {
        let mut role_arn = None;
        let walked = self.walk(request, &mut role_arn);
        let (outcome, reason) = match walked {
            Ok((credentials, reason)) => (Ok(credentials), reason),
            Err(Refused(refusal, reason)) => (Err(refusal), reason),
        };
        Vended {
            outcome,
            reason,
            role_arn,
        }
    }

    fn walk(
        &self,
        request: &VendRequest<'_>,
        role_arn: &mut Option<String>,
    ) -> Result<(Credentials, Reason), Refused> {
        let device = self.certificate(request)?;
        let thing = self.thing(request)?;
        let context = request_context::of(request.source_ip, request.now);
        let allowed = allow(request, &device, thing.as_deref(), context.clone())?;
        let alias = self.alias(request)?;
        *role_arn = Some(alias.role_arn.clone().into());
        let role = self.role(request, &alias, context)?;
        let seconds = duration(request, &alias, &role)?;
        let credentials = self.mint(request, thing.as_deref(), &role, seconds)?;
        Ok((credentials, allowed))
    }

    fn certificate(&self, request: &VendRequest<'_>) -> Result<Arc<Device>, Refused> {
        let found = self
            .directory
            .device(&request.home.account, request.certificate_id);
        let refuse = |text: String| {
            Err(Refused(
                Refusal::CertificateInvalid,
                Reason::new(Check::Certificate, text),
            ))
        };
        let Some(device) = found? else {
            let account = &request.home.account;
            return refuse(format!(
                "the certificate is not registered in account {account}"
            ));
        };
        match certificate_fault(&device, request.now) {
            Some(fault) => refuse(fault),
            None => Ok(device),
        }
    }

    fn thing(&self, request: &VendRequest<'_>) -> Result<Option<Arc<Thing>>, Refused> {
        let Some(text) = request.thing_name else {
            return Ok(None);
        };
        let refuse = |text: String| {
            Err(Refused(
                Refusal::ThingNameInvalid,
                Reason::new(Check::Thing, text),
            ))
        };
        let name = match ThingName::new(text) {
            Ok(name) => name,
            Err(error) => return refuse(error.to_string()),
        };
        let account = &request.home.account;
        match self
            .directory
            .attached_thing(account, request.certificate_id, &name)?
        {
            Some(thing) => Ok(Some(thing)),
            None => refuse(format!(
                "thing `{name}` is not there or the certificate is not attached to it: see \
                 `aws iot list-thing-principals --thing-name {name}`"
            )),
        }
    }

    fn alias(&self, request: &VendRequest<'_>) -> Result<Arc<RoleAlias>, Refused> {
        let name = request.role_alias;
        let found = self.directory.role_alias(&request.home.account, name)?;
        found.ok_or_else(|| {
            let text = format!("role alias `{name}` does not exist");
            Refused(
                Refusal::RoleAliasAbsent,
                Reason::new(Check::RoleAlias, text),
            )
        })
    }

    fn role(
        &self,
        request: &VendRequest<'_>,
        alias: &RoleAlias,
        context: Context,
    ) -> Result<Arc<ReadyRole>, Refused> {
        let refuse = |reason| Refused(Refusal::RoleNotAssumable, reason);
        let absent = |text: String| refuse(Reason::new(Check::TrustPolicy, text));
        let wanted = &alias.role_arn;
        if wanted.account != request.home.account {
            let text = format!("role `{wanted}` is in another account than its alias");
            return Err(absent(text));
        }
        let found = self.directory.role_by_name(&wanted.account, &wanted.name)?;
        let role = found
            .filter(|role| wanted.names(&wanted.account, &role.role))
            .ok_or_else(|| absent(format!("role `{wanted}` does not exist")))?;
        trust::trusts_credentials_provider(&role, request, context).map_err(refuse)?;
        Ok(role)
    }

    fn mint(
        &self,
        request: &VendRequest<'_>,
        thing: Option<&Thing>,
        role: &ReadyRole,
        seconds: u32,
    ) -> Result<Credentials, Refused> {
        let issued_at = whole_seconds(request.now);
        let session = Session {
            account: request.home.account.clone(),
            role_id: role.role.id.clone(),
            issued_at,
            expires_at: issued_at + Duration::seconds(i64::from(seconds)),
            origin: Origin::Device(DeviceSession {
                certificate_id: request.certificate_id,
                role_alias: request.role_alias.clone(),
                thing: thing.map(|thing| SessionThing {
                    name: thing.name.clone(),
                    thing_type: thing.thing_type.clone(),
                }),
            }),
        };
        Ok(token::mint(
            &self.key_ring.load(),
            &session,
            &*self.entropy,
        )?)
    }
}

impl std::fmt::Debug for CredentialsProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialsProvider(..)")
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let refusal = if matches!(error, Error::Unavailable { .. }) {
            Refusal::Unavailable
        } else {
            Refusal::Internal
        };
        let text = error
            .inside()
            .map_or_else(|| error.to_string(), str::to_owned);
        Self(refusal, Reason::new(Check::Server, text))
    }
}

/// Why a certificate does not open the door now, if it does not.
pub(crate) fn certificate_fault(device: &Device, now: OffsetDateTime) -> Option<String> {
    match device.status {
        CertificateStatus::Active => {}
        CertificateStatus::Inactive
        | CertificateStatus::Revoked
        | CertificateStatus::PendingTransfer
        | CertificateStatus::PendingActivation => {
            return Some(format!(
                "the certificate is {}, not ACTIVE",
                device.status.as_str()
            ));
        }
    }
    if now < device.not_before {
        return Some(format!(
            "the certificate is not valid before {}",
            device.not_before
        ));
    }
    if now > device.not_after {
        return Some(format!("the certificate ended on {}", device.not_after));
    }
    None
}

fn allow(
    request: &VendRequest<'_>,
    device: &Device,
    thing: Option<&Thing>,
    mut context: Context,
) -> Result<Reason, Refused> {
    context.extend(&device.context);
    if let Some(thing) = thing {
        insert_thing(&mut context, thing);
    }
    let asked = Request {
        action: ACTION,
        resource: request.role_alias_arn,
        principal: None,
        context: &context,
    };
    let evaluation = device.policies.evaluate(&asked);
    match (evaluation.outcome, evaluation.decided_by) {
        (Outcome::Allowed, Some(by)) => {
            let text = format!("allowed by {}", crate::policy_set::name(&by));
            Ok(Reason::new(Check::IotPolicy, text))
        }
        (Outcome::Allowed | Outcome::ExplicitlyDenied | Outcome::NotAllowed, _) => {
            let mut reason = device.policies.explain(Check::IotPolicy, &asked);
            if request.thing_name.is_none() {
                reason.findings.push(
                    "the request names no thing (header `x-amzn-iot-thingname`), so \
                     `iot:Connection.Thing.*` has no values"
                        .to_owned(),
                );
            }
            Err(Refused(Refusal::AccessDenied, reason))
        }
    }
}

fn insert_thing(context: &mut Context, thing: &Thing) {
    context.insert("iot:connection.thing.thingname", thing.name.as_str());
    context.insert("iot:connection.thing.isattached", "true");
    if let Some(thing_type) = &thing.thing_type {
        context.insert("iot:connection.thing.thingtypename", thing_type.as_str());
    }
    for (key, value) in attribute_keys(&thing.attributes) {
        context.insert(key, value);
    }
}

fn duration(
    request: &VendRequest<'_>,
    alias: &RoleAlias,
    role: &ReadyRole,
) -> Result<u32, Refused> {
    let refuse = |refusal, text: String| Err(Refused(refusal, Reason::new(Check::Duration, text)));
    let mut seconds = alias.credential_duration_seconds;
    if let Some(text) = request.duration_seconds {
        let min = quota::CREDENTIAL_DURATION_MIN_SECONDS;
        match whole_number(text) {
            Some(wanted) if wanted >= min => seconds = seconds.min(wanted),
            Some(_) | None => {
                let text = format!(
                    "a duration of `{text}` seconds: a whole number of at least {min} is taken"
                );
                return refuse(Refusal::DurationInvalid, text);
            }
        }
    }
    let max = role.role.max_session_duration_seconds;
    if seconds > max {
        let name = &role.role.name;
        let text = format!(
            "{seconds} seconds are more than the role's MaxSessionDuration of {max}: see `aws iam \
             update-role --role-name {name} --max-session-duration {seconds}`"
        );
        return refuse(Refusal::DurationExceedsRole, text);
    }
    Ok(seconds)
}

/// Decimal digits without a sign or a leading zero.
fn whole_number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

pub(crate) fn whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}
