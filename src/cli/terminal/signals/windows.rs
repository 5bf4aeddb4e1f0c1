//! What a console sends, which takes the place of signals.

use crate::interrupt;

/// Lets Ctrl-C, Ctrl-Break and the end of the console end the process only while [`interrupt`] says so. There
/// is none that could be ignored: a process for which Ctrl-C is switched off does not get it.
pub fn hold_signals_back_on_request(_ignored: u64) {
    // Uncaught, they end the process at any time, as they do by default.
    interrupt::catch().ok();
}

/// Returns whether the process has yet to end as one that was interrupted: it was asked to while that was
/// held back. Windows has no signals that could end it.
pub fn end_if_interrupted() -> bool {
    interrupt::is_requested()
}

/// Does nothing: Windows Error Reporting has no switch that a process could use without a library of its
/// own, and what it keeps is in a folder of the user's.
pub fn forbid_core_dumps() {}

/// Does nothing: there are no such limits.
pub fn survive_file_size_limits() {}
