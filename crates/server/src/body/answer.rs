//! Answers, and the memory that those on their way may take together.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Answers of more bytes take a place. Refusals, credentials and what writes answer are smaller: they
/// go out whatever others leave untaken.
const UNCOUNTED_BYTES: usize = 8 * 1024;
const PAGE_BYTES: usize = 1024 * 1024;
/// How many pages may be in work at a time: what becomes an answer takes memory before it is one.
const PAGES_IN_WORK: u32 = 64;
/// What a client that was told that its body is too large may still send, unheard.
const UNHEARD_BYTES: usize = 32 * 1024 * 1024;
const UNHEARD_TIME: Duration = Duration::from_secs(2);

/// The place of an answer in memory, given back when the last of its bytes is taken.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;

/// The body of an answer.
#[derive(Debug, Default)]
pub struct Answer {
    bytes: Bytes,
    place: Option<Place>,
    unheard: Option<Box<Incoming>>,
}

impl Answer {
    /// A small one, which takes no place.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: bytes.into(),
            ..Self::default()
        }
    }

    /// The same, after which the rest of the request's body is read and dropped for a while: a client
    /// that writes all of it before it reads would see a broken connection in place of the answer.
    #[must_use]
    pub fn over(mut self, body: Incoming) -> Self {
        self.unheard = Some(Box::new(body));
        self
    }

    /// Its bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Its place, if it is large.
    pub(crate) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Takes at most so many of its bytes.
    pub(crate) fn take(&mut self, bytes: usize) -> Bytes {
        self.bytes.split_to(bytes.min(self.bytes.len()))
    }

    /// Begins to drop what the client still sends. Not before the answer is on its way: a client that
    /// waits for the word to send its body shall not get it.
    pub(crate) fn drop_unheard(&mut self) {
        if let Some(body) = self.unheard.take() {
            tokio::spawn(tokio::time::timeout(UNHEARD_TIME, drop_body(*body)));
        }
    }
}

async fn drop_body(mut body: Incoming) {
    let mut heard = 0_usize;
    while heard < UNHEARD_BYTES
        && let Some(Ok(frame)) = body.frame().await
    {
        heard = heard.saturating_add(frame.data_ref().map_or(0, Bytes::len));
    }
}

impl From<Vec<u8>> for Answer {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// There is no place for a large answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server holds too many answers that are not taken at the moment: try again")]
pub struct NoPlace;

/// The memory of answers that are on their way.
#[derive(Debug)]
pub struct AnswerMemory {
    places: Arc<Semaphore>,
    bytes: u32,
    pages: Semaphore,
}

impl AnswerMemory {
    /// At most `bytes` are held at a time.
    pub fn new(bytes: u32) -> Self {
        let places = usize::try_from(bytes).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(places)),
            bytes,
            pages: Semaphore::new(PAGES_IN_WORK.try_into().unwrap_or(usize::MAX)),
        }
    }

    /// Lets an operation begin that may answer so many megabytes, when those before it are done. What
    /// it gives is kept until the answer has its place.
    ///
    /// # Errors
    /// [`NoPlace`]: the answer would have none.
    pub async fn begin(&self, pages: u32) -> Result<Option<SemaphorePermit<'_>>, NoPlace> {
        if pages == 0 {
            return Ok(None);
        }
        let pages = self.pages.acquire_many(pages.min(PAGES_IN_WORK)).await;
        match pages {
            Ok(pages) if self.has_room() => Ok(Some(pages)),
            Ok(_) | Err(_) => Err(NoPlace),
        }
    }

    /// Whether there is place for a page.
    pub fn has_room(&self) -> bool {
        self.places.available_permits() >= PAGE_BYTES
    }

    /// An answer of these bytes, with its place if it is large. One that is larger than all memory for
    /// answers takes all of it.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn hold(&self, bytes: Bytes) -> Result<Answer, NoPlace> {
        if bytes.len() <= UNCOUNTED_BYTES {
            return Ok(Answer::new(bytes));
        }
        let places = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let place = Arc::clone(&self.places).try_acquire_many_owned(places.min(self.bytes));
        Ok(Answer {
            bytes,
            place: Some(Arc::new(place.map_err(|_| NoPlace)?)),
            unheard: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_answers_have_places_and_small_ones_need_none() {
        let memory = AnswerMemory::new(3 * 1024 * 1024);
        let large = || Bytes::from(vec![b'x'; 2 * 1024 * 1024]);
        let held = memory.hold(large()).unwrap();
        assert!(memory.has_room());
        assert_eq!(memory.hold(large()).unwrap_err(), NoPlace);
        let more = memory.hold(Bytes::from(vec![b'x'; 512 * 1024])).unwrap();
        assert!(!memory.has_room());
        assert!(
            memory
                .hold(Bytes::from(vec![b'x'; UNCOUNTED_BYTES]))
                .is_ok()
        );
        drop((held, more));
        assert!(memory.hold(large()).is_ok());
    }

    #[tokio::test]
    async fn what_may_answer_much_begins_only_where_there_is_room_for_it() {
        let memory = AnswerMemory::new(2 * 1024 * 1024);
        let whole = memory.begin(PAGES_IN_WORK + 1).await.unwrap();
        assert!(memory.begin(0).await.unwrap().is_none());
        {
            let mut next = std::pin::pin!(memory.begin(1));
            assert!(is_pending(next.as_mut()));
            drop(whole);
            assert!(next.await.unwrap().is_some());
        }
        let _held = memory
            .hold(Bytes::from(vec![b'x'; 3 * 512 * 1024]))
            .unwrap();
        assert_eq!(memory.begin(1).await.unwrap_err(), NoPlace);
    }

    fn is_pending<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        future.poll(&mut context).is_pending()
    }

    #[test]
    fn an_answer_larger_than_all_memory_takes_all_of_it() {
        let memory = AnswerMemory::new(100_000);
        let huge = memory.hold(Bytes::from(vec![b'x'; 200_000])).unwrap();
        assert_eq!(
            memory.hold(Bytes::from(vec![b'x'; 10_000])).unwrap_err(),
            NoPlace
        );
        drop(huge);
        assert!(memory.hold(Bytes::from(vec![b'x'; 10_000])).is_ok());
    }
}
