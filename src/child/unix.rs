//! A program that is sent the signals which this process is sent.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, getpid, getsid, kill_process,
    kill_process_group, waitid,
};
use signal_hook::consts::{
    SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
    SIGVTALRM, SIGXCPU,
};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin, Sent};

use super::{ChildError, Ended, State, command};
use crate::interrupt;

/// The signals that are sent on: all that end a process and do not tell of a fault of its own, and
/// the one that resumes it.
const SENT_ON: [i32; 12] = [
    SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
    SIGVTALRM, SIGXCPU,
];

/// The signals that end a process, caught from now on, so that none gets lost before there is a
/// child to send it to.
#[derive(Debug)]
pub struct Watch(SignalsInfo<WithOrigin>);

impl Watch {
    /// Catches the signals, but for those that this process ignores, as nohup(1) has it do: a bit
    /// for each, the lowest for signal 1. A child ignores them too then.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn new(ignored: u64) -> io::Result<Self> {
        let is_ignored = |signal: &i32| ignored >> (signal - 1) & 1 == 1;
        let caught = SENT_ON.into_iter().filter(|signal| !is_ignored(signal));
        SignalsInfo::new(caught).map(Self)
    }

    /// Runs a program with so many more or other variables in its environment, of which those
    /// without a value are removed, tells its number, and waits until it ends.
    ///
    /// # Errors
    ///
    /// [`ChildError`]; then it has not run.
    pub fn run(
        mut self,
        program: &OsStr,
        arguments: &[OsString],
        variables: &[(&str, Option<OsString>)],
        started: &mut dyn FnMut(u32),
    ) -> Result<Ended, ChildError> {
        let caught = self.0.pending().map(|origin| origin.signal);
        let caught = caught.into_iter().find(|signal| *signal != SIGCONT);
        // One that came before the first moment of this watch was noted.
        if let Some(signal) = caught.or_else(interrupt::pending_signal) {
            let signal = u8::try_from(signal).unwrap_or_default();
            return Err(ChildError::Interrupted { signal });
        }
        let caught = self.0.handle();
        let signals = &mut self.0;
        let child = thread::scope(|scope| {
            let (tell, told) = mpsc::channel();
            let send_on = move || {
                let Ok(child) = told.recv() else { return };
                for origin in signals.forever() {
                    if is_for_child(&origin, child) {
                        signal(child, origin.signal);
                    }
                }
            };
            // A program must not run that could not be ended, so the thread comes first.
            thread::Builder::new().spawn_scoped(scope, send_on)?;
            let child = start(program, arguments, variables)?;
            tell.send(child).ok();
            started(child.as_raw_nonzero().get().unsigned_abs());
            let waited = wait(child);
            caught.close();
            waited.map(|()| child)
        })?;
        // Only now may its number become another's.
        match waitid(WaitId::Pid(child), WaitIdOptions::EXITED).map_err(io::Error::from)? {
            Some(status) => Ok(waited(&status)),
            None => Err(io::Error::from(io::ErrorKind::Other).into()),
        }
    }
}

fn start(
    program: &OsStr,
    arguments: &[OsString],
    variables: &[(&str, Option<OsString>)],
) -> io::Result<Pid> {
    let child = match command(program, arguments, variables).spawn() {
        // A script that does not say what runs it, which is then a shell, as execvp(3) has it.
        Err(error) if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
            let script = [&[program.to_owned()], arguments].concat();
            command(OsStr::new("/bin/sh"), &script, variables).spawn()
        }
        spawned => spawned,
    }?;
    identity(&child)
}

fn identity(child: &Child) -> io::Result<Pid> {
    let number = i32::try_from(child.id()).ok();
    number.and_then(Pid::from_raw).ok_or_else(|| io::ErrorKind::Other.into())
}

/// Returns whether a signal was meant for this process alone: the kernel sends those of a terminal
/// to the whole process group, but that it is closed to the leader of the session; and what the
/// child itself sends it knows of.
fn is_for_child(origin: &Origin, child: Pid) -> bool {
    let from_child =
        origin.process.is_some_and(|sender| sender.pid == child.as_raw_nonzero().get());
    match origin.cause {
        Cause::Sent(Sent::User | Sent::TKill | Sent::Queue) => !from_child,
        Cause::Kernel => origin.signal == SIGHUP && getsid(None) == Ok(getpid()),
        Cause::Unknown => !matches!(origin.signal, SIGHUP | SIGINT | SIGQUIT),
        _ => false,
    }
}

fn signal(process: Pid, number: i32) {
    if let Some(signal) = Signal::from_named_raw(number) {
        kill_process(process, signal).ok();
    }
}

/// Waits until a child has ended, and leaves it to be waited for: until then its number is its own.
fn wait(child: Pid) -> io::Result<()> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    loop {
        let status = match waitid(WaitId::Pid(child), options) {
            Ok(Some(status)) => status,
            Ok(None) | Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        if !status.stopped() {
            return Ok(());
        }
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        waitid(WaitId::Pid(child), stopped).ok();
        if status.stopping_signal() != Some(Signal::STOP.as_raw()) && is_resumed(child) {
            continue;
        }
        // Whoever waits for this process is told that it stops, and resumes both. Where nobody
        // could, the kernel does not stop it (an orphaned process group).
        kill_process(getpid(), Signal::TSTP).ok();
    }
}

/// Returns whether a child that a terminal has stopped runs again before long. The terminal has
/// stopped this process as well then, and it runs only because both were resumed.
fn is_resumed(child: Pid) -> bool {
    let options = WaitIdOptions::CONTINUED | WaitIdOptions::EXITED;
    let options = options | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    (0..20).any(|_| match waitid(WaitId::Pid(child), options) {
        Ok(Some(_)) => true,
        _ => {
            thread::sleep(Duration::from_millis(5));
            false
        }
    })
}

fn waited(status: &WaitIdStatus) -> Ended {
    let number = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    match status.terminating_signal() {
        Some(signal) => Ended::Killed(number(signal)),
        None => Ended::Exited(status.exit_status().map_or(u8::MAX, number)),
    }
}

/// Has a program lead a process group of its own.
pub(super) fn lead_a_group(command: &mut Command) {
    command.process_group(0);
}

/// Returns what a child does, and leaves it to be waited for if it has ended: until then its number
/// is its own.
pub(super) fn state(child: &mut Child) -> io::Result<State> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::STOPPED;
    let options = options | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let Some(status) = waitid(WaitId::Pid(identity(child)?), options)? else {
        return Ok(State::Runs);
    };
    if !status.stopped() {
        return Ok(State::Ended);
    }
    let for_terminal = [Signal::TTIN, Signal::TTOU].map(Signal::as_raw).map(Some);
    let needs_terminal = for_terminal.contains(&status.stopping_signal());
    Ok(if needs_terminal { State::NeedsTerminal } else { State::Runs })
}

/// Kills a child and its process group. The number of the group belongs to it as long as the child
/// has not been waited for.
pub(super) fn kill_group(child: &mut Child) {
    if let Ok(group) = identity(child) {
        kill_process_group(group, Signal::KILL).ok();
    }
}

/// Returns how a child ended that was waited for.
pub(super) fn ended(status: ExitStatus) -> Ended {
    let number = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    match status.signal() {
        Some(signal) => Ended::Killed(number(signal)),
        None => Ended::Exited(status.code().map_or(u8::MAX, number)),
    }
}
