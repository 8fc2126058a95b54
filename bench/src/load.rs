//! The closed loop: so many connections, each asking again as soon as it is answered.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http::Method;
use tokio::task::JoinSet;

use crate::client::{Client, Connection, Reply};
use crate::process::Server;
use crate::record;
use crate::round::Outcome;
use crate::signed::Signer;

/// What to ask whom, and how.
pub(crate) struct Load {
    /// Opens the connections.
    pub(crate) client: Client,
    /// Where the server listens.
    pub(crate) port: u16,
    /// Whether each request has a connection of its own.
    pub(crate) is_fresh: bool,
    /// Connections at a time.
    pub(crate) connections: usize,
    /// What is asked.
    pub(crate) requests: Requests,
    /// What must be answered.
    pub(crate) expected: Expected,
}

/// What is asked.
pub(crate) enum Requests {
    /// The same each time.
    Constant(Vec<u8>),
    /// A new record each time, signed.
    Puts {
        /// The device.
        signer: Box<Signer>,
        /// Number of the next record.
        next: AtomicU64,
    },
}

impl Requests {
    fn next(&self) -> Result<Cow<'_, [u8]>> {
        match self {
            Self::Constant(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Puts { signer, next } => {
                let body = record::body(next.fetch_add(1, Ordering::Relaxed));
                let headers = [
                    ("content-type", "application/x-amz-json-1.0"),
                    ("x-amz-target", "DynamoDB_20120810.PutItem"),
                ];
                Ok(Cow::Owned(signer.request(
                    "dynamodb",
                    &Method::POST,
                    "/",
                    &headers,
                    &body,
                )?))
            }
        }
    }
}

/// What a good answer looks like; anything else ends the run.
pub(crate) enum Expected {
    /// These bytes and no others.
    Body(String),
    /// Credentials.
    Credentials,
}

impl Expected {
    fn check(&self, reply: &Reply<'_>) -> Result<()> {
        let is_good = match self {
            Self::Body(body) => reply.body == body.as_bytes(),
            Self::Credentials => reply
                .body
                .starts_with(b"{\"credentials\":{\"accessKeyId\":\"ASIA"),
        };
        let body = String::from_utf8_lossy(reply.body);
        ensure!(
            reply.status == 200 && is_good,
            "unexpected answer: {} {body}",
            reply.status
        );
        Ok(())
    }
}

/// Puts the load on a server: first to warm up, then measured.
pub(crate) async fn measure(
    load: &Arc<Load>,
    server: &Server,
    warm_up: f64,
    seconds: f64,
) -> Result<Outcome> {
    let asked = load.client.asked();
    let state = Arc::new(State::default());
    let mut tasks = JoinSet::new();
    for _ in 0..load.connections {
        tasks.spawn(ask(Arc::clone(load), Arc::clone(&state)));
    }
    tasks.spawn(stay_awake(Arc::clone(&state)));
    wait(&mut tasks, warm_up).await?;
    let (answered, before, began) = (state.answered(), server.cpu()?, Instant::now());
    wait(&mut tasks, seconds).await?;
    let answered = state.answered() - answered;
    let (cpu, elapsed) = (server.cpu()?.since(&before), began.elapsed());
    state.is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    if load.is_fresh {
        let asked = load.client.asked() - asked;
        ensure!(
            asked >= state.answered(),
            "not every handshake asked for a certificate"
        );
    }
    let answered = u32::try_from(answered).context("too many answers")?;
    Outcome::new(
        f64::from(answered),
        cpu.as_secs_f64(),
        elapsed.as_secs_f64(),
    )
}

/// Opens connections, asks once on each, and keeps them.
pub(crate) async fn open(load: &Load, count: usize) -> Result<Vec<Connection>> {
    let mut open = Vec::with_capacity(count);
    for _ in 0..count {
        let mut connection = load.client.connect(load.port).await?;
        let reply = connection.exchange(&load.requests.next()?).await?;
        load.expected.check(&reply)?;
        open.push(connection);
    }
    Ok(open)
}

#[derive(Default)]
struct State {
    answered: AtomicU64,
    is_over: AtomicBool,
}

impl State {
    fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

async fn ask(load: Arc<Load>, state: Arc<State>) -> Result<()> {
    let mut standing: Option<Connection> = None;
    while !state.is_over.load(Ordering::Relaxed) {
        let mut connection = match standing.take() {
            Some(connection) => connection,
            None => load.client.connect(load.port).await?,
        };
        let reply = connection.exchange(&load.requests.next()?).await?;
        load.expected.check(&reply)?;
        state.answered.fetch_add(1, Ordering::Relaxed);
        if load.is_fresh {
            connection.close().await;
        } else {
            standing = Some(connection);
        }
    }
    if let Some(connection) = standing {
        connection.close().await;
    }
    Ok(())
}

/// Keeps this process from sleeping: waking it would cost a server that it waits for CPU time, and a
/// server that keeps it busy none.
async fn stay_awake(state: Arc<State>) -> Result<()> {
    while !state.is_over.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Waits, unless the load ends before: then it failed.
async fn wait(tasks: &mut JoinSet<Result<()>>, seconds: f64) -> Result<()> {
    tokio::select! {
        // How long the case runs: this is what is measured, not a wait for something.
        () = tokio::time::sleep(Duration::from_secs_f64(seconds)) => Ok(()),
        ended = tasks.join_next() => {
            if let Some(ended) = ended {
                ended??;
            }
            bail!("the load ended early")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_another_status_or_body_is_refused() {
        let expected = Expected::Body("{}".to_owned());
        assert!(
            expected
                .check(&Reply {
                    status: 200,
                    body: b"{}"
                })
                .is_ok()
        );
        assert!(
            expected
                .check(&Reply {
                    status: 403,
                    body: b"{}"
                })
                .is_err()
        );
        assert!(
            expected
                .check(&Reply {
                    status: 200,
                    body: b""
                })
                .is_err()
        );
        assert!(
            Expected::Credentials
                .check(&Reply {
                    status: 200,
                    body: b"{}"
                })
                .is_err()
        );
    }
}
