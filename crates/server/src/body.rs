//! Bodies: answers, and requests read within bounds of size, time and memory.

mod answer;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use self::answer::Place;
pub use self::answer::{Answer, AnswerMemory, NoPlace};

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

    /// Reads a body of at most `limit` bytes. Memory is taken as the bytes arrive: who announces much
    /// and sends little holds little.
    ///
    /// # Errors
    /// [`BodyFault`].
    pub async fn read(&self, body: &mut Incoming, limit: usize) -> Result<Held, BodyFault> {
        let announced = body.size_hint().lower();
        if usize::try_from(announced).map_or(true, |bytes| bytes > limit) {
            return Err(BodyFault::TooLarge(limit));
        }
        let collected = self.collect(body, limit);
        match tokio::time::timeout(Duration::from_secs(self.seconds), collected).await {
            Ok(outcome) => outcome,
            Err(_) => Err(BodyFault::TooSlow(self.seconds)),
        }
    }

    async fn collect(&self, body: &mut Incoming, limit: usize) -> Result<Held, BodyFault> {
        let mut memory = self.places(0)?;
        // Most bodies arrive in one piece, which is then taken as it is.
        let mut pieces = Vec::new();
        let mut length = 0_usize;
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame.map_err(|_| BodyFault::Broken)?.into_data() else {
                continue;
            };
            length = length.saturating_add(piece.len());
            if length > limit {
                return Err(BodyFault::TooLarge(limit));
            }
            memory.merge(self.places(piece.len())?);
            pieces.push(piece);
        }
        let bytes = match <[Bytes; 1]>::try_from(pieces) {
            Ok([piece]) => piece,
            Err(pieces) => pieces.concat().into(),
        };
        Ok(Held {
            bytes,
            _memory: memory,
        })
    }

    fn places(&self, bytes: usize) -> Result<OwnedSemaphorePermit, BodyFault> {
        let places = u32::try_from(bytes).unwrap_or(u32::MAX);
        let places = Arc::clone(&self.memory).try_acquire_many_owned(places);
        places.map_err(|_| BodyFault::Busy)
    }
}
