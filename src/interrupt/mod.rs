//! Signals that end the process, and how to defer them.
//!
//! After a file has replaced another and before the key pair is registered, an interruption must
//! undo the replacement. The code in between holds a [`SignalGuard`] and polls [`is_pending`]
//! wherever it waits. A signal that arrives then is only recorded. On Windows, the events of a
//! console count as SIGINT.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{forbid_core_dumps, handle_signals, survive_file_size_limits, terminate_if_pending};
#[cfg(windows)]
pub use windows::{
    add_console_handler, forbid_core_dumps, handle_signals, survive_file_size_limits,
    terminate_if_pending,
};

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// True while a signal ends the process at once.
static TERMINATE_NOW: AtomicBool = AtomicBool::new(true);

/// The number of the last signal; 0 if none arrived.
static PENDING_SIGNAL: AtomicUsize = AtomicUsize::new(0);

/// Defers signals until it is dropped.
#[derive(Debug)]
#[must_use = "signals are deferred until it is dropped"]
pub struct SignalGuard(());

/// Defers signals from now on.
pub fn defer_signals() -> SignalGuard {
    TERMINATE_NOW.store(false, Ordering::SeqCst);
    SignalGuard(())
}

/// Defers signals from now on; returns `None` if they are deferred already.
pub fn defer_signals_once() -> Option<SignalGuard> {
    TERMINATE_NOW.swap(false, Ordering::SeqCst).then(|| SignalGuard(()))
}

/// Returns whether a signal arrived while signals were deferred.
pub fn is_pending() -> bool {
    PENDING_SIGNAL.load(Ordering::SeqCst) != 0
}

/// Returns the number of the last signal that arrived while signals were deferred.
pub fn pending_signal() -> Option<i32> {
    i32::try_from(PENDING_SIGNAL.load(Ordering::SeqCst)).ok().filter(|&signal| signal != 0)
}

/// Discards a pending signal that was meant for another process.
pub fn clear_pending() {
    PENDING_SIGNAL.store(0, Ordering::SeqCst);
}

impl Drop for SignalGuard {
    fn drop(&mut self) {
        TERMINATE_NOW.store(true, Ordering::SeqCst);
    }
}
