//! The replies to a group of jobs: what may rest on a write goes out when that is synced.

use tokio::sync::oneshot::Sender;

use super::super::super::table_keys::Found;
use super::engine::Answer;
use super::error::TableFault;

/// How many jobs are synced at once.
pub(super) const GROUP_LENGTH: usize = 64;

/// A reply and the one who waits for it.
pub(super) enum Reply {
    Execute(
        Sender<Result<Answer, TableFault>>,
        Result<Answer, TableFault>,
    ),
    Keys(Sender<Result<Found, TableFault>>, Result<Found, TableFault>),
}

/// The replies that are held back, in the order of execution.
pub(super) struct Group {
    held: Vec<Reply>,
    is_unsynced: bool,
}

impl Group {
    /// Whether there is something that is not synced.
    pub(super) fn is_unsynced(&self) -> bool {
        self.is_unsynced
    }

    /// Says that something may be written now, or may have been, without having been synced.
    pub(super) fn expect_write(&mut self) {
        self.is_unsynced = true;
    }

    /// Sends a reply, or holds it back behind what is not synced: that may be its own write, or one
    /// that it has seen. What groups before have written was synced before they ended.
    pub(super) fn reply(&mut self, reply: Reply, is_lost: bool) {
        if self.is_unsynced {
            self.held.push(reply);
        } else {
            reply.send(is_lost);
        }
    }

    /// Ends the group: sends what was held back.
    pub(super) fn end(&mut self, is_lost: bool) {
        self.held.drain(..).for_each(|reply| reply.send(is_lost));
        self.is_unsynced = false;
    }
}

impl Default for Group {
    fn default() -> Self {
        Self {
            held: Vec::with_capacity(GROUP_LENGTH),
            is_unsynced: false,
        }
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group")
            .field("held", &self.held.len())
            .field("is_unsynced", &self.is_unsynced)
            .finish()
    }
}

impl Reply {
    /// Where a sync has failed no answer holds, not even that of a refusal, which may rest on a write.
    fn send(self, is_lost: bool) {
        match self {
            Self::Execute(reply, answer) => send(reply, answer, is_lost),
            Self::Keys(reply, found) => send(reply, found, is_lost),
        }
    }
}

fn send<T>(reply: Sender<Result<T, TableFault>>, answer: Result<T, TableFault>, is_lost: bool) {
    let answer = if is_lost {
        Err(TableFault::broken())
    } else {
        answer
    };
    // Whoever waited may be gone by now.
    drop(reply.send(answer));
}
