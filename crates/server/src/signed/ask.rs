//! What a request asks for: the operation is found and its input read.

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use thingpass_wire::error::{Fault, Protocol};
use thingpass_wire::sigv4::Received;
use thingpass_wire::{json_1_0, query_xml, rest_json};

use crate::api::dispatch::{QueryRow, find_query, find_rest};
use crate::api::operation::Prepared;
use crate::api::{iam, iot, sts};
use crate::gateway::{self, Classified};
use crate::signed::chain::ServiceDoor;
use crate::signed::refusal::{Refusal, fault_of, malformed, unreadable};
use crate::signed::route::Service;

/// What a request turned out to ask for.
pub(super) enum Asked {
    Operation {
        row: &'static str,
        prepared: Prepared,
    },
    Tables(Classified),
}

impl ServiceDoor {
    /// Finds the operation and reads its input.
    pub(super) async fn route(
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
        let operation = table_operation(head)?;
        let classified = gateway::classify(operation, body, &self.tables).await;
        classified
            .map(Asked::Tables)
            .map_err(|fault| malformed(Protocol::Json10, fault))
    }
}

/// What DynamoDB looks at before it asks who sent a request: its method, its media type, and
/// whether there is such an operation.
pub(super) fn check_table_call(head: &Parts, has_body: bool) -> Result<(), Refusal> {
    if !json_1_0::is_call(&head.method, &head.headers, has_body) {
        return Err(malformed(Protocol::Json10, json_1_0::no_call()));
    }
    table_operation(head).map(drop)
}

fn table_operation(head: &Parts) -> Result<gateway::Operation, Refusal> {
    let protocol = Protocol::Json10;
    let (service, name) =
        json_1_0::target(&head.headers).map_err(|error| unreadable(protocol, &error))?;
    gateway::Operation::from_target(service, name).ok_or_else(|| {
        let code = "com.amazon.coral.service#UnknownOperationException";
        malformed(protocol, Fault::new(StatusCode::BAD_REQUEST, code, ""))
    })
}
