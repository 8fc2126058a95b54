//! What goes on on a connection: the requests in flight, and the answers that the peer has not taken.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use hyper::Response;
use hyper::service::Service;
use tokio::time::Instant;

use super::UNTAKEN_TIMEOUT;
use super::outgoing::Outgoing;
use crate::body::Answer;

/// What goes on on a connection.
#[derive(Debug, Default)]
pub(super) struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
    /// How many deadlines there are, to be asked without the lock.
    waiting: AtomicUsize,
    /// By when the peer must have taken what waits for it.
    deadlines: Mutex<Vec<Instant>>,
}

impl Activity {
    /// How often something began.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// Whether a request is in flight: one whose answer is not taken is.
    pub(super) fn is_busy(&self) -> bool {
        self.ended.load(Ordering::SeqCst) != self.begun.load(Ordering::SeqCst)
    }

    /// By when the peer must take something.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return None;
        }
        self.with_deadlines(|deadlines| deadlines.iter().min().copied())
    }

    fn with_deadlines<T>(&self, work: impl FnOnce(&mut Vec<Instant>) -> T) -> T {
        let mut deadlines = self
            .deadlines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let done = work(&mut deadlines);
        self.waiting.store(deadlines.len(), Ordering::SeqCst);
        done
    }
}

/// Something in flight, until it is dropped.
#[derive(Debug)]
pub(super) struct InFlight {
    activity: Arc<Activity>,
    deadline: Option<Instant>,
}

impl InFlight {
    pub(super) fn new(activity: &Arc<Activity>) -> Self {
        activity.begun.fetch_add(1, Ordering::SeqCst);
        Self {
            activity: Arc::clone(activity),
            deadline: None,
        }
    }

    /// Gives the peer its time to take it, from now on.
    pub(super) fn begin_to_wait(&mut self) {
        let (old, new) = (self.deadline, Instant::now() + UNTAKEN_TIMEOUT);
        self.activity.with_deadlines(|deadlines| {
            remove(deadlines, old);
            deadlines.push(new);
        });
        self.deadline = Some(new);
    }

    /// A part of it, with time of its own.
    pub(super) fn part(&self) -> Self {
        let mut part = Self::new(&self.activity);
        part.begin_to_wait();
        part
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.deadline.is_some() {
            self.activity
                .with_deadlines(|deadlines| remove(deadlines, self.deadline));
        }
        self.activity.ended.fetch_add(1, Ordering::SeqCst);
    }
}

fn remove(deadlines: &mut Vec<Instant>, deadline: Option<Instant>) {
    let is_it = |other: &Instant| Some(*other) == deadline;
    if let Some(place) = deadlines.iter().position(is_it) {
        deadlines.swap_remove(place);
    }
}

/// A service whose requests are counted, and whose answers are watched where they can be left untaken:
/// large ones, and all of HTTP/2. The system sees to small ones of HTTP/1.1.
#[derive(Debug)]
pub(super) struct Watched<S> {
    pub(super) service: S,
    pub(super) activity: Arc<Activity>,
    pub(super) is_http_2: bool,
}

impl<R, S> Service<R> for Watched<S>
where
    S: Service<R, Response = Response<Answer>>,
    S::Future: Unpin,
{
    type Response = Response<Outgoing>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn call(&self, request: R) -> Self::Future {
        Answering {
            in_flight: Some(InFlight::new(&self.activity)),
            request: self.service.call(request),
            is_http_2: self.is_http_2,
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Answering<F> {
    request: F,
    in_flight: Option<InFlight>,
    is_http_2: bool,
}

impl<F, E> Future for Answering<F>
where
    F: Future<Output = Result<Response<Answer>, E>> + Unpin,
{
    type Output = Result<Response<Outgoing>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = std::task::ready!(Pin::new(&mut self.request).poll(cx));
        let (in_flight, is_http_2) = (self.in_flight.take(), self.is_http_2);
        Poll::Ready(answer.map(|response| {
            response.map(|answer| {
                let is_watched = is_http_2 || answer.place().is_some();
                Outgoing::new(answer, in_flight, is_watched)
            })
        }))
    }
}
