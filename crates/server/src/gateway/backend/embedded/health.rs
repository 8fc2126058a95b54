//! Whether the engine works.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the engine works.
#[derive(Debug)]
pub struct Health {
    is_working: AtomicBool,
    is_lost: AtomicBool,
}

impl Health {
    /// Whether it does.
    pub fn is_good(&self) -> bool {
        self.is_working.load(Ordering::Relaxed) && !self.is_lost()
    }

    pub(super) fn set(&self, is_working: bool) {
        self.is_working.store(is_working, Ordering::Relaxed);
    }

    /// Whether a write could not be synced. Nothing that is read or written after that can be promised
    /// until the daemon is started again, so nothing takes it back.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// Makes it lost; whether it was not so before.
    pub(super) fn lose(&self) -> bool {
        !self.is_lost.swap(true, Ordering::AcqRel)
    }
}

impl Default for Health {
    fn default() -> Self {
        Self {
            is_working: AtomicBool::new(true),
            is_lost: AtomicBool::new(false),
        }
    }
}
