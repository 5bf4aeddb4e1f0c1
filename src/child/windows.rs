//! A program that shares this process's console, which sends Ctrl-C and Ctrl-Break to both.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::{ChildError, Ended, State, command};
use crate::interrupt;

/// Ctrl-C and Ctrl-Break, caught from now on: they are for the program, and this process is to
/// outlive it.
#[derive(Debug)]
pub struct Watch(());

impl Watch {
    /// Catches Ctrl-C and Ctrl-Break, which must be [deferred](interrupt::defer_signals) meanwhile.
    /// A process that does not get them, and so ignores them, has a child that does not; there are
    /// no others that could be ignored.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn new(_ignored: u64) -> io::Result<Self> {
        interrupt::add_console_handler()?;
        Ok(Self(()))
    }

    /// Runs a program with so many more or other variables in its environment, of which those
    /// without a value are removed, tells its number, and waits until it ends. Programs are found
    /// as CreateProcess finds them, but not in the working folder: `.exe` need not be said, `.cmd`
    /// and `.bat` must.
    ///
    /// # Errors
    ///
    /// [`ChildError`]; then it has not run.
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

/// Has a program lead a group of its own. On Windows that of its descendants is found by other
/// means.
pub(super) fn lead_a_group(_: &mut Command) {}

/// Returns what a child does.
pub(super) fn state(child: &mut Child) -> io::Result<State> {
    Ok(if child.try_wait()?.is_some() { State::Ended } else { State::Runs })
}

/// Kills a child and its descendants.
pub(super) fn kill_group(child: &mut Child) {
    let mut taskkill = Command::new("taskkill");
    taskkill.args(["/T", "/F", "/PID"]).arg(child.id().to_string());
    taskkill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    taskkill.status().ok();
    child.kill().ok();
}

/// Returns how a child ended that was waited for.
pub(super) fn ended(status: ExitStatus) -> Ended {
    // A status is a number of 32 bits, whose highest one std has for a sign.
    match status.code() {
        Some(CONTROL_C_EXIT) => Ended::Killed(SIGINT),
        code => Ended::Exited(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)),
    }
}

/// The signal that Ctrl-C sends elsewhere.
const SIGINT: u8 = 2;

/// `STATUS_CONTROL_C_EXIT`, 0xC000013A: Ctrl-C or Ctrl-Break has ended it.
const CONTROL_C_EXIT: i32 = -0x3fff_fec6;

#[cfg(test)]
mod tests {
    use std::os::windows::process::ExitStatusExt;

    use super::*;

    #[test]
    fn a_status_that_does_not_fit_is_no_success() {
        let ended = |code| ended(ExitStatus::from_raw(code));
        assert_eq!((ended(0), ended(255)), (Ended::Exited(0), Ended::Exited(255)));
        for code in [256, 0x8000_0000, 0xc000_0005, 0xffff_ffff] {
            assert_eq!(ended(code), Ended::Exited(255), "{code:x}");
        }
        assert_eq!(ended(0xc000_013a), Ended::Killed(2));
    }

    #[test]
    fn a_program_has_the_variables_and_says_how_it_ended() {
        let run = |code: &str, variables: &[(&str, Option<OsString>)]| {
            let words = ["/c", code].map(OsString::from);
            Watch::new(0).unwrap().run(OsStr::new("cmd"), &words, variables, &mut |_| {})
        };
        assert_eq!(run("exit 7", &[]).unwrap(), Ended::Exited(7));
        let variables = [("SET_HERE", Some("5".into())), ("USERPROFILE", None)];
        let code = "if defined USERPROFILE (exit 1) else (exit %SET_HERE%)";
        assert_eq!(run(code, &variables).unwrap(), Ended::Exited(5));
        let missing =
            Watch::new(0).unwrap().run(OsStr::new("no-such-program"), &[], &[], &mut |_| {});
        let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        assert!(matches!(missing, Err(ChildError::Io(error)) if is_missing(&error)));
    }
}
