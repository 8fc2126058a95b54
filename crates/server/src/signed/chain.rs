//! The way of every signed request, in order: limits, identity, routing, authorisation, audit,
//! handling. There is one way, and no way round it.

use std::net::SocketAddr;
use std::sync::Arc;

use http::request::Parts;
use http::{Method, StatusCode};
use hyper::body::{Body, Incoming};
use hyper::{Request, Response};
use thingpass_domain::audit::{AuditLog, Check, Decision as Verdict, Reason};
use thingpass_domain::authorize::{Decision, Demand, RequestFacts, authorize};
use thingpass_domain::caller::{Caller, CallerDirectory};
use thingpass_domain::entropy;
use thingpass_domain::error::Error;
use thingpass_wire::error::Protocol;
use thingpass_wire::request_id;
use thingpass_wire::sigv4::{self, Received};

use crate::api::operation::{Call, Context, Demands, Prepared};
use crate::api::resolve::resolve;
use crate::body::{Answer, AnswerMemory, BodyReader};
use crate::gateway::{Classified, TableFault, Tables};
use crate::signed::answer::{pages, render, render_fault, table_failure, table_success};
use crate::signed::ask::{Asked, check_table_call};
use crate::signed::authenticate::{Unauthenticated, authenticate, check_claim, recognise};
use crate::signed::refusal::{
    Refusal, body_refusal, fault_of, malformed, unauthenticated, unavailable, unknown_service,
};
use crate::signed::route::{Service, presumed_protocol};
use crate::signed::signing_keys::SigningKeys;
use crate::signed::trail::Trail;

/// The door of all signed services.
pub struct ServiceDoor {
    /// What operations work with.
    pub context: Arc<Context>,
    /// Knows who signs.
    pub callers: CallerDirectory,
    /// What signatures are verified with.
    pub signing_keys: SigningKeys,
    /// The tables.
    pub tables: Arc<Tables>,
    /// Where decisions are written.
    pub audit: Arc<dyn AuditLog>,
    /// Reads bodies of the control plane within bounds.
    pub bodies: BodyReader,
    /// The same for the tables: neither can take the other's memory.
    pub table_bodies: BodyReader,
    /// Memory for answers of the control plane that are not taken yet.
    pub answers: AnswerMemory,
    /// The same for the tables.
    pub table_answers: AnswerMemory,
}

impl std::fmt::Debug for ServiceDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceDoor")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

impl ServiceDoor {
    /// Answers a request.
    pub async fn answer(
        &self,
        address: SocketAddr,
        request: Request<Incoming>,
    ) -> Response<Answer> {
        let (head, mut body) = request.into_parts();
        let region = &self.context.home.region;
        if is_health_check(&head) {
            return self.healthy();
        }
        let presumed = presumed_protocol(&head);
        let Ok(random) = entropy::bytes::<32>(&*self.context.entropy) else {
            return render_fault(presumed, &unavailable(presumed).fault, "");
        };
        let request_id = request_id_for(presumed, random);
        let now = self.context.clock.now();
        let account = &self.context.home.account;
        let target = target(&head).to_owned();
        let mut trail = Trail::new(request_id, now, address.ip(), account, &target);
        let facts = RequestFacts {
            source_ip: address.ip(),
            now,
            region: region.clone(),
            user_agent: text_header(&head, "user-agent"),
        };
        let walked = self.walk(&head, &target, &mut body, &facts, &mut trail);
        let response = match walked.await {
            Ok(response) => response,
            Err(refusal) => self.refuse(refusal, &trail).await,
        };
        if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return response.map(|answer| answer.over(body));
        }
        response
    }

    async fn walk(
        &self,
        head: &Parts,
        target: &str,
        body: &mut Incoming,
        facts: &RequestFacts,
        trail: &mut Trail,
    ) -> Result<Response<Answer>, Refusal> {
        let received = received(head, target);
        let presumed = presumed_protocol(head);
        let claim = sigv4::read(&received);
        let named = claim.as_ref().ok().and_then(|claim| {
            trail.claims(&claim.access_key_id);
            Service::of_scope(&claim.scope.service)
        });
        if let Some(service) = named {
            trail.asks(format!("{}:*", service.name()));
        }
        if named.map_or(presumed, Service::protocol) == Protocol::Json10 {
            if is_get_of_root(head) {
                return Ok(self.healthy());
            }
            check_table_call(head, !body.is_end_stream())?;
        }
        let claim =
            claim.map_err(|error| unauthenticated(presumed, Unauthenticated::from(error)))?;
        let Some(service) = named else {
            return Err(unknown_service(presumed, &claim.scope.service));
        };
        let protocol = service.protocol();
        let refuse = |error| unauthenticated(protocol, error);
        check_claim(&claim, &head.headers, service, &facts.region, facts.now).map_err(refuse)?;
        let recognised = recognise(&self.callers, &claim).map_err(refuse)?;
        let bodies = match service {
            Service::DynamoDb => &self.table_bodies,
            Service::Iot | Service::Iam | Service::Sts => &self.bodies,
        };
        let body = bodies
            .read(body, service.body_bytes_max())
            .await
            .map_err(|error| body_refusal(protocol, error))?;
        let digest = sigv4::payload_sha256(&body.bytes);
        let account = &self.context.home.account;
        let caller = authenticate(
            &self.callers,
            &self.signing_keys,
            recognised,
            &claim,
            &received,
            &digest,
            account,
        )
        .map_err(refuse)?;
        let caller = Arc::new(caller);
        trail.is(&caller);
        let asked = self.route(service, head, &received, &body.bytes).await?;
        match asked {
            Asked::Operation { row, prepared } => {
                trail.asks(row);
                self.operate(service, prepared, &caller, facts, trail).await
            }
            Asked::Tables(Classified { demands, request }) => {
                let reason = decide(protocol, &caller, demands, facts, trail)?;
                let allowed = self.audit.take(&trail.event(Verdict::Allow, None, reason));
                let allowed = allowed.map_err(|error| {
                    log(&error, trail);
                    unavailable(protocol)
                })?;
                let (request_id, answers) = (trail.request_id(), &self.table_answers);
                // Kept until the answer has its place.
                let _pages = match answers.begin(pages(request.operation())).await {
                    Ok(pages) => pages,
                    Err(no_place) => {
                        return Ok(table_failure(TableFault::busy(no_place), request_id));
                    }
                };
                Ok(match self.tables.execute(request, allowed).await {
                    Ok(answer) => table_success(answer, request_id, answers),
                    Err(fault) => table_failure(fault, request_id),
                })
            }
        }
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
        let unresolved = |error| malformed(protocol, fault_of(service, &error));
        let mut by_trust = false;
        match &prepared.demands {
            Demands::All(demands) => {
                self.allow(protocol, caller, demands.clone(), facts, trail)
                    .await?;
            }
            Demands::OnPrincipal(demand) => {
                let demand = resolve(demand, context, caller).await.map_err(unresolved)?;
                self.allow(protocol, caller, vec![demand], facts, trail)
                    .await?;
            }
            Demands::Nothing(why) => {
                let reason = Reason::new(Check::Request, *why);
                self.write(trail, Verdict::Allow, None, reason)
                    .await
                    .map_err(|()| unavailable(protocol))?;
            }
            // The operation decides, explains and refuses; what it gives out is written below.
            Demands::TrustPolicy { action, role } => {
                trail.demands(&[Demand::new(*action, role.as_str())]);
                by_trust = true;
            }
        }
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
                // An AssumeRole that fails for another reason has not been written down yet.
                let unwritten = || by_trust.then(|| Reason::new(Check::Request, error.to_string()));
                let reason = error.reason().cloned().or_else(unwritten);
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
                .await
                .map_err(|()| unavailable(protocol))?;
        }
        render(protocol, name, &output, trail.request_id(), &self.answers)
            .map_err(|_| unavailable(protocol))
    }

    async fn allow(
        &self,
        protocol: Protocol,
        caller: &Caller,
        demands: Vec<Demand>,
        facts: &RequestFacts,
        trail: &mut Trail,
    ) -> Result<(), Refusal> {
        let reason = decide(protocol, caller, demands, facts, trail)?;
        self.write(trail, Verdict::Allow, None, reason)
            .await
            .map_err(|()| unavailable(protocol))
    }

    async fn refuse(&self, refusal: Refusal, trail: &Trail) -> Response<Answer> {
        let Refusal {
            protocol,
            fault,
            reason,
        } = refusal;
        if let Some(reason) = reason {
            let answer = Some((fault.status, fault.bare_code()));
            if self
                .write(trail, Verdict::Deny, answer, reason)
                .await
                .is_err()
            {
                let fault = unavailable(protocol).fault;
                return render_fault(protocol, &fault, trail.request_id());
            }
        }
        render_fault(protocol, &fault, trail.request_id())
    }

    /// What a load balancer asks, as of DynamoDB.
    fn healthy(&self) -> Response<Answer> {
        let region = &self.context.home.region;
        Response::new(Answer::from(format!(
            "healthy: dynamodb.{region}.amazonaws.com "
        )))
    }

    /// Writes the decision down; what cannot be written down does not happen.
    async fn write(
        &self,
        trail: &Trail,
        verdict: Verdict,
        answer: Option<(StatusCode, &str)>,
        reason: Reason,
    ) -> Result<(), ()> {
        let event = trail.event(verdict, answer, reason);
        self.audit
            .record(&event)
            .await
            .map_err(|error| log(&error, trail))
    }
}

/// Why a request is allowed.
fn decide(
    protocol: Protocol,
    caller: &Caller,
    demands: Vec<Demand>,
    facts: &RequestFacts,
    trail: &mut Trail,
) -> Result<Reason, Refusal> {
    trail.demands(&demands);
    match authorize(caller, demands, facts) {
        Decision::Allowed(reason) => Ok(reason),
        Decision::Denied { message, reason } => Err(Refusal {
            protocol,
            fault: thingpass_wire::error::access_denied(&protocol, message),
            reason: Some(reason),
        }),
    }
}

fn log(error: &Error, trail: &Trail) {
    if let Some(inside) = error.inside() {
        tracing::error!(request_id = trail.request_id(), inside, "request failed");
    }
}

/// A `GET /` that is for no service in particular.
fn is_health_check(head: &Parts) -> bool {
    is_get_of_root(head)
        && head.uri.query().is_none()
        && !head.headers.contains_key(http::header::AUTHORIZATION)
}

fn is_get_of_root(head: &Parts) -> bool {
    head.method == Method::GET && head.uri.path() == "/"
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
