//! The service door: every request is signed, whatever service it is for.

mod answer;
mod ask;
pub mod authenticate;
pub mod chain;
mod refusal;
pub mod route;
pub mod signing_keys;
pub mod trail;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Response};

use crate::body::Answer;
use crate::listen::Door;
use chain::ServiceDoor;

impl Door for ServiceDoor {
    type Service = Connection;

    fn connect(self: &Arc<Self>, address: SocketAddr, _: &rustls::ServerConnection) -> Connection {
        Connection {
            door: Arc::clone(self),
            address,
        }
    }
}

/// One client's connection.
#[derive(Debug)]
pub struct Connection {
    door: Arc<ServiceDoor>,
    address: SocketAddr,
}

impl Service<Request<Incoming>> for Connection {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Answer>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (door, address) = (Arc::clone(&self.door), self.address);
        Box::pin(async move { Ok(door.answer(address, request).await) })
    }
}
