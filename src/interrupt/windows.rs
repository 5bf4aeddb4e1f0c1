//! Ctrl-C, Ctrl-Break, and the end of a console or a session, which are all alike here.
//!
//! They are not taken as signals of the C runtime, because there are several of it, and signal-hook asks for
//! what not all of them know (`SIG_GET`): then the first Ctrl-C leads astray.

#![expect(unsafe_code, reason = "Windows is asked through its C interface")]

use std::io;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Foundation::{FALSE, TRUE};
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::Win32::System::Threading::ExitProcess;
use windows_sys::core::BOOL;

use super::{DEADLY, NOTED};

/// How a process ends that is interrupted, as shells of Unix have it.
const INTERRUPTED: u32 = 130;

/// `SIGINT`, by which an interruption is noted.
const SIGINT: usize = 2;

/// Lets an interruption end the process only while [`DEADLY`] says so, and notes it in [`NOTED`]. A process
/// for which Ctrl-C is switched off still does not get it.
///
/// # Errors
///
/// The operating system's.
pub fn catch() -> io::Result<()> {
    // SAFETY: the function is there as long as the process, and what it uses may be used on any thread.
    let done = unsafe { SetConsoleCtrlHandler(Some(interrupted), TRUE) };
    if done == FALSE { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Is called on a thread of its own.
extern "system" fn interrupted(event: u32) -> BOOL {
    NOTED.store(SIGINT, Ordering::SeqCst);
    if DEADLY.load(Ordering::SeqCst) {
        // SAFETY: what ends here is interrupted in the middle of its work, as by a signal.
        unsafe { ExitProcess(INTERRUPTED) }
    }
    if !matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT) {
        // With the return, Windows ends the process. In some seconds it does so anyway.
        loop {
            thread::sleep(Duration::MAX);
        }
    }
    TRUE
}
