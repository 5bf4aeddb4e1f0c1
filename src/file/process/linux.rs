//! Identities and states of processes from `/proc` (proc(5)).

#![expect(clippy::disallowed_methods, reason = "this module owns files")]

use std::fs;
use std::io::{Error, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::ProcessState;

pub const CAN_IDENTIFY: bool = true;

/// Returns an identity of a process that no other process ever has: boot ID, PID namespace,
/// process ID and start time.
pub fn identify(process: u32) -> Option<String> {
    let Status { start, .. } = status(process)?;
    Some(format!("{} {process} {start}", boot_and_namespace()?))
}

/// Returns an identity of the process that this one is about to start: the identity of this
/// process, and its session.
pub fn identify_parent() -> Option<String> {
    let session = status(std::process::id())?.session;
    Some(format!("{} {session}", identify(std::process::id())?))
}

/// Returns whether this process is a session leader.
///
/// getsid(2) returns 0 if the leader is in another PID namespace, and rustix may not return 0.
pub fn is_session_leader() -> bool {
    let own = std::process::id();
    status(own).is_some_and(|status| u32::try_from(status.session) == Ok(own))
}

/// Returns the state of the process with this identity. The process of [`identify_parent`] has
/// the path `directory` in its environment or arguments, and its parent has ended.
///
/// Returns `Unknown` for another boot or PID namespace: its processes are not visible.
pub fn state(identity: &str, directory: &Path) -> ProcessState {
    let parts: Vec<&str> = identity.split(' ').collect();
    let [boot, namespace, process, start, session @ ..] = &parts[..] else {
        return ProcessState::Unknown;
    };
    let (Ok(process), Ok(start)) = (process.parse(), start.parse::<u64>()) else {
        return ProcessState::Unknown;
    };
    if boot_and_namespace().is_none_or(|own| own != format!("{boot} {namespace}")) {
        return ProcessState::Unknown;
    }
    match (state_of(process, start), session) {
        (state, []) => state,
        (ProcessState::Ended, [session]) => match session.parse() {
            Ok(session) => state_of_child(start, session, directory),
            Err(_) => ProcessState::Unknown,
        },
        _ => ProcessState::Unknown,
    }
}

fn state_of(process: u32, start: u64) -> ProcessState {
    // `/proc` may hide processes of other users, and a command can change its user.
    if does_not_exist(process) {
        return ProcessState::Ended;
    }
    match status(process) {
        Some(found) if found.start != start || found.has_ended => ProcessState::Ended,
        Some(_) => ProcessState::Running,
        None => ProcessState::Unknown,
    }
}

/// Returns the state of a process, and its children, that started at `start` or later with a
/// path in its environment or arguments.
fn state_of_child(start: u64, session: i32, path: &Path) -> ProcessState {
    // `/proc` may hide processes of other users.
    let (Some(_), Ok(entries)) = (status(1), fs::read_dir("/proc")) else {
        return ProcessState::Unknown;
    };
    let processes = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut state = ProcessState::Ended;
    for process in processes {
        let Some(found) = status(process).filter(|found| found.may_use(start)) else {
            continue;
        };
        let words = ["environ", "cmdline"].map(|file| fs::read(format!("/proc/{process}/{file}")));
        match words {
            // It is being started.
            [Ok(variables), Ok(_)] if variables.is_empty() => {
                state = ProcessState::Unknown;
            }
            [Ok(variables), Ok(arguments)]
                if contains(&variables, path) || contains(&arguments, path) =>
            {
                return ProcessState::Running;
            }
            [Ok(_), Ok(_)] => {}
            [Err(error), _] | [_, Err(error)] if is_of_ended(&error) => {}
            // The command may have changed its user, but hardly its session.
            _ if found.session == session => state = ProcessState::Unknown,
            _ => {}
        }
    }
    state
}

fn contains(variables: &[u8], path: &Path) -> bool {
    let path = path.as_os_str().as_bytes();
    variables.windows(path.len().max(1)).any(|part| part == path)
}

fn is_of_ended(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

fn does_not_exist(process: u32) -> bool {
    let number = i32::try_from(process).ok().and_then(Pid::from_raw);
    number.is_some_and(|number| test_kill_process(number) == Err(Errno::SRCH))
}

/// Returns the boot ID and the PID namespace of this process.
fn boot_and_namespace() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), namespace.to_str()?))
}

struct Status {
    session: i32,
    /// In ticks since the boot.
    start: u64,
    /// It is a zombie or dead.
    has_ended: bool,
    /// Kernel threads have none.
    has_memory: bool,
}

impl Status {
    /// Returns whether it may be a process that was started at this time or later.
    fn may_use(&self, start: u64) -> bool {
        self.start >= start && !self.has_ended && self.has_memory
    }
}

fn status(process: u32) -> Option<Status> {
    let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program name before it can contain any character (proc_pid_stat(5)).
    let (_, fields) = line.rsplit_once(") ")?;
    let fields: Vec<_> = fields.split(' ').collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Status {
        session: fields.get(3)?.parse().ok()?,
        start: number(19)?,
        has_ended: matches!(*fields.first()?, "Z" | "X"),
        has_memory: number(20)? != 0,
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, id};
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn state_of_identity(identity: &str) -> ProcessState {
        state(identity, Path::new("/no/such/directory"))
    }

    #[test]
    fn ended_process_is_recognized() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let identity = identify(child.id()).unwrap();
        assert_eq!(state_of_identity(&identity), ProcessState::Running);
        child.kill().unwrap();
        // Until it is waited for, it keeps its process ID.
        while state_of_identity(&identity) != ProcessState::Ended {}
        child.wait().unwrap();
        assert_eq!(state_of_identity(&identity), ProcessState::Ended);
    }

    #[test]
    fn process_of_other_namespace_is_unknown() {
        let own = identify(id()).unwrap();
        let [boot, namespace, number, start] =
            <[&str; 4]>::try_from(own.split(' ').collect::<Vec<_>>()).unwrap();
        for (identity, expected) in [
            (format!("{boot} {namespace} {number} 1"), ProcessState::Ended),
            (format!("{boot} {namespace} 4194305 {start}"), ProcessState::Ended),
            (own.clone(), ProcessState::Running),
            (format!("another {namespace} {number} 1"), ProcessState::Unknown),
            (format!("{boot} pid:[1] {number} 1"), ProcessState::Unknown),
            (format!("{boot} {namespace} {number}"), ProcessState::Unknown),
            (format!("{boot} {namespace} {number} x"), ProcessState::Unknown),
            (format!("{boot} {namespace} {number} 1 x"), ProcessState::Unknown),
            (format!("{boot} {namespace} {number} 1 2 3"), ProcessState::Unknown),
            // The parent runs.
            (identify_parent().unwrap(), ProcessState::Unknown),
            (String::new(), ProcessState::Unknown),
        ] {
            assert_eq!(state_of_identity(&identity), expected, "{identity}");
        }
    }

    /// The parent was killed before it recorded the child.
    #[test]
    fn child_is_found_by_its_environment() {
        let directory = tempfile::tempdir().unwrap();
        let script = "echo $$; sleep 60 & echo $!";
        let mut parent = Command::new("sh");
        parent.args(["-c", script]).env("FILE", directory.path().join("key"));
        let printed =
            parent.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
        let mut parent = printed.spawn().unwrap();
        let start = status(parent.id()).unwrap().start;
        let mut lines =
            std::io::BufRead::lines(std::io::BufReader::new(parent.stdout.take().unwrap()));
        let mut line = || lines.next().unwrap().unwrap();
        let (parent_id, child) = (line(), line());
        parent.wait().unwrap();
        let identity = format!("{} {parent_id} {start} 1", boot_and_namespace().unwrap());
        assert_eq!(state(&identity, directory.path()), ProcessState::Running);
        Command::new("kill").arg(child).status().unwrap();
        // Other tests start processes at the same time.
        let has_ended = |_| {
            thread::sleep(Duration::from_millis(20));
            state(&identity, directory.path()) == ProcessState::Ended
        };
        assert!((0..500).any(has_ended));
    }
}
