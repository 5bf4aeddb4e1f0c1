//! Child processes: [`SignalForwarder`] runs a command in the foreground, and [`Capture`] reads the
//! output of a program.
//!
//! A command in the foreground shares the terminal, the standard streams and the process group of
//! this process, so Ctrl-C, Ctrl-Z and a closed terminal reach it directly. On Unix, signals sent
//! to this process alone are forwarded to it, as sudo(8) does, and when it stops, this process
//! stops too. Windows has no events for a single process.

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
pub use unix::SignalForwarder;
#[cfg(windows)]
pub use windows::SignalForwarder;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is running, or was stopped by a user who will resume it.
    Running,
    /// It was stopped because it is not in the foreground of its terminal.
    NeedsTerminal,
    Ended,
}

/// The end of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With an exit status. On Windows, a status above 255 becomes 255.
    Exited(u8),
    /// By the signal of this number. On Windows, by an unhandled Ctrl-C.
    Killed(u8),
}

/// The reason a program did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChildError {
    /// A signal arrived before it was started.
    #[error("interrupted")]
    Interrupted { signal: u8 },
    /// It cannot be started or waited for.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Prepares a program with changes to its environment; a variable without a value is removed.
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
