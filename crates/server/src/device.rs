//! The device door: mutual TLS, one request.

pub mod credentials;
pub mod verifier;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Response};
use thingpass_domain::id::CertificateId;

use crate::body::Answer;
use crate::listen::Door;
use credentials::CredentialsEndpoint;

/// Who stands at the door: what the handshake proved, and which name was asked for.
#[derive(Debug)]
pub struct Peer {
    /// The certificate whose key the client holds; `None` where it showed none.
    pub certificate_id: Option<CertificateId>,
    /// The server name that it asked for.
    pub server_name: Option<Box<str>>,
    /// Where it is.
    pub address: SocketAddr,
}

impl Door for CredentialsEndpoint {
    type Service = Connection;

    fn connect(
        self: &Arc<Self>,
        address: SocketAddr,
        tls: &rustls::ServerConnection,
    ) -> Connection {
        let leaf = tls.peer_certificates().and_then(|chain| chain.first());
        let peer = Peer {
            certificate_id: leaf
                .map(|leaf| CertificateId::from_fingerprint(thingpass_pki::fingerprint(leaf))),
            server_name: tls.server_name().map(Box::from),
            address,
        };
        Connection {
            endpoint: Arc::clone(self),
            peer: Arc::new(peer),
        }
    }
}

/// One device's connection.
#[derive(Debug)]
pub struct Connection {
    endpoint: Arc<CredentialsEndpoint>,
    peer: Arc<Peer>,
}

impl Service<Request<Incoming>> for Connection {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Answer>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        // The body, should there be one, is not read: the answer does not depend on it.
        let (head, _) = request.into_parts();
        let (endpoint, peer) = (Arc::clone(&self.endpoint), Arc::clone(&self.peer));
        Box::pin(async move { Ok(endpoint.answer(&peer, &head).await) })
    }
}
