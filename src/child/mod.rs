//! Other programs: one that is run as if it had been started by itself, with a [`Watch`], and one
//! that is asked for its output, with a [`Capture`].
//!
//! The former has the terminal, the standard streams and the process group of this process, so that
//! Ctrl-C, Ctrl-Z and a closed terminal reach it without help. On Unix, what is sent to this
//! process alone is sent on to it (as sudo(8) does), and when it stops, this process does. Windows
//! sends nothing to one process alone.

mod capture;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Command;

pub use capture::{Capture, CaptureError, CaptureLimits, Captured};
#[cfg(unix)]
pub use unix::Watch;
#[cfg(windows)]
pub use windows::Watch;

/// What a child does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It runs, or was stopped by somebody who will resume it.
    Runs,
    /// It was stopped because it is not in the foreground of its terminal.
    NeedsTerminal,
    /// It has ended.
    Ended,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with an exit status. Windows has others than these, which are 255 here.
    Exited(u8),
    /// By a signal of this number. On Windows that is Ctrl-C, if the program did not handle it.
    Killed(u8),
}

/// Why a program did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChildError {
    /// A signal came before it was started.
    #[error("interrupted")]
    Interrupted {
        /// The number of the signal.
        signal: u8,
    },
    /// It cannot be started, or not be waited for.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn command(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<OsString>)],
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}
