//! What is known of a signed request so far, for its audit event.

use std::borrow::Cow;
use std::net::IpAddr;

use http::StatusCode;
use thingpass_domain::audit::{AuditEvent, Decision, Door, NAME_CHARS_MAX, Reason, clipped};
use thingpass_domain::authorize::Demand;
use thingpass_domain::caller::{Caller, Identity};
use thingpass_wire::timestamp::iso_8601;
use time::OffsetDateTime;

/// Characters of all actions, or all resources, of a request.
const DEMANDS_CHARS_MAX: usize = 8_192;

/// What is known so far.
#[derive(Debug)]
pub struct Trail {
    request_id: String,
    time: OffsetDateTime,
    source_ip: IpAddr,
    account: String,
    action: String,
    resource: String,
    access_key_id: Option<String>,
    principal: Option<String>,
    certificate_id: Option<String>,
    thing: Option<String>,
    role_alias: Option<String>,
    role: Option<String>,
}

impl Trail {
    /// A request of which nothing is known but where and when.
    pub fn new(
        request_id: String,
        time: OffsetDateTime,
        source_ip: IpAddr,
        account: &str,
        target: &str,
    ) -> Self {
        Self {
            request_id,
            time,
            source_ip,
            account: account.to_owned(),
            action: "unknown".to_owned(),
            // A path may be long, and a query may hold a signature: neither is kept.
            resource: clipped(target.split('?').next().unwrap_or_default(), NAME_CHARS_MAX)
                .into_owned(),
            access_key_id: None,
            principal: None,
            certificate_id: None,
            thing: None,
            role_alias: None,
            role: None,
        }
    }

    /// The id that the client is told.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The client says that it holds this key.
    pub fn claims(&mut self, access_key_id: &str) {
        self.access_key_id = Some(clipped(access_key_id, NAME_CHARS_MAX).into_owned());
    }

    /// The client is this caller.
    pub fn is(&mut self, caller: &Caller) {
        self.principal = Some(caller.arn.clone());
        self.account = caller.account.to_string();
        let Identity::Session(session) = &caller.identity else {
            return;
        };
        self.role = Some(caller.principal_arn.clone());
        let Some(device) = session.device() else {
            return;
        };
        self.certificate_id = Some(device.certificate_id.to_string());
        self.role_alias = Some(device.role_alias.to_string());
        self.thing = device.thing.as_ref().map(|thing| thing.name.to_string());
    }

    /// The client asks for this action, on what is not known yet.
    pub fn asks(&mut self, action: impl Into<String>) {
        self.action = action.into();
    }

    /// The client asks for all of this.
    pub fn demands(&mut self, demands: &[Demand]) {
        let join = |part: fn(&Demand) -> &str| {
            let mut parts: Vec<&str> = demands.iter().map(part).collect();
            parts.dedup();
            clipped(&parts.join(" "), DEMANDS_CHARS_MAX).into_owned()
        };
        self.action = join(|demand| &demand.action);
        self.resource = join(|demand| &demand.resource);
    }

    /// The event of a decision.
    pub fn event<'a>(
        &'a self,
        decision: Decision,
        answer: Option<(StatusCode, &'a str)>,
        reason: Reason,
    ) -> AuditEvent<'a> {
        AuditEvent {
            time: iso_8601(self.time).into(),
            request_id: self.request_id.as_str().into(),
            door: Door::Service,
            decision,
            account: self.account.as_str().into(),
            action: self.action.as_str().into(),
            resource: self.resource.as_str().into(),
            principal: self.principal.as_deref().map(Cow::Borrowed),
            certificate_id: self.certificate_id.as_deref().map(Cow::Borrowed),
            thing: self.thing.as_deref().map(Cow::Borrowed),
            role_alias: self.role_alias.as_deref().map(Cow::Borrowed),
            role: self.role.as_deref().map(Cow::Borrowed),
            access_key_id: self.access_key_id.as_deref().map(Cow::Borrowed),
            source_address: self.source_ip.to_string().into(),
            status: answer.map(|(status, _)| status.as_u16()),
            error_code: answer.map(|(_, code)| code.into()),
            reason,
        }
    }
}
