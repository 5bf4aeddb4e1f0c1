//! Ctrl-C, Ctrl-Break, and the end of a console or a session, which are all treated alike.
//!
//! They are not handled as signals of the C runtime. There are several C runtimes, and signal-hook
//! uses `SIG_GET`, which not all of them support: the first Ctrl-C would then crash.

#![expect(unsafe_code, reason = "the console API is a C interface")]

use std::io;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Foundation::{FALSE, TRUE};
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::Win32::System::Threading::ExitProcess;
use windows_sys::core::BOOL;

use super::{PENDING_SIGNAL, TERMINATE_NOW, is_pending};

/// The exit status of an interrupted process, as in Unix shells.
const INTERRUPTED: u32 = 130;

const SIGINT: usize = 2;

/// Installs a handler that ends the process unless signals are deferred. Console events cannot be
/// ignored one by one, so the argument is unused: a process with Ctrl-C disabled never gets it.
pub fn handle_signals(_ignored: u64) {
    // Without the handler an event ends the process at any time, as it does by default.
    add_console_handler().ok();
}

/// Returns whether the caller has to exit with the status of an interrupted process. Windows has no
/// signal that could end it.
pub fn terminate_if_pending() -> bool {
    is_pending()
}

/// Does nothing: Windows Error Reporting cannot be disabled without a separate library, and it
/// stores dumps in the user's profile.
pub fn forbid_core_dumps() {}

/// Does nothing: Windows has no file size limits.
pub fn survive_file_size_limits() {}

/// Installs the handler. It records each event, and ends the process unless signals are deferred. A
/// process with Ctrl-C disabled still does not receive it.
pub fn add_console_handler() -> io::Result<()> {
    // SAFETY: the function lives as long as the process, and is safe to call on any thread.
    let done = unsafe { SetConsoleCtrlHandler(Some(handle_event), TRUE) };
    if done == FALSE { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Windows calls this on a new thread.
extern "system" fn handle_event(event: u32) -> BOOL {
    PENDING_SIGNAL.store(SIGINT, Ordering::SeqCst);
    if TERMINATE_NOW.load(Ordering::SeqCst) {
        // SAFETY: the process ends in the middle of its work, as if killed by a signal.
        unsafe { ExitProcess(INTERRUPTED) }
    }
    if !matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT) {
        // Windows ends the process when this function returns, and after some seconds anyway.
        loop {
            thread::sleep(Duration::MAX);
        }
    }
    TRUE
}
