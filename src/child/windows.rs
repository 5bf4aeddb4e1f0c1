//! A command that shares the console of this process. Windows sends Ctrl-C and Ctrl-Break to both.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::{ChildError, Ended, State, command};
use crate::interrupt;

/// Handles Ctrl-C and Ctrl-Break, so that they end the command, but not this process.
#[derive(Debug)]
pub struct SignalForwarder(());

impl SignalForwarder {
    /// Installs the handler. The caller must [defer](interrupt::defer_signals) signals while it
    /// exists. If Ctrl-C is disabled for this process, it is for the command, too; no other event
    /// can be ignored.
    pub fn new(_ignored: u64) -> io::Result<Self> {
        interrupt::add_console_handler()?;
        Ok(Self(()))
    }

    /// Runs a program with changes to its environment, calls `started` with its process ID, and
    /// waits until it ends. Programs are found as by CreateProcess, but not in the working
    /// directory: `.exe` can be omitted, `.cmd` and `.bat` cannot.
    pub fn run(
        self,
        program: &OsStr,
        arguments: &[OsString],
        variables: &[(&str, Option<OsString>)],
        started: &mut dyn FnMut(u32),
    ) -> Result<Ended, ChildError> {
        if let Some(signal) = interrupt::pending_signal() {
            let signal = u8::try_from(signal).unwrap_or_default();
            return Err(ChildError::Interrupted { signal });
        }
        let mut child = command(program, arguments, variables).spawn()?;
        started(child.id());
        Ok(ended(child.wait()?))
    }
}

/// Does nothing: [`kill_group`] finds the descendants of a process by other means.
pub(super) fn lead_a_group(_: &mut Command) {}

pub(super) fn state(child: &mut Child) -> io::Result<State> {
    Ok(if child.try_wait()?.is_some() { State::Ended } else { State::Running })
}

/// Kills a child and its descendants.
pub(super) fn kill_group(child: &mut Child) {
    let mut taskkill = Command::new("taskkill");
    taskkill.args(["/T", "/F", "/PID"]).arg(child.id().to_string());
    taskkill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    taskkill.status().ok();
    child.kill().ok();
}

pub(super) fn ended(status: ExitStatus) -> Ended {
    // A status is an unsigned 32-bit number, but std returns it as signed.
    match status.code() {
        Some(STATUS_CONTROL_C_EXIT) => Ended::Killed(SIGINT),
        code => Ended::Exited(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)),
    }
}

const SIGINT: u8 = 2;

/// 0xC000013A: Ctrl-C or Ctrl-Break ended it.
const STATUS_CONTROL_C_EXIT: i32 = -0x3fff_fec6;

#[cfg(test)]
mod tests {
    use std::os::windows::process::ExitStatusExt;

    use super::*;

    #[test]
    fn large_exit_status_is_a_failure() {
        let ended = |code| ended(ExitStatus::from_raw(code));
        assert_eq!((ended(0), ended(255)), (Ended::Exited(0), Ended::Exited(255)));
        for code in [256, 0x8000_0000, 0xc000_0005, 0xffff_ffff] {
            assert_eq!(ended(code), Ended::Exited(255), "{code:x}");
        }
        assert_eq!(ended(0xc000_013a), Ended::Killed(2));
    }

    #[test]
    fn program_gets_variables_and_returns_status() {
        let run = |code: &str, variables: &[(&str, Option<OsString>)]| {
            let words = ["/c", code].map(OsString::from);
            SignalForwarder::new(0).unwrap().run(OsStr::new("cmd"), &words, variables, &mut |_| {})
        };
        assert_eq!(run("exit 7", &[]).unwrap(), Ended::Exited(7));
        let variables = [("SET_HERE", Some("5".into())), ("USERPROFILE", None)];
        let code = "if defined USERPROFILE (exit 1) else (exit %SET_HERE%)";
        assert_eq!(run(code, &variables).unwrap(), Ended::Exited(5));
        let missing = SignalForwarder::new(0).unwrap().run(
            OsStr::new("no-such-program"),
            &[],
            &[],
            &mut |_| {},
        );
        let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        assert!(matches!(missing, Err(ChildError::Io(error)) if is_missing(&error)));
    }
}
