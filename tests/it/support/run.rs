//! Runs a program under a time limit and captures its output.

use std::ffi::OsStr;
use std::fmt;
use std::io::{Read, Write};
use std::mem;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, RawMode};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, ioctl_tiocsctty, kill_process_group, setrlimit, setsid, umask,
};
use serde_json::Value;

/// A program that has not started yet: arguments and surroundings.
pub(crate) struct Launch {
    pub(super) command: Command,
    pub(super) limit: Duration,
    input: Vec<u8>,
    umask: Mode,
    processor_seconds: Option<u64>,
}

impl Launch {
    /// Prepares the program at a path. Its environment is empty except for [`Launch::env`], and its
    /// umask is 022.
    pub(crate) fn new(program: &Path) -> Self {
        let mut command = Command::new(program);
        command.env_clear();
        Self {
            command,
            limit: Duration::from_secs(60),
            input: Vec::new(),
            umask: Mode::WGRP | Mode::WOTH,
            processor_seconds: None,
        }
    }

    /// Kills each process that uses more CPU time than this.
    pub(crate) fn processor_seconds(mut self, seconds: Option<u64>) -> Self {
        self.processor_seconds = seconds;
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the working directory.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets standard input, which is empty by default.
    pub(crate) fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Sets the umask, such as `0o077`.
    pub(crate) fn umask(mut self, mask: RawMode) -> Self {
        self.umask = Mode::from_raw_mode(mask);
        self
    }

    /// Sets the time limit, one minute by default. A program that exceeds it is killed and fails
    /// the test.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs the program. Waits until it and all processes that share its output have ended.
    #[track_caller]
    pub(crate) fn run(mut self) -> Run {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let line = self.line();
        let mut child = self.spawn(false);
        let mut stdin = child.stdin.take().unwrap();
        let input = mem::take(&mut self.input);
        // Ignores a broken pipe, because a program may leave its input unread.
        thread::spawn(move || stdin.write_all(&input));
        let stdout = Capture::of(child.stdout.take().unwrap());
        let stderr = Capture::of(child.stderr.take().unwrap());
        let status = wait(&mut child, self.limit, || stdout.ended() && stderr.ended());
        Run::of(line, status, stdout.bytes(), &stderr.bytes())
    }

    /// Kills the program a time after its start, and then the programs that it started. Returns
    /// whether it was killed.
    pub(crate) fn kill_after(mut self, time: Duration) -> bool {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = self.spawn(false);
        thread::sleep(time);
        child.kill().unwrap();
        // Ignores a group without other programs.
        let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
        child.wait().unwrap().signal() == Some(9)
    }

    /// Returns the command line for display.
    pub(super) fn line(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
        words.join(" ")
    }

    /// Starts the program in a new session, away from the terminal of the test run, and resets
    /// ignored signals. On request, its standard input becomes the controlling terminal.
    #[expect(unsafe_code, reason = "std has no safe function that opens a session")]
    pub(super) fn spawn(&mut self, on_terminal: bool) -> Child {
        let processor_seconds = self.processor_seconds;
        let mask = self.umask;
        let prepare = move || {
            setsid()?;
            for number in SOMETIMES_IGNORED {
                // SAFETY: no handler is set, and signal(3) may be called between fork and exec.
                unsafe { signal(number, DEFAULT_ACTION) };
            }
            if on_terminal {
                ioctl_tiocsctty(rustix::stdio::stdin())?;
            }
            umask(mask);
            if let Some(seconds) = processor_seconds {
                let limit = Rlimit { current: Some(seconds), maximum: Some(seconds) };
                setrlimit(Resource::Cpu, limit)?;
            }
            Ok(())
        };
        // SAFETY: between fork and exec, the closure only makes system calls and allocates nothing.
        unsafe { self.command.pre_exec(prepare) };
        self.command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", self.line()))
    }
}

/// HUP, INT, QUIT and XFSZ. nohup(1), background jobs of a shell, and Python start programs with
/// these ignored. std itself resets PIPE.
const SOMETIMES_IGNORED: [i32; 4] = [1, 2, 3, 25];

/// `SIG_DFL`.
const DEFAULT_ACTION: usize = 0;

#[expect(unsafe_code, reason = "std has no safe function that sets a signal action")]
unsafe extern "C" {
    fn signal(number: i32, action: usize) -> usize;
}

/// Waits until `child` has ended and `drained` returns true. Kills its session after `limit`.
pub(super) fn wait(
    child: &mut Child,
    limit: Duration,
    drained: impl Fn() -> bool,
) -> Option<ExitStatus> {
    let start = Instant::now();
    loop {
        let status = child.try_wait().unwrap();
        if status.is_some() && drained() {
            return status;
        }
        if start.elapsed() > limit {
            kill_session(child);
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Kills a program of [`Launch::spawn`] and its children in the same session.
pub(super) fn kill_session(child: &mut Child) {
    // Ignores a group that has already ended.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    child.wait().unwrap();
}

/// The bytes that a thread has read from a stream so far.
#[derive(Debug)]
pub(super) struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Capture {
    /// Reads `stream` until it ends or fails. A terminal fails when its last program has ended.
    pub(super) fn of(mut stream: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut chunk) {
                sink.lock().unwrap().extend_from_slice(&chunk[..length]);
            }
        });
        Self { bytes, reader }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }

    pub(super) fn ended(&self) -> bool {
        self.reader.is_finished()
    }
}

/// Exit status and output of a program.
#[derive(Debug)]
pub(crate) struct Run {
    line: String,
    /// The exit status, unless a signal ended the program.
    pub(crate) code: Option<i32>,
    /// The signal that ended the program.
    pub(crate) signal: Option<i32>,
    /// Standard output, or everything that a terminal received.
    pub(crate) stdout: Vec<u8>,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    /// Builds the result. Fails the test if the program exceeded its time limit.
    #[track_caller]
    pub(super) fn of(
        line: String,
        status: Option<ExitStatus>,
        stdout: Vec<u8>,
        stderr: &[u8],
    ) -> Self {
        let run = Self {
            line,
            code: status.and_then(|status| status.code()),
            signal: status.and_then(|status| status.signal()),
            stdout,
            stderr: String::from_utf8_lossy(stderr).into_owned(),
        };
        assert!(status.is_some(), "killed after the time limit: {run}");
        run
    }

    /// Fails the test unless the exit status is 0.
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        self.ends_with(0)
    }

    /// Fails the test unless the exit status is `code`, a failure.
    #[track_caller]
    pub(crate) fn fails_with(self, code: i32) -> Self {
        self.ends_with(code)
    }

    #[track_caller]
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "wrong exit status: {self}");
        self
    }

    /// Returns standard output as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Returns standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}\nexit status {:?}, signal {:?}\n--- stdout\n{}\n--- stderr\n{}\n---",
            self.line,
            self.code,
            self.signal,
            String::from_utf8_lossy(&self.stdout),
            self.stderr,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Launch {
        Launch::new(Path::new("/bin/sh")).args(["-c", script])
    }

    #[test]
    fn run_captures_status_and_output() {
        let run = shell("cat; echo oops >&2; exit 7").stdin("{\"a\":1}").run().fails_with(7);
        assert_eq!(run.json()["a"], 1);
        assert_eq!(run.stderr, "oops\n");
        assert_eq!(shell("kill -9 $$").run().signal, Some(9));
    }

    #[test]
    fn run_unread_input_succeeds() {
        shell("exit 0").stdin(vec![0; 1 << 20]).run().success();
    }

    #[test]
    #[should_panic(expected = "wrong exit status")]
    fn run_unexpected_exit_status_panics() {
        shell("exit 7").run().success();
    }

    #[test]
    #[should_panic(expected = "halfway")]
    fn run_hanging_program_panics_with_its_output() {
        let limit = Duration::from_millis(500);
        shell("echo halfway; sleep 60").limit(limit).run();
    }

    #[test]
    fn kill_after_kills_running_program_only() {
        assert!(shell("sleep 60 & sleep 60").kill_after(Duration::from_millis(100)));
        assert!(!shell("exit 0").kill_after(Duration::from_secs(1)));
    }

    #[test]
    #[should_panic(expected = "killed after the time limit")]
    fn run_child_that_outlives_program_panics() {
        let limit = Duration::from_millis(500);
        shell("sleep 60 & exit 0").limit(limit).run();
    }

    #[test]
    fn run_resets_ignored_signals() {
        let ignored = shell("grep SigIgn /proc/self/status || echo 0").run().success();
        let ignored = ignored.text().split_whitespace().last().unwrap().to_owned();
        assert_eq!(u64::from_str_radix(&ignored, 16).unwrap() & 0b111, 0, "{ignored}");
    }

    #[test]
    fn run_has_no_terminal_and_uses_umask() {
        shell("(true </dev/tty) && exit 9; exit 0").run().success();
        assert_eq!(shell("umask").run().text().trim(), "0022");
        assert_eq!(shell("umask").umask(0o077).run().text().trim(), "0077");
    }
}
