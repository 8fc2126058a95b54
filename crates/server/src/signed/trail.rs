//! What is known of a signed request so far, for its audit event.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use http::StatusCode;
use thingpass_domain::audit::{AuditEvent, Decision, Door, NAME_CHARS_MAX, Reason, clipped};
use thingpass_domain::authorize::Demand;
use thingpass_domain::caller::Caller;
use thingpass_domain::id::AccountId;
use thingpass_domain::session::Session;
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
    account: AccountId,
    action: Cow<'static, str>,
    resource: String,
    access_key_id: Option<String>,
    caller: Option<Arc<Caller>>,
}

impl Trail {
    /// A request of which nothing is known but where and when.
    pub fn new(
        request_id: String,
        time: OffsetDateTime,
        source_ip: IpAddr,
        account: &AccountId,
        target: &str,
    ) -> Self {
        Self {
            request_id,
            time,
            source_ip,
            account: account.clone(),
            action: Cow::Borrowed("unknown"),
            // A path may be long, and a query may hold a signature: neither is kept.
            resource: clipped(target.split('?').next().unwrap_or_default(), NAME_CHARS_MAX)
                .into_owned(),
            access_key_id: None,
            caller: None,
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
    pub fn is(&mut self, caller: &Arc<Caller>) {
        self.caller = Some(Arc::clone(caller));
    }

    /// The client asks for this action, on what is not known yet.
    pub fn asks(&mut self, action: impl Into<Cow<'static, str>>) {
        self.action = action.into();
    }

    /// The client asks for all of this.
    pub fn demands(&mut self, demands: &[Demand]) {
        if let [demand] = demands {
            self.action.clone_from(&demand.action);
            self.resource = clipped(&demand.resource, DEMANDS_CHARS_MAX).into_owned();
            return;
        }
        let join = |part: fn(&Demand) -> &str| {
            let mut parts: Vec<&str> = demands.iter().map(part).collect();
            parts.dedup();
            clipped(&parts.join(" "), DEMANDS_CHARS_MAX).into_owned()
        };
        self.action = join(|demand| &demand.action).into();
        self.resource = join(|demand| &demand.resource);
    }

    /// The event of a decision.
    pub fn event<'a>(
        &'a self,
        decision: Decision,
        answer: Option<(StatusCode, &'a str)>,
        reason: Reason,
    ) -> AuditEvent<'a> {
        let caller = self.caller.as_deref();
        let session = caller.and_then(Caller::session);
        let device = session.and_then(Session::device);
        let thing = device.and_then(|device| device.thing.as_ref());
        let account = caller.map_or(&self.account, |caller| &caller.account);
        let role = caller.filter(|_| session.is_some());
        AuditEvent {
            time: iso_8601(self.time).into(),
            request_id: self.request_id.as_str().into(),
            door: Door::Service,
            decision,
            account: account.as_str().into(),
            action: self.action.as_ref().into(),
            resource: self.resource.as_str().into(),
            principal: caller.map(|caller| caller.arn.as_str().into()),
            certificate_id: device.map(|device| device.certificate_id.to_string().into()),
            thing: thing.map(|thing| thing.name.as_str().into()),
            role_alias: device.map(|device| device.role_alias.as_str().into()),
            role: role.map(|caller| caller.principal_arn.as_str().into()),
            access_key_id: self.access_key_id.as_deref().map(Cow::Borrowed),
            source_address: self.source_ip.to_string().into(),
            status: answer.map(|(status, _)| status.as_u16()),
            error_code: answer.map(|(_, code)| code.into()),
            reason,
        }
    }
}
