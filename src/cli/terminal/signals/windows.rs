//! Ctrl-C and Ctrl-Break, which the C runtime hands on as signals, on a thread of their own. A console that
//! is closed comes as Ctrl-Break too, but Windows waits for nothing then: what was to be undone is left
//! behind, as after a kill.

use signal_hook::consts::SIGINT;
use signal_hook::flag;

use crate::interrupt;

/// Lets Ctrl-C and Ctrl-Break end the process only while [`interrupt`] says so. A process for which they are
/// switched off does not get them, so that there are none to be ignored.
pub fn hold_signals_back_on_request(_ignored: u64) {
    let number = usize::try_from(SIGINT).unwrap_or_default();
    for signal in [SIGINT, interrupt::SIGBREAK] {
        // Without the handlers they end the process at any time, as they do by default.
        flag::register_conditional_shutdown(signal, INTERRUPTED, &interrupt::DEADLY)
            .and_then(|_| flag::register_usize(signal, &interrupt::NOTED, number))
            .ok();
    }
}

/// How a process ends that Ctrl-C has ended, by itself the C runtime would say 3.
const INTERRUPTED: i32 = 130;

/// Returns whether the process has yet to end as one that was interrupted: Ctrl-C came while it was held
/// back. Windows has no signals that could end it.
pub fn end_if_interrupted() -> bool {
    interrupt::is_requested()
}

/// Does nothing: Windows Error Reporting has no switch that a process could use without a library of its
/// own, and what it keeps is in a folder of the user's.
pub fn forbid_core_dumps() {}

/// Does nothing: there are no such limits.
pub fn survive_file_size_limits() {}
