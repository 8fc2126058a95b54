//! Answers on the wire. An answer that can be left untaken goes out in pieces, each of which the peer
//! must take in time; its place in memory is given back with the last of them, and not when HTTP has
//! put it behind a window that the peer keeps shut.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::activity::InFlight;
use crate::body::{Answer, Place};

/// With [`super::UNTAKEN_TIMEOUT`], how slow a peer may be: 70 kbit/s.
const PIECE_BYTES: usize = 256 * 1024;

/// An answer on its way.
#[derive(Debug)]
pub(super) struct Outgoing {
    answer: Answer,
    in_flight: Option<InFlight>,
    is_watched: bool,
}

impl Outgoing {
    /// `is_watched`: the peer must take it in time.
    pub(super) fn new(answer: Answer, mut in_flight: Option<InFlight>, is_watched: bool) -> Self {
        if is_watched && let Some(in_flight) = &mut in_flight {
            in_flight.begin_to_wait();
        }
        Self {
            answer,
            in_flight,
            is_watched,
        }
    }

    fn piece(&mut self) -> Bytes {
        if !self.is_watched {
            return self.answer.take(usize::MAX);
        }
        let bytes = self.answer.take(PIECE_BYTES);
        let Some(in_flight) = &mut self.in_flight else {
            return bytes;
        };
        in_flight.begin_to_wait();
        Bytes::from_owner(Piece {
            bytes,
            _place: self.answer.place().cloned(),
            _in_flight: in_flight.part(),
        })
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.answer.drop_unheard();
        if self.answer.bytes().is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::data(self.piece()))))
    }

    fn is_end_stream(&self) -> bool {
        self.answer.bytes().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.answer.bytes().len();
        u64::try_from(length).map_or_else(|_| SizeHint::default(), SizeHint::with_exact)
    }
}

/// A piece of an answer; HTTP drops it when the peer has taken it.
struct Piece {
    bytes: Bytes,
    _place: Option<Place>,
    _in_flight: InFlight,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt;

    use super::super::activity::Activity;
    use super::*;
    use crate::body::AnswerMemory;

    #[tokio::test]
    async fn a_large_answer_is_in_flight_and_in_memory_until_its_last_piece_is_dropped() {
        let activity = Arc::new(Activity::default());
        let memory = AnswerMemory::new(1024 * 1024);
        let bytes = Bytes::from(vec![b'x'; PIECE_BYTES + 1]);
        let answer = memory.hold(bytes.clone()).unwrap();
        let mut outgoing = Outgoing::new(answer, Some(InFlight::new(&activity)), true);
        let mut pieces = Vec::new();
        while let Some(frame) = outgoing.frame().await {
            pieces.push(frame.unwrap().into_data().unwrap());
        }
        assert_eq!(pieces.concat(), bytes);
        drop(outgoing);
        assert!(activity.deadline().is_some());
        pieces.truncate(1);
        assert!(activity.is_busy() && !memory.has_room());
        pieces.clear();
        assert!(!activity.is_busy() && memory.has_room());
        assert_eq!(activity.deadline(), None);
    }

    #[tokio::test]
    async fn a_small_answer_of_http_1_goes_out_as_it_is() {
        let activity = Arc::new(Activity::default());
        let bytes = Bytes::from_static(b"small");
        let mut outgoing = Outgoing::new(
            Answer::new(bytes.clone()),
            Some(InFlight::new(&activity)),
            false,
        );
        assert_eq!(outgoing.size_hint().exact(), Some(5));
        let sent = outgoing
            .frame()
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap();
        assert_eq!(sent.as_ptr(), bytes.as_ptr());
        assert!(outgoing.is_end_stream() && activity.deadline().is_none());
        drop(outgoing);
        assert!(!activity.is_busy());
    }
}
