//! Serves a connection to its end, which comes early where the peer leaves answers untaken, where it
//! asks nothing over HTTP/2, and where the daemon stops and no request is in flight.
//!
//! Over HTTP/1.1 the time for a request's head ends who asks nothing; HTTP/2 has none, and a peer that
//! only answers pings would hold its place for good.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper_util::server::graceful::GracefulConnection;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};

use super::activity::Activity;

/// For what a peer has sent before it knows that the daemon stops, and for the last bytes to it.
const STOPPING_GRACE: Duration = Duration::from_millis(500);

/// Why a connection was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// An answer was not taken in time.
    Untaken,
    /// Nothing was asked.
    Quiet,
}

/// Serves `connection`: gives its outcome, or why it was ended. `idle` is how long it may be without a
/// request in flight. Keeps `stop` until then.
pub(super) async fn watch<C: GracefulConnection>(
    connection: C,
    activity: &Activity,
    idle: Option<Duration>,
    stop: &mut watch::Receiver<bool>,
) -> Result<C::Output, Ended> {
    let mut connection = pin!(connection);
    let mut stop = pin!(stop.wait_for(|stop| *stop));
    let mut quiet = Quiet::new(activity, idle);
    let mut timer: Option<Pin<Box<Sleep>>> = None;
    let mut is_stopping = false;
    poll_fn(|cx| {
        if !is_stopping && stop.as_mut().poll(cx).is_ready() {
            is_stopping = true;
            quiet = Quiet::new(activity, Some(STOPPING_GRACE));
            connection.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(outcome) = connection.as_mut().poll(cx) {
            return Poll::Ready(Ok(outcome));
        }
        loop {
            let end = match (activity.deadline(), quiet.end(activity)) {
                (None, None) => {
                    timer = None;
                    return Poll::Pending;
                }
                (Some(untaken), Some(quiet)) if untaken > quiet => (quiet, Ended::Quiet),
                (None, Some(quiet)) => (quiet, Ended::Quiet),
                (Some(untaken), _) => (untaken, Ended::Untaken),
            };
            let (at, why) = end;
            if at <= Instant::now() {
                return Poll::Ready(Err(why));
            }
            ready!(reached(&mut timer, at, cx));
        }
    })
    .await
}

/// Whether a time may have been reached. A later one than before costs nothing: it is looked at anew
/// when the earlier one has come.
fn reached(timer: &mut Option<Pin<Box<Sleep>>>, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
    let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
    if timer.is_elapsed() || timer.deadline() > at {
        timer.as_mut().reset(at);
    }
    timer.as_mut().poll(cx)
}

/// Since when nothing has been in flight.
struct Quiet {
    limit: Option<Duration>,
    since: Instant,
    begun: u64,
    was_busy: bool,
}

impl Quiet {
    fn new(activity: &Activity, limit: Option<Duration>) -> Self {
        Self {
            limit,
            since: Instant::now(),
            begun: activity.begun(),
            was_busy: false,
        }
    }

    /// When it will have been too long, should nothing begin until then.
    fn end(&mut self, activity: &Activity) -> Option<Instant> {
        let limit = self.limit?;
        let (begun, is_busy) = (activity.begun(), activity.is_busy());
        if is_busy || self.was_busy || begun != self.begun {
            self.since = Instant::now();
        }
        (self.begun, self.was_busy) = (begun, is_busy);
        Some(self.since + limit)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::{BodyExt, Empty};
    use hyper::body::{Bytes, Incoming};
    use hyper::client::conn::http2::SendRequest;
    use hyper::service::Service;
    use hyper::{Request, Response};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::{Mutex, mpsc, watch as channel};
    use tokio::task::JoinHandle;

    use super::super::UNTAKEN_TIMEOUT;
    use super::super::activity::Watched;
    use super::*;
    use crate::body::Answer;

    const IDLE: Duration = Duration::from_mins(5);

    /// Serves HTTP/2; each request is answered when `answer` says so.
    struct Served {
        stop: channel::Sender<bool>,
        answer: mpsc::UnboundedSender<Vec<u8>>,
        end: JoinHandle<Result<(), Ended>>,
    }

    struct Answers(Arc<Mutex<mpsc::UnboundedReceiver<Vec<u8>>>>);

    impl Service<Request<Incoming>> for Answers {
        type Response = Response<Answer>;
        type Error = std::convert::Infallible;
        type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

        fn call(&self, _: Request<Incoming>) -> Self::Future {
            let answers = Arc::clone(&self.0);
            Box::pin(async move {
                let bytes = answers.lock().await.recv().await.unwrap();
                Ok(Response::new(Answer::new(bytes)))
            })
        }
    }

    fn serve() -> (Served, DuplexStream) {
        let (here, there) = duplex(64 * 1024);
        let (stop, mut stopping) = channel::channel(false);
        let (answer, answers) = mpsc::unbounded_channel::<Vec<u8>>();
        let answers = Arc::new(Mutex::new(answers));
        let activity = Arc::new(Activity::default());
        let service = Watched {
            service: Answers(answers),
            activity: Arc::clone(&activity),
            is_http_2: true,
        };
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(here), service);
        let end = tokio::spawn(async move {
            let served = watch(connection, &activity, Some(IDLE), &mut stopping).await;
            served.map(|_| ())
        });
        (Served { stop, answer, end }, there)
    }

    async fn client(stream: DuplexStream) -> SendRequest<Empty<Bytes>> {
        let io = TokioIo::new(stream);
        let (client, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_quiet_only_while_no_request_is_in_flight() {
        let (mut served, stream) = serve();
        let mut client = client(stream).await;
        let answered = tokio::spawn(client.send_request(Request::new(Empty::new())));
        let early = tokio::time::timeout(IDLE * 3, &mut served.end).await;
        assert!(early.is_err(), "a request is in flight");
        served.answer.send(b"x".to_vec()).unwrap();
        let body = answered.await.unwrap().unwrap().into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "x");
        let begin = Instant::now();
        assert_eq!(served.end.await.unwrap(), Err(Ended::Quiet));
        assert!(begin.elapsed() >= IDLE && begin.elapsed() < IDLE * 2);
    }

    /// A peer that writes frames and takes nothing but what is said about the connection itself.
    async fn shut_window(stream: &mut DuplexStream) {
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let settings = b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0";
        let get = b"\0\0\x03\x01\x05\0\0\0\x01\x82\x87\x84";
        for part in [&preface[..], settings, get] {
            stream.write_all(part).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_behind_a_shut_window_ends_the_connection() {
        let (served, mut stream) = serve();
        shut_window(&mut stream).await;
        served.answer.send(vec![b'x'; 1_000_000]).unwrap();
        let begin = Instant::now();
        assert_eq!(served.end.await.unwrap(), Err(Ended::Untaken));
        assert!(begin.elapsed() < UNTAKEN_TIMEOUT * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_what_is_quiet_and_waits_for_what_is_in_flight() {
        let (quiet, stream) = serve();
        let (mut busy, other) = serve();
        let mut client = client(other).await;
        let answered = tokio::spawn(client.send_request(Request::new(Empty::new())));
        let begin = Instant::now();
        quiet.stop.send_replace(true);
        // The peer answers no ping.
        quiet.end.await.unwrap().unwrap_err();
        assert!(begin.elapsed() < STOPPING_GRACE * 2);
        drop(stream);
        busy.stop.send_replace(true);
        let early = tokio::time::timeout(STOPPING_GRACE * 10, &mut busy.end).await;
        assert!(early.is_err(), "a request is in flight");
        busy.answer.send(b"x".to_vec()).unwrap();
        assert_eq!(answered.await.unwrap().unwrap().status(), 200);
        let begin = Instant::now();
        busy.end.await.unwrap().ok();
        assert!(begin.elapsed() <= STOPPING_GRACE * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_only_says_hello_is_ended() {
        let (served, mut stream) = serve();
        stream
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
            .await
            .unwrap();
        assert_eq!(served.end.await.unwrap(), Err(Ended::Quiet));
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        assert!(!said.is_empty());
    }
}
