//! `GET /role-aliases/{roleAlias}/credentials`, as devices ask for it.
//!
//! Statuses, bodies and headers are AWS's as observed; the reason goes to the audit log only.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use hyper::Response;
use serde::Serialize;
use thingpass_domain::arn::AccountRegion;
use thingpass_domain::audit::{
    AuditEvent, AuditLog, Check, Decision, Door, NAME_CHARS_MAX, Reason, clipped,
};
use thingpass_domain::clock::Clock;
use thingpass_domain::entropy::{self, Entropy};
use thingpass_domain::id::RoleAliasName;
use thingpass_domain::token::Credentials;
use thingpass_domain::vend::{self, CredentialsProvider, Refusal, VendRequest, Vended};
use thingpass_wire::request_id::uuid_form;
use thingpass_wire::rest_json::PathTemplate;
use thingpass_wire::timestamp::iso_8601;
use time::OffsetDateTime;

use crate::body::Answer;
use crate::device::Peer;
use crate::names::DeviceNames;

const PATH: PathTemplate = PathTemplate::new("/role-aliases/{roleAlias}/credentials");
const THING_NAME: HeaderName = HeaderName::from_static("x-amzn-iot-thingname");
const DURATION: HeaderName = HeaderName::from_static("x-amzn-iot-credential-duration-seconds");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The endpoint.
pub struct CredentialsEndpoint {
    /// Account and region.
    pub home: AccountRegion,
    /// The names it answers to.
    pub names: DeviceNames,
    /// Gives out the credentials.
    pub provider: CredentialsProvider,
    /// Where decisions are written.
    pub audit: Arc<dyn AuditLog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for request ids.
    pub entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for CredentialsEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialsEndpoint")
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// What a request asks for.
struct Asked<'a> {
    request_id: &'a str,
    alias: &'a RoleAliasName,
    alias_arn: &'a str,
    thing_name: Option<Cow<'a, str>>,
    now: OffsetDateTime,
}

#[derive(Debug)]
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

impl CredentialsEndpoint {
    /// Answers a request.
    pub async fn answer(&self, peer: &Peer, head: &Parts) -> Response<Answer> {
        let Ok(random) = entropy::bytes(&*self.entropy) else {
            return refusal_response(&INTERNAL, "");
        };
        let request_id = uuid_form(random);
        let Some(alias) = alias(head) else {
            return refusal_response(&NOT_FOUND, &request_id);
        };
        if head.method != Method::GET {
            let mut response = refusal_response(&METHOD_NOT_ALLOWED, &request_id);
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET"));
            return response;
        }
        let asked = Asked {
            request_id: &request_id,
            alias_arn: &self.home.role_alias(&alias),
            alias: &alias,
            thing_name: single_header(head, &THING_NAME),
            now: self.clock.now(),
        };
        let Vended {
            outcome,
            reason,
            role_arn,
        } = self.vend(peer, head, &asked);
        let answered = outcome.map_err(on_the_wire);
        let event = self.event(peer, &asked, answered.as_ref(), role_arn.as_deref(), reason);
        if let Err(error) = self.audit.record(&event).await {
            tracing::error!(inside = error.inside(), "the audit log cannot be written");
            return refusal_response(&UNAVAILABLE, &request_id);
        }
        match answered {
            Ok(credentials) => credentials_response(&credentials, &request_id),
            Err(refused) => refusal_response(&refused, &request_id),
        }
    }

    fn vend(&self, peer: &Peer, head: &Parts, asked: &Asked<'_>) -> Vended {
        let refuse = |check, text: String| Vended {
            outcome: Err(Refusal::CertificateInvalid),
            reason: Reason::new(check, text),
            role_arn: None,
        };
        if let Some(fault) = self.names.fault(peer.server_name.as_deref()) {
            return refuse(Check::ServerName, fault);
        }
        let Some(certificate_id) = peer.certificate_id else {
            return refuse(
                Check::Certificate,
                "the client showed no certificate".to_owned(),
            );
        };
        let duration = single_header(head, &DURATION);
        self.provider.vend(&VendRequest {
            home: &self.home,
            certificate_id,
            role_alias: asked.alias,
            role_alias_arn: asked.alias_arn,
            thing_name: asked.thing_name.as_deref(),
            duration_seconds: duration.as_deref(),
            source_ip: peer.address.ip(),
            now: asked.now,
        })
    }

    fn event<'a>(
        &'a self,
        peer: &Peer,
        asked: &'a Asked<'_>,
        answered: Result<&'a Credentials, &Refused>,
        role_arn: Option<&'a str>,
        reason: Reason,
    ) -> AuditEvent<'a> {
        let (credentials, refused) = (answered.ok(), answered.err());
        let thing_name = asked.thing_name.as_deref();
        AuditEvent {
            time: iso_8601(asked.now).into(),
            request_id: asked.request_id.into(),
            door: Door::Device,
            decision: if credentials.is_some() {
                Decision::Allow
            } else {
                Decision::Deny
            },
            account: self.home.account.as_str().into(),
            action: vend::ACTION.into(),
            resource: asked.alias_arn.into(),
            principal: None,
            certificate_id: peer.certificate_id.map(|id| id.to_string().into()),
            thing: thing_name.map(|name| clipped(name, NAME_CHARS_MAX)),
            role_alias: Some(asked.alias.as_str().into()),
            role: role_arn.map(Cow::Borrowed),
            access_key_id: credentials.map(|given| given.access_key_id.as_str().into()),
            source_address: peer.address.ip().to_string().into(),
            status: Some(refused.map_or(200, |refused| refused.status.as_u16())),
            error_code: refused.map(|refused| refused.code.into()),
            reason,
        }
    }
}

/// The alias of a path that is the endpoint's.
fn alias(head: &Parts) -> Option<RoleAliasName> {
    let labels = PATH.matches(head.uri.path())?;
    let (_, alias) = labels.into_iter().next()?;
    RoleAliasName::new(alias).ok()
}

/// A header's text. Sent twice or not as text, it stands for something that nothing is named.
fn single_header<'a>(head: &'a Parts, name: &HeaderName) -> Option<Cow<'a, str>> {
    let mut values = head.headers.get_all(name).iter();
    let first = values.next()?;
    match (first.to_str(), values.next()) {
        (Ok(text), None) => Some(text.into()),
        (Ok(_) | Err(_), _) => Some("".into()),
    }
}

const fn refused(status: StatusCode, code: &'static str, message: &'static str) -> Refused {
    Refused {
        status,
        code,
        message,
    }
}

const NOT_FOUND: Refused = refused(
    StatusCode::NOT_FOUND,
    "ResourceNotFoundException",
    "Not Found",
);
const METHOD_NOT_ALLOWED: Refused = refused(
    StatusCode::METHOD_NOT_ALLOWED,
    "MethodNotAllowedException",
    "Method Not Allowed",
);
const UNAVAILABLE: Refused = refused(
    StatusCode::SERVICE_UNAVAILABLE,
    "ServiceUnavailableException",
    "The service is unavailable for the moment",
);
const INTERNAL: Refused = refused(
    StatusCode::INTERNAL_SERVER_ERROR,
    "InternalFailureException",
    "An internal error occurred",
);

fn on_the_wire(refusal: Refusal) -> Refused {
    const DENIED: &str = "AccessDeniedException";
    const INVALID: &str = "InvalidRequestException";
    match refusal {
        Refusal::CertificateInvalid => refused(
            StatusCode::FORBIDDEN,
            DENIED,
            "Certificate is invalid on this endpoint",
        ),
        Refusal::ThingNameInvalid => {
            refused(StatusCode::FORBIDDEN, DENIED, "Invalid thing name passed")
        }
        Refusal::AccessDenied => refused(StatusCode::FORBIDDEN, DENIED, "Access Denied"),
        Refusal::RoleAliasAbsent => refused(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            "Role alias does not exist",
        ),
        Refusal::RoleNotAssumable => refused(
            StatusCode::BAD_REQUEST,
            INVALID,
            "Unable to assume the role, or the role to assume does not exist",
        ),
        Refusal::DurationExceedsRole => refused(
            StatusCode::BAD_REQUEST,
            INVALID,
            "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the \
             role",
        ),
        Refusal::DurationInvalid => refused(
            StatusCode::BAD_REQUEST,
            INVALID,
            "The requested duration is not a whole number of at least 900 seconds",
        ),
        Refusal::Unavailable => UNAVAILABLE,
        Refusal::Internal => INTERNAL,
    }
}

fn credentials_response(credentials: &Credentials, request_id: &str) -> Response<Answer> {
    #[derive(Serialize)]
    struct Body<'a> {
        credentials: Inner<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Inner<'a> {
        access_key_id: &'a str,
        secret_access_key: &'a str,
        session_token: &'a str,
        expiration: String,
    }
    let body = Body {
        credentials: Inner {
            access_key_id: credentials.access_key_id.as_str(),
            secret_access_key: &credentials.secret_access_key,
            session_token: &credentials.session_token,
            expiration: iso_8601(credentials.expires_at),
        },
    };
    match serde_json::to_vec(&body) {
        Ok(body) => response(StatusCode::OK, body.into(), request_id),
        Err(_) => refusal_response(&INTERNAL, request_id),
    }
}

fn refusal_response(refused: &Refused, request_id: &str) -> Response<Answer> {
    let body = serde_json::json!({ "message": refused.message }).to_string();
    let mut response = response(refused.status, body.into(), request_id);
    response
        .headers_mut()
        .insert(ERROR_TYPE, HeaderValue::from_static(refused.code));
    response
}

fn response(status: StatusCode, body: Bytes, request_id: &str) -> Response<Answer> {
    let mut response = Response::new(Answer::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    response
}

#[cfg(test)]
mod tests;
