//! The signals that end a process, held back while it must not end.
//!
//! Between the moment a file takes another's place and the moment the pair is registered, an
//! interruption has to undo the first. Whoever owns the signals lets them end the process only
//! while [`DEADLY`] says so, and notes them in [`NOTED`]; whoever holds them back looks at
//! [`is_requested`] where the work waits. On Windows, what a console sends counts as the signal that Ctrl-C
//! sends elsewhere.

#[cfg(windows)]
mod windows;

#[cfg(windows)]
pub use windows::catch;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Whether a signal may end the process at once.
pub static DEADLY: AtomicBool = AtomicBool::new(true);

/// The number of the last signal that came; 0 for none.
pub static NOTED: AtomicUsize = AtomicUsize::new(0);

/// Holds interruptions back until it is dropped.
#[derive(Debug)]
#[must_use = "interruptions are held back until it is dropped"]
pub struct Hold(());

/// Holds interruptions back from now on.
pub fn hold() -> Hold {
    DEADLY.store(false, Ordering::SeqCst);
    Hold(())
}

/// Holds interruptions back from now on, unless somebody does so already.
pub fn hold_unless_held() -> Option<Hold> {
    DEADLY.swap(false, Ordering::SeqCst).then_some(Hold(()))
}

/// Returns whether an interruption came while it was held back.
#[must_use]
pub fn is_requested() -> bool {
    NOTED.load(Ordering::SeqCst) != 0
}

/// Returns the number of the last interruption that came while it was held back.
#[must_use]
pub fn requested() -> Option<i32> {
    i32::try_from(NOTED.load(Ordering::SeqCst)).ok().filter(|&signal| signal != 0)
}

/// Forgets an interruption that was somebody else's.
pub fn forget() {
    NOTED.store(0, Ordering::SeqCst);
}

impl Drop for Hold {
    fn drop(&mut self) {
        DEADLY.store(true, Ordering::SeqCst);
    }
}
