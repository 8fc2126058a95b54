//! Ends HTTP/2 connections on which nothing is asked. Over HTTP/1.1 the time for a request's head does
//! that; HTTP/2 has none, and a peer that only answers pings would hold its place for good.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::service::Service;

/// What goes on on a connection.
#[derive(Debug, Default)]
pub(super) struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Activity {
    /// Resolves once no request has been in flight for the whole of `limit`.
    pub(super) async fn idle_for(&self, limit: Duration) {
        loop {
            let begun = self.begun.load(Ordering::SeqCst);
            tokio::time::sleep(limit).await;
            let now = self.begun.load(Ordering::SeqCst);
            if now == begun && self.ended.load(Ordering::SeqCst) == now {
                return;
            }
        }
    }
}

/// A service whose requests are counted.
#[derive(Debug)]
pub(super) struct Watched<S> {
    pub(super) service: S,
    pub(super) activity: Arc<Activity>,
}

/// Counts a request as ended even where its future is dropped.
struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

impl<R, S> Service<R> for Watched<S>
where
    S: Service<R, Future: Send + 'static>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn call(&self, request: R) -> Self::Future {
        self.activity.begun.fetch_add(1, Ordering::SeqCst);
        let in_flight = InFlight(Arc::clone(&self.activity));
        let answering = self.service.call(request);
        Box::pin(async move {
            let answer = answering.await;
            drop(in_flight);
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Answer;
    use hyper::service::service_fn;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_only_while_no_request_is_in_flight() {
        let limit = Duration::from_mins(1);
        let activity = Arc::new(Activity::default());
        let (answer, asked) = tokio::sync::oneshot::channel::<()>();
        let asked = std::sync::Mutex::new(Some(asked));
        let service = Watched {
            service: service_fn(move |_: hyper::Request<Answer>| {
                let asked = asked.lock().unwrap().take();
                async move {
                    if let Some(asked) = asked {
                        asked.await.unwrap();
                    }
                    Ok::<_, std::convert::Infallible>(hyper::Response::new(Answer::default()))
                }
            }),
            activity: Arc::clone(&activity),
        };
        let request = tokio::spawn(service.call(hyper::Request::new(Answer::default())));
        let busy = tokio::time::timeout(limit * 5, activity.idle_for(limit)).await;
        assert!(busy.is_err(), "a request is in flight");
        answer.send(()).unwrap();
        request.await.unwrap().unwrap();
        let idle = tokio::time::timeout(limit * 5, activity.idle_for(limit)).await;
        assert!(idle.is_ok(), "no request is in flight");
    }
}
