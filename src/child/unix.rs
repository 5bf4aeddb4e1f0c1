//! A command that gets the signals of this process.

use std::ffi::{OsStr, OsString};
use std::io;
use std::ops::Range;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, getpid, kill_process, kill_process_group,
    waitid,
};
use signal_hook::consts::{
    SIGABRT, SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPIPE, SIGPROF, SIGQUIT, SIGSYS, SIGTERM,
    SIGTRAP, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin, Sent};

use super::{ChildError, Ended, State, command};
use crate::file;
use crate::interrupt;

/// The forwarded signals: those that end a process, and the one that resumes it. Faults are not among
/// them, because a process cannot continue after SIGBUS, SIGFPE, SIGILL or SIGSEGV.
const FORWARDED: [i32; 17] = [
    SIGABRT, SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPIPE, SIGPROF, SIGQUIT, SIGSYS, SIGTERM,
    SIGTRAP, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
];

/// Signals of Linux: SIGSTKFLT and SIGPWR.
#[cfg(any(target_os = "linux", target_os = "android"))]
const OF_LINUX: [i32; 2] = [Signal::STKFLT.as_raw(), Signal::POWER.as_raw()];
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const OF_LINUX: [i32; 0] = [];

/// The real-time signals of Linux. The C library reserves up to three of them. They end a process
/// by default, but have no names, so the command gets SIGTERM instead.
const REAL_TIME: Range<i32> = if cfg!(target_os = "linux") { 32..65 } else { 0..0 };

/// Catches the signals that end a process, so that none is lost before the command has started.
#[derive(Debug)]
pub struct SignalForwarder(SignalsInfo<WithOrigin>);

impl SignalForwarder {
    /// Catches the signals, except those in `ignored`, which this process ignores because of
    /// nohup(1): one bit each, the lowest for signal 1. The command inherits that.
    pub fn new(ignored: u64) -> io::Result<Self> {
        // Rust ignores SIGPIPE in this process, but not in the command.
        let is_ignored = |signal: &i32| *signal != SIGPIPE && ignored >> (signal - 1) & 1 == 1;
        let caught = FORWARDED.into_iter().chain(OF_LINUX).filter(|signal| !is_ignored(signal));
        let signals = SignalsInfo::new(caught)?;
        for signal in REAL_TIME.filter(|signal| !is_ignored(signal)) {
            // The C library refuses those that it reserves.
            signals.add_signal(signal).ok();
        }
        Ok(Self(signals))
    }

    /// Runs a program with changes to its environment, calls `started` with its process ID, and
    /// waits until it ends.
    pub fn run(
        mut self,
        program: &OsStr,
        arguments: &[OsString],
        variables: &[(&str, Option<OsString>)],
        started: &mut dyn FnMut(u32),
    ) -> Result<Ended, ChildError> {
        let caught = self.0.pending().map(|origin| origin.signal);
        let caught = caught.into_iter().find(|signal| *signal != SIGCONT);
        // A signal that arrived before this handler was installed is pending.
        if let Some(signal) = caught.or_else(interrupt::pending_signal) {
            let signal = u8::try_from(signal).unwrap_or_default();
            return Err(ChildError::Interrupted { signal });
        }
        let caught = self.0.handle();
        let signals = &mut self.0;
        let child = thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            let forward = move || {
                let Ok(child) = receiver.recv() else { return };
                for origin in signals.forever() {
                    if is_for_child(&origin, child) {
                        signal(child, origin.signal);
                    }
                }
            };
            // The thread first: without it, a running command could not be ended.
            thread::Builder::new().spawn_scoped(scope, forward)?;
            let child = start(program, arguments, variables)?;
            sender.send(child).ok();
            started(child.as_raw_nonzero().get().unsigned_abs());
            let waited = wait(child);
            caught.close();
            waited.map(|()| child)
        })?;
        // Only now can its process ID be reused.
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
        // A script without an interpreter line runs in a shell, as with execvp(3).
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

/// Returns whether a signal must be forwarded, because it was sent to this process alone. The
/// kernel sends signals of a terminal to the whole process group, but a hangup only to the session
/// leader. Signals from the child itself are not forwarded, nor those from this process: the kernel
/// reports a closed pipe and the file size limit in its name.
fn is_for_child(origin: &Origin, child: Pid) -> bool {
    let is_own = origin.process.is_some_and(|sender| {
        [child, getpid()].map(|process| process.as_raw_nonzero().get()).contains(&sender.pid)
    });
    match origin.cause {
        Cause::Sent(Sent::User | Sent::TKill | Sent::Queue) => !is_own,
        Cause::Kernel => origin.signal == SIGHUP && file::is_session_leader(),
        Cause::Unknown => !matches!(origin.signal, SIGHUP | SIGINT | SIGQUIT | SIGSYS | SIGTRAP),
        _ => false,
    }
}

fn signal(process: Pid, number: i32) {
    let signal = if REAL_TIME.contains(&number) {
        Some(Signal::TERM)
    } else {
        Signal::from_named_raw(number)
    };
    if let Some(signal) = signal {
        kill_process(process, signal).ok();
    }
}

/// Waits until a child has ended, but does not reap it, so its process ID is not reused yet.
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
        // The parent of this process sees that it stops, and can resume both. In an orphaned
        // process group, where no process could, the kernel does not stop it.
        kill_process(getpid(), Signal::TSTP).ok();
    }
}

/// Returns whether a child that the terminal has stopped runs again within 100 ms. The terminal
/// stopped this process as well, so it runs only because both were resumed.
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

/// Makes a program the leader of a new process group.
pub(super) fn lead_a_group(command: &mut Command) {
    command.process_group(0);
}

/// Returns the state of a child, but does not reap it, so its process ID is not reused yet.
pub(super) fn state(child: &mut Child) -> io::Result<State> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::STOPPED;
    let options = options | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let Some(status) = waitid(WaitId::Pid(identity(child)?), options)? else {
        return Ok(State::Running);
    };
    if !status.stopped() {
        return Ok(State::Ended);
    }
    let for_terminal = [Signal::TTIN, Signal::TTOU].map(Signal::as_raw).map(Some);
    let needs_terminal = for_terminal.contains(&status.stopping_signal());
    Ok(if needs_terminal { State::NeedsTerminal } else { State::Running })
}

/// Kills a child and its process group. The caller has not reaped the child, so the group ID is not
/// reused.
pub(super) fn kill_group(child: &mut Child) {
    if let Ok(group) = identity(child) {
        kill_process_group(group, Signal::KILL).ok();
    }
}

pub(super) fn ended(status: ExitStatus) -> Ended {
    let number = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    match status.signal() {
        Some(signal) => Ended::Killed(number(signal)),
        None => Ended::Exited(status.code().map_or(u8::MAX, number)),
    }
}
