//! The way of every signed request, in order: limits, identity, routing, authorisation, audit,
//! handling. There is one way, and no way round it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use hyper::body::Incoming;
use hyper::{Request, Response};
use serde_json::Value;
use thingpass_domain::audit::{AuditLog, Check, Decision as Verdict, Reason};
use thingpass_domain::authorize::{Decision, Demand, RequestFacts, authorize};
use thingpass_domain::caller::{Caller, CallerDirectory};
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_wire::error::{Fault, Protocol, SerializationError};
use thingpass_wire::sigv4::{self, Received};
use thingpass_wire::{json_1_0, query_xml, request_id, rest_json};

use crate::api::dispatch::{QueryRow, find_query, find_rest, is_empty};
use crate::api::operation::{Call, Context, Demands, Prepared};
use crate::api::resolve::resolve;
use crate::api::{iam, iot, sts};
use crate::body::{Answer, BodyFault, BodyReader};
use crate::gateway::{self, Classified, TableFault, Tables};
use crate::signed::authenticate::{Unauthenticated, authenticate, check_claim};
use crate::signed::route::{Service, presumed_protocol};
use crate::signed::trail::Trail;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The door of all signed services.
pub struct ServiceDoor {
    /// What operations work with.
    pub context: Arc<Context>,
    /// Knows who signs.
    pub callers: CallerDirectory,
    /// The tables.
    pub tables: Arc<Tables>,
    /// Where decisions are written.
    pub audit: Arc<dyn AuditLog>,
    /// Reads bodies within bounds.
    pub bodies: BodyReader,
}

impl std::fmt::Debug for ServiceDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceDoor")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// A refusal on its way out.
struct Refusal {
    protocol: Protocol,
    fault: Fault,
    /// The decision to write down; `None` where an allowed request failed as it was carried out.
    reason: Option<Reason>,
}

/// What a request turned out to ask for.
enum Asked {
    Operation {
        row: &'static str,
        prepared: Prepared,
    },
    Tables(Classified),
}

impl ServiceDoor {
    /// Answers a request.
    pub async fn answer(
        &self,
        address: SocketAddr,
        request: Request<Incoming>,
    ) -> Response<Answer> {
        let (head, body) = request.into_parts();
        let region = &self.context.home.region;
        if is_health_check(&head) {
            return Response::new(Answer::from(format!(
                "healthy: dynamodb.{region}.amazonaws.com "
            )));
        }
        let Ok(random) = entropy::bytes::<32>(&*self.context.entropy) else {
            return bare(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let request_id = request_id_for(presumed_protocol(&head), random);
        let now = self.context.clock.now();
        let account = self.context.home.account.as_str();
        let target = target(&head).to_owned();
        let mut trail = Trail::new(request_id, now, address.ip(), account, &target);
        let facts = RequestFacts {
            source_ip: address.ip(),
            now,
            region: region.clone(),
            user_agent: text_header(&head, "user-agent"),
        };
        match self.walk(&head, &target, body, &facts, &mut trail).await {
            Ok(response) => response,
            Err(refusal) => self.refuse(&refusal, &trail),
        }
    }

    async fn walk(
        &self,
        head: &Parts,
        target: &str,
        body: Incoming,
        facts: &RequestFacts,
        trail: &mut Trail,
    ) -> Result<Response<Answer>, Refusal> {
        let received = received(head, target);
        let presumed = presumed_protocol(head);
        let claim = sigv4::read(&received)
            .map_err(|error| unauthenticated(presumed, Unauthenticated::from(error)))?;
        trail.claims(&claim.access_key_id);
        let Some(service) = Service::of_scope(&claim.scope.service) else {
            return Err(unknown_service(presumed, &claim.scope.service));
        };
        let protocol = service.protocol();
        trail.asks(format!("{}:*", service.name()));
        check_claim(&claim, service, &facts.region, facts.now)
            .map_err(|error| unauthenticated(protocol, error))?;
        let body = self
            .bodies
            .read(body, service.body_bytes_max())
            .await
            .map_err(|error| body_refusal(protocol, error))?;
        let digest = sigv4::payload_sha256(&body.bytes);
        let caller = authenticate(&self.callers, &claim, &received, &digest)
            .map_err(|error| unauthenticated(protocol, error))?;
        trail.is(&caller);
        let asked = self.route(service, head, &received, &body.bytes).await?;
        match asked {
            Asked::Operation { row, prepared } => {
                trail.asks(row);
                self.operate(service, prepared, &caller, facts, trail).await
            }
            Asked::Tables(Classified { demands, request }) => {
                self.allow(protocol, &caller, &demands, facts, trail)?;
                let request_id = trail.request_id();
                Ok(match self.tables.execute(request).await {
                    Ok(answer) => success(answer, json_1_0::CONTENT_TYPE, request_id),
                    Err(fault) => table_failure(fault, request_id),
                })
            }
        }
    }

    /// Finds the operation and reads its input.
    async fn route(
        &self,
        service: Service,
        head: &Parts,
        received: &Received<'_>,
        body: &Bytes,
    ) -> Result<Asked, Refusal> {
        match service {
            Service::Iot => self.route_rest(head, received, body),
            Service::Iam => {
                self.route_query(service, &iam::OPERATIONS, iam::VERSION, received, body)
            }
            Service::Sts => {
                self.route_query(service, &sts::OPERATIONS, sts::VERSION, received, body)
            }
            Service::DynamoDb => self.route_tables(head, body).await,
        }
    }

    fn route_rest(
        &self,
        head: &Parts,
        received: &Received<'_>,
        body: &Bytes,
    ) -> Result<Asked, Refusal> {
        let protocol = Service::Iot.protocol();
        let Some((row, labels)) = find_rest(&iot::OPERATIONS, &head.method, received.path()) else {
            let text = format!(
                "Thingpass does not serve {} {}: see the list of operations in its documentation",
                head.method,
                received.path()
            );
            let fault = Fault::new(StatusCode::NOT_FOUND, "UnknownOperationException", text);
            return Err(malformed(protocol, fault));
        };
        let input = rest_json::input(row.bindings, &labels, received.query(), &head.headers, body)
            .map_err(|error| unreadable(protocol, &error))?;
        let prepared = (row.prepare)(input, &self.context.home)
            .map_err(|error| malformed(protocol, iot::error::fault(&error)))?;
        Ok(Asked::Operation {
            row: row.action,
            prepared,
        })
    }

    fn route_query(
        &self,
        service: Service,
        table: &'static [QueryRow],
        version: &str,
        received: &Received<'_>,
        body: &Bytes,
    ) -> Result<Asked, Refusal> {
        let protocol = service.protocol();
        let call = query_xml::input(body, received.query())
            .map_err(|error| unreadable(protocol, &error))?;
        let row = find_query(table, &call.action).filter(|_| call.version == version);
        let Some(row) = row else {
            let text = format!(
                "Could not find operation {} for version {}",
                call.action, call.version
            );
            let fault = Fault::new(StatusCode::BAD_REQUEST, "InvalidAction", text);
            return Err(malformed(protocol, fault));
        };
        let prepared = (row.prepare)(call.input, &self.context.home)
            .map_err(|error| malformed(protocol, fault_of(service, &error)))?;
        Ok(Asked::Operation {
            row: row.action,
            prepared,
        })
    }

    async fn route_tables(&self, head: &Parts, body: &Bytes) -> Result<Asked, Refusal> {
        let protocol = Protocol::Json10;
        let (service, name) =
            json_1_0::target(&head.headers).map_err(|error| unreadable(protocol, &error))?;
        let Some(operation) = gateway::Operation::from_target(service, name) else {
            let code = "com.amazon.coral.service#UnknownOperationException";
            let fault = Fault::new(StatusCode::BAD_REQUEST, code, "");
            return Err(malformed(protocol, fault));
        };
        let classified = gateway::classify(operation, body, &self.tables).await;
        classified
            .map(Asked::Tables)
            .map_err(|fault| malformed(protocol, fault))
    }

    /// Authorises an operation of the control plane and carries it out.
    async fn operate(
        &self,
        service: Service,
        prepared: Prepared,
        caller: &Caller,
        facts: &RequestFacts,
        trail: &mut Trail,
    ) -> Result<Response<Answer>, Refusal> {
        let protocol = service.protocol();
        let context = &*self.context;
        let name = prepared.name;
        let unresolved = |error| failed(protocol, fault_of(service, &error));
        match &prepared.demands {
            Demands::All(demands) => self.allow(protocol, caller, demands, facts, trail)?,
            Demands::OnPrincipal(demand) => {
                let demand = resolve(demand, context, caller).await.map_err(unresolved)?;
                self.allow(protocol, caller, &[demand], facts, trail)?;
            }
            Demands::Nothing(why) => {
                let reason = Reason::new(Check::Request, *why);
                self.write(trail, Verdict::Allow, None, reason)
                    .map_err(|()| unavailable(protocol))?;
            }
            // The operation decides, explains and refuses; what it gives out is written below.
            Demands::TrustPolicy => {}
        }
        let by_trust = matches!(prepared.demands, Demands::TrustPolicy);
        let output = prepared
            .run(Call {
                context,
                caller,
                facts,
            })
            .await
            .map_err(|error| {
                log(&error, trail);
                let fault = fault_of(service, &error);
                let reason = match error {
                    Error::Refused { reason, .. } => Some(reason),
                    Error::Denied(text) => Some(Reason::new(Check::Request, text)),
                    _ => None,
                };
                Refusal {
                    protocol,
                    fault,
                    reason,
                }
            })?;
        if by_trust {
            let reason = Reason::new(
                Check::TrustPolicy,
                "the role's trust policy and the caller's policies allow it",
            );
            self.write(trail, Verdict::Allow, None, reason)
                .map_err(|()| unavailable(protocol))?;
        }
        Ok(render(protocol, name, &output, trail.request_id()))
    }

    fn allow(
        &self,
        protocol: Protocol,
        caller: &Caller,
        demands: &[Demand],
        facts: &RequestFacts,
        trail: &mut Trail,
    ) -> Result<(), Refusal> {
        trail.demands(demands);
        match authorize(caller, demands, facts) {
            Decision::Allowed(reason) => self
                .write(trail, Verdict::Allow, None, reason)
                .map_err(|()| unavailable(protocol)),
            Decision::Denied { message, reason } => Err(Refusal {
                protocol,
                fault: thingpass_wire::error::access_denied(&protocol, message),
                reason: Some(reason),
            }),
        }
    }

    fn refuse(&self, refusal: &Refusal, trail: &Trail) -> Response<Answer> {
        let Refusal {
            protocol,
            fault,
            reason,
        } = refusal;
        if let Some(reason) = reason {
            let answer = Some((fault.status, fault.bare_code()));
            if self
                .write(trail, Verdict::Deny, answer, reason.clone())
                .is_err()
            {
                return bare(StatusCode::SERVICE_UNAVAILABLE);
            }
        }
        let response = thingpass_wire::error::response(protocol, fault, trail.request_id());
        response.map(Answer::from)
    }

    /// Writes the decision down; what cannot be written down does not happen.
    fn write(
        &self,
        trail: &Trail,
        verdict: Verdict,
        answer: Option<(StatusCode, &str)>,
        reason: Reason,
    ) -> Result<(), ()> {
        let event = trail.event(verdict, answer, reason);
        self.audit
            .record(&event)
            .map_err(|error| log(&error, trail))
    }
}

fn log(error: &Error, trail: &Trail) {
    if let Some(inside) = error.inside() {
        tracing::error!(request_id = trail.request_id(), inside, "request failed");
    }
}

/// What a load balancer asks, as of DynamoDB.
fn is_health_check(head: &Parts) -> bool {
    head.method == Method::GET
        && head.uri.path() == "/"
        && head.uri.query().is_none()
        && !head.headers.contains_key(http::header::AUTHORIZATION)
}

fn target(head: &Parts) -> &str {
    head.uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str)
}

fn received<'a>(head: &'a Parts, target: &'a str) -> Received<'a> {
    Received {
        method: head.method.as_str(),
        target,
        headers: &head.headers,
        host: head.uri.authority().map(http::uri::Authority::as_str),
    }
}

fn text_header(head: &Parts, name: &str) -> Option<String> {
    head.headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn request_id_for(protocol: Protocol, random: [u8; 32]) -> String {
    match protocol {
        Protocol::Json10 => request_id::long_form(random),
        Protocol::RestJson | Protocol::Query { .. } => {
            let (head, _) = random.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
            request_id::uuid_form(*head)
        }
    }
}

fn fault_of(service: Service, error: &Error) -> Fault {
    match service {
        Service::Iot | Service::DynamoDb => iot::error::fault(error),
        Service::Iam => iam::error::fault(error),
        Service::Sts => sts::error::fault(error),
    }
}

fn unauthenticated(protocol: Protocol, error: Unauthenticated) -> Refusal {
    match error {
        Unauthenticated::Refused(failure, reason) => Refusal {
            protocol,
            fault: thingpass_wire::error::auth_fault(&protocol, &failure),
            reason: Some(reason),
        },
        Unauthenticated::Failed(error) => {
            let inside = error.inside().unwrap_or_default();
            tracing::error!(inside, "the caller could not be looked up");
            let reason = Reason::new(Check::Server, error.to_string());
            Refusal {
                reason: Some(reason),
                ..unavailable(protocol)
            }
        }
    }
}

fn unknown_service(protocol: Protocol, service: &str) -> Refusal {
    let service: String = service.chars().take(64).collect();
    let text = format!(
        "Credential should be scoped to correct service: 'iot', 'iam', 'sts' or 'dynamodb', not \
         '{service}'."
    );
    unauthenticated(
        protocol,
        Unauthenticated::from(sigv4::AuthError::InvalidSignature(text)),
    )
}

fn body_refusal(protocol: Protocol, error: BodyFault) -> Refusal {
    let (status, code) = match error {
        BodyFault::TooLarge(_) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLargeException",
        ),
        BodyFault::TooSlow(_) => (StatusCode::REQUEST_TIMEOUT, "RequestTimeoutException"),
        BodyFault::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailableException",
        ),
        BodyFault::Broken => (StatusCode::BAD_REQUEST, "IncompleteBodyException"),
    };
    malformed(protocol, Fault::new(status, code, error.to_string()))
}

fn unreadable(protocol: Protocol, error: &SerializationError) -> Refusal {
    malformed(
        protocol,
        thingpass_wire::error::serialization_fault(&protocol, error),
    )
}

/// A request that asks for nothing that could be decided about: refused, and written down.
fn malformed(protocol: Protocol, fault: Fault) -> Refusal {
    let text = if fault.message.is_empty() {
        fault.bare_code()
    } else {
        &fault.message
    };
    let reason = Reason::new(Check::Request, text);
    Refusal {
        protocol,
        fault,
        reason: Some(reason),
    }
}

/// An allowed request that failed as it was carried out.
fn failed(protocol: Protocol, fault: Fault) -> Refusal {
    Refusal {
        protocol,
        fault,
        reason: None,
    }
}

/// The same from the tables, whose errors have members of their own.
fn table_failure(fault: TableFault, request_id: &str) -> Response<Answer> {
    let body = fault.body.clone();
    let response =
        thingpass_wire::error::response(&Protocol::Json10, &fault.into_fault(), request_id);
    response.map(|_| Answer::new(body))
}

fn unavailable(protocol: Protocol) -> Refusal {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let text = "The service is unavailable for the moment: try again";
    failed(
        protocol,
        Fault::new(status, "ServiceUnavailableException", text),
    )
}

fn render(protocol: Protocol, name: &str, output: &Value, request_id: &str) -> Response<Answer> {
    match protocol {
        Protocol::Query { xmlns } => {
            let xml = query_xml::output(name, xmlns, output, request_id);
            success(xml.into(), "text/xml", request_id)
        }
        Protocol::RestJson | Protocol::Json10 => {
            let text = if is_empty(output) {
                "{}".to_owned()
            } else {
                output.to_string()
            };
            success(text.into(), "application/json", request_id)
        }
    }
}

fn success(body: Bytes, content_type: &'static str, request_id: &str) -> Response<Answer> {
    let mut response = Response::new(Answer::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    response
}

fn bare(status: StatusCode) -> Response<Answer> {
    let mut response = Response::new(Answer::default());
    *response.status_mut() = status;
    response
}
