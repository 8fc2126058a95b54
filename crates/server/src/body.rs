//! Bodies: answers, and requests read within bounds of size, time and memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The body of an answer.
pub type Answer = Full<Bytes>;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// More bytes than the service takes.
    #[error("the request body is larger than {0} bytes")]
    TooLarge(usize),
    /// It did not come in time.
    #[error("the request body did not arrive within {0} seconds")]
    TooSlow(u64),
    /// All memory for bodies is taken.
    #[error("the server holds too many request bodies at the moment: try again")]
    Busy,
    /// The connection broke.
    #[error("the request body broke off")]
    Broken,
}

/// A body with its place in memory, which is given back when it is dropped.
#[derive(Debug)]
pub struct Held {
    /// The bytes.
    pub bytes: Bytes,
    _memory: OwnedSemaphorePermit,
}

/// Reads bodies within bounds.
#[derive(Debug)]
pub struct BodyReader {
    memory: Arc<Semaphore>,
    seconds: u64,
}

impl BodyReader {
    /// At most `memory_bytes` are held at a time, each body for at most `seconds` on its way.
    pub fn new(memory_bytes: u32, seconds: u64) -> Self {
        let places = usize::try_from(memory_bytes).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            memory: Arc::new(Semaphore::new(places)),
            seconds,
        }
    }

    /// Reads a body of at most `limit` bytes.
    ///
    /// # Errors
    /// [`BodyFault`].
    pub async fn read(&self, body: Incoming, limit: usize) -> Result<Held, BodyFault> {
        // What the head announces; without an announcement, the most it may be.
        let hint = body.size_hint();
        let wanted = hint
            .upper()
            .map_or(limit, |bytes| usize::try_from(bytes).unwrap_or(limit + 1));
        if wanted > limit {
            return Err(BodyFault::TooLarge(limit));
        }
        let places = u32::try_from(wanted).unwrap_or(u32::MAX);
        let memory = Arc::clone(&self.memory).try_acquire_many_owned(places);
        let memory = memory.map_err(|_| BodyFault::Busy)?;
        let collected = Limited::new(body, limit).collect();
        match tokio::time::timeout(Duration::from_secs(self.seconds), collected).await {
            Ok(Ok(collected)) => Ok(Held {
                bytes: collected.to_bytes(),
                _memory: memory,
            }),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                Err(BodyFault::TooLarge(limit))
            }
            Ok(Err(_)) => Err(BodyFault::Broken),
            Err(_) => Err(BodyFault::TooSlow(self.seconds)),
        }
    }
}
