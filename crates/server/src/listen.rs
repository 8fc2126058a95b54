//! The accept loop: connections are counted, hand-shaken within a time, served, and drained when
//! the daemon stops.

mod activity;
mod outgoing;
pub mod tls;
mod watch;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch as channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::body::Answer;
use crate::config::Limits;
use activity::{Activity, Watched};

/// Bytes of a request's head: AWS's session tokens fit several times.
const HEAD_BYTES_MAX: usize = 32 * 1024;
const STREAMS_MAX: u32 = 16;
/// Bytes of an answer that HTTP/2 takes in before it has sent those before.
const SEND_BYTES_MAX: usize = 64 * 1024;
/// How long the peer may leave what was sent to it untaken.
const UNTAKEN_TIMEOUT: Duration = Duration::from_secs(30);

/// A door: makes the service of a connection.
pub trait Door: Send + Sync + 'static {
    /// Serves one connection's requests.
    type Service: Service<
            Request<Incoming>,
            Response = Response<Answer>,
            Error = std::convert::Infallible,
            Future: Send + Unpin + 'static,
        > + Send
        + 'static;

    /// The service of a connection whose TLS handshake is done.
    fn connect(self: &Arc<Self>, peer: SocketAddr, tls: &rustls::ServerConnection)
    -> Self::Service;
}

/// Binds a door. What is set on it holds for the connections that it accepts: answers leave at once,
/// and a peer that does not take them is given up by the kernel.
///
/// # Errors
/// What the system says.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    let socket = socket2::SockRef::from(&listener);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_user_timeout(Some(UNTAKEN_TIMEOUT))?;
    Ok(listener)
}

/// Accepts connections until `stop` resolves, then lets the requests in flight finish.
pub async fn listen<D: Door>(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    door: Arc<D>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let (stop_connections, stopping) = channel::channel(false);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: those that end make room.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!(%peer, "max_connections are open: the connection is closed");
            continue;
        };
        let (door, mut stopping) = (Arc::clone(&door), stopping.clone());
        let (acceptor, limits) = (acceptor.clone(), limits.clone());
        tokio::spawn(async move {
            // In a box, so that a connection is not as large as its handshake for the rest of its life.
            let handshake = Box::pin(handshake(
                stream,
                acceptor,
                limits.handshake_timeout_seconds,
                stopping.clone(),
            ));
            if let Some(stream) = handshake.await {
                let service = door.connect(peer, stream.get_ref().1);
                serve(stream, service, &limits, &mut stopping).await;
            }
            drop(place);
        });
    }
    drop((listener, stopping));
    stop_connections.send_replace(true);
    // Connections without a request in flight are gone at once: those that stay have one.
    let patience = Duration::from_secs(limits.shutdown_timeout_seconds);
    let drained = stop_connections.closed();
    if tokio::time::timeout(patience, drained).await.is_err() {
        tracing::warn!(
            connections = stop_connections.receiver_count(),
            "requests were still in flight after shutdown_timeout_seconds"
        );
    }
}

async fn handshake(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    seconds: u64,
    mut stopping: channel::Receiver<bool>,
) -> Option<Box<TlsStream<TcpStream>>> {
    let accepted = tokio::time::timeout(Duration::from_secs(seconds), acceptor.accept(stream));
    let accepted = tokio::select! {
        biased;
        accepted = accepted => accepted,
        _ = stopping.wait_for(|stopping| *stopping) => return None,
    };
    match accepted {
        Ok(Ok(stream)) => Some(Box::new(stream)),
        Ok(Err(error)) => {
            tracing::debug!(%error, "TLS handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!("TLS handshake took too long");
            None
        }
    }
}

async fn serve<S>(
    stream: Box<TlsStream<TcpStream>>,
    service: S,
    limits: &Limits,
    stopping: &mut channel::Receiver<bool>,
) where
    S: Service<
            Request<Incoming>,
            Response = Response<Answer>,
            Error = std::convert::Infallible,
            Future: Send + Unpin + 'static,
        > + Send
        + 'static,
{
    let head_timeout = Duration::from_secs(limits.head_timeout_seconds);
    let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(tls::HTTP_2);
    let io = TokioIo::new(stream);
    let activity = Arc::new(Activity::default());
    let service = Watched {
        service,
        activity: Arc::clone(&activity),
        is_http_2,
    };
    let served = if is_http_2 {
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX))
            .max_send_buf_size(SEND_BYTES_MAX)
            .keep_alive_interval(head_timeout)
            .keep_alive_timeout(head_timeout)
            .serve_connection(io, service);
        // In a box: the rare HTTP/2 connection shall not make every other one larger.
        let idle = Some(head_timeout);
        Box::pin(watch::watch(connection, &activity, idle, stopping)).await
    } else {
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_timeout)
            // At most a hundred headers, as hyper has it unless told: telling it costs time.
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(io, service);
        watch::watch(connection, &activity, None, stopping).await
    };
    match served {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "connection ended"),
        Err(why) => tracing::debug!(?why, "connection ended by the server"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_set_on_a_door_holds_for_its_connections() {
        let listener = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, _client) = tokio::join!(listener.accept(), client);
        let (stream, _) = accepted.unwrap();
        let socket = socket2::SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNTAKEN_TIMEOUT));
    }
}
