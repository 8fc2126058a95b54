//! A connection to the device endpoint: TCP, TLS, HTTP/1.1.

use super::{FetchError, Identity, tls_failure};
use crate::config::Config;
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::io;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// An open connection, driven by a task of its own.
pub(super) struct Connection<'a> {
    config: &'a Config,
    sender: SendRequest<Empty<Bytes>>,
    driver: JoinHandle<Result<(), hyper::Error>>,
}

impl<'a> Connection<'a> {
    /// Connects to the first address of the endpoint that answers, and greets it.
    pub(super) async fn open(config: &'a Config, identity: &Identity) -> Result<Self, FetchError> {
        let tcp = tcp(config).await?;
        let tls = TlsConnector::from(identity.tls())
            .connect(config.endpoint.server_name(), tcp)
            .await
            .map_err(|error| tls_failure::explain(config, &error))?;
        let (sender, connection) = http1::handshake(TokioIo::new(tls))
            .await
            .map_err(|error| tls_failure::explain(config, &error))?;
        Ok(Self {
            config,
            sender,
            driver: tokio::spawn(connection),
        })
    }

    /// Sends the request and reads the head of the answer.
    pub(super) async fn send(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> Result<Response<Incoming>, FetchError> {
        let error = match self.sender.send_request(request).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        // With TLS 1.3 a refused client certificate shows only now, and it may be the driver that saw it.
        if tls_failure::cause(&error).is_none()
            && let Ok(Err(seen)) = (&mut self.driver).await
        {
            return Err(tls_failure::explain(self.config, &seen));
        }
        Err(tls_failure::explain(self.config, &error))
    }
}

async fn tcp(config: &Config) -> Result<TcpStream, FetchError> {
    let endpoint = &config.endpoint;
    let addresses = lookup_host((endpoint.host(), endpoint.port()))
        .await
        .map_err(|_| {
            FetchError::outage(
                format!("the name `{}` cannot be resolved", endpoint.host()),
                "check --endpoint and this device's name server",
            )
        })?;
    // An address that swallows packets must leave time for the next one.
    let share = config.timeout.as_duration() / 3;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(FetchError::outage(
        format!("cannot connect to `{endpoint}`: {}", last.kind()),
        "check that the server runs and that the network lets its port through",
    ))
}
