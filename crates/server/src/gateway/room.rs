//! Room for large bodies: they are read apart from the threads that serve the doors, and only so many
//! at a time, for what a body is read into takes many times its bytes.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::backend::embedded::TableFault;

/// Bodies of more bytes are large.
const LARGE_BYTES: usize = 64 * 1024;
/// How many large requests there may be between reading and execution. One takes 100 MB at worst.
const ROOMS: usize = 4;

/// The place of one large request, given back when it is dropped.
pub(super) type Room = OwnedSemaphorePermit;

/// All the room there is.
#[derive(Debug)]
pub(super) struct Rooms(Arc<Semaphore>);

impl Default for Rooms {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOMS)))
    }
}

impl Rooms {
    /// Waits for room, where a body of so many bytes needs it.
    pub(super) async fn enter(&self, bytes: usize) -> Result<Option<Room>, TableFault> {
        if bytes <= LARGE_BYTES {
            return Ok(None);
        }
        let room = Arc::clone(&self.0).acquire_owned().await;
        room.map(Some).map_err(|_| TableFault::broken())
    }

    /// How many more large requests there may be.
    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.0.available_permits()
    }
}

/// Does the work of a request: here, or on a thread of its own if it is large. The room is held until
/// that thread is done, also when nobody waits any more.
pub(super) async fn work<T: Send + 'static>(
    room: Option<Room>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<(T, Option<Room>), TableFault> {
    let Some(room) = room else {
        return Ok((work(), None));
    };
    tokio::task::spawn_blocking(move || (work(), Some(room)))
        .await
        .map_err(|_| TableFault::broken())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[tokio::test]
    async fn a_large_request_is_read_on_another_thread_and_a_small_one_here() {
        let rooms = Rooms::default();
        for (bytes, is_large) in [(LARGE_BYTES, false), (LARGE_BYTES + 1, true)] {
            let room = rooms.enter(bytes).await.unwrap();
            let (there, room) = work(room, || thread::current().id()).await.unwrap();
            assert_eq!(there != thread::current().id(), is_large, "{bytes}");
            assert_eq!(rooms.left(), ROOMS - usize::from(is_large), "{bytes}");
            drop(room);
            assert_eq!(rooms.left(), ROOMS);
        }
    }

    #[tokio::test]
    async fn a_panic_in_large_work_is_a_fault_and_gives_the_room_back() {
        let rooms = Rooms::default();
        let room = rooms.enter(usize::MAX).await.unwrap();
        let done = work(room, || -> () { panic!("for the test") }).await;
        assert_eq!(done.unwrap_err().status, 500);
        assert_eq!(rooms.left(), ROOMS);
    }
}
