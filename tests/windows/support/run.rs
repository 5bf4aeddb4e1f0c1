//! Running a program with a time limit.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Write};
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A program that has not started yet, with its arguments, environment and input.
pub(crate) struct Launch {
    command: Command,
    input: Vec<u8>,
    limit: Duration,
}

impl Launch {
    /// Prepares a program by path or name. Its environment contains only the variables set by
    /// [`Launch::env`].
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.env_clear();
        Self { command, input: Vec::new(), limit: Duration::from_secs(60) }
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

    /// Sets the contents of standard input, which is empty by default.
    pub(crate) fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs the program without a console.
    pub(crate) fn without_console(mut self) -> Self {
        self.command.creation_flags(DETACHED_PROCESS);
        self
    }

    /// Runs the program, and waits until it has ended and no process has its output open.
    #[track_caller]
    pub(crate) fn run(mut self) -> Run {
        let input = std::mem::take(&mut self.input);
        let limit = self.limit;
        let mut running = self.start();
        let mut stdin = running.stdin.take().unwrap();
        // A program may ignore its input: a broken pipe is not an error.
        thread::spawn(move || stdin.write_all(&input));
        running.end(limit)
    }

    /// Starts the program; its input stays open.
    #[track_caller]
    pub(crate) fn start(self) -> Running {
        self.start_with(captured)
    }

    /// Like [`Launch::run`], but closes the output after its first byte.
    #[track_caller]
    pub(crate) fn run_with_early_close(self) -> Run {
        let limit = self.limit;
        let mut running = self.start_with(|mut stdout| {
            stdout.read_exact(&mut [0]).unwrap();
            captured(std::io::empty())
        });
        drop(running.stdin.take());
        running.end(limit)
    }

    #[track_caller]
    fn start_with(mut self, take: impl FnOnce(ChildStdout) -> Receiver<Vec<u8>>) -> Running {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
        let spawned = self.command.spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("cannot start {line}: {error}"));
        Running {
            stdin: child.stdin.take(),
            stdout: take(child.stdout.take().unwrap()),
            stderr: captured(child.stderr.take().unwrap()),
            child,
            line,
        }
    }
}

/// `DETACHED_PROCESS`
/// (<https://learn.microsoft.com/en-us/windows/win32/procthread/process-creation-flags>).
const DETACHED_PROCESS: u32 = 8;

/// Reads a stream to its end in a thread.
fn captured(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // On an error, the bytes so far are returned.
        let _ = stream.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// A program that has started.
pub(crate) struct Running {
    child: Child,
    line: String,
    /// Its input, until it is dropped.
    pub(crate) stdin: Option<ChildStdin>,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
}

impl Running {
    /// Kills the program, but not its children; returns `false` if it had ended.
    #[track_caller]
    pub(crate) fn kill(mut self) -> bool {
        let was_alive = self.child.try_wait().unwrap().is_none() && self.child.kill().is_ok();
        self.child.wait().unwrap();
        was_alive
    }

    /// Waits until the program has ended and no process has its output open. After `limit`, kills
    /// it and fails the test.
    #[track_caller]
    pub(crate) fn end(mut self, limit: Duration) -> Run {
        let start = Instant::now();
        let status = loop {
            let status = self.child.try_wait().unwrap();
            if status.is_some() || start.elapsed() > limit {
                break status;
            }
            thread::sleep(Duration::from_millis(2));
        };
        if status.is_none() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
        let rest = || (limit + Duration::from_secs(5)).saturating_sub(start.elapsed());
        let stdout = self.stdout.recv_timeout(rest());
        let stderr = self.stderr.recv_timeout(rest());
        let is_whole = stdout.is_ok() && stderr.is_ok();
        let run = Run {
            line: self.line,
            code: status.as_ref().and_then(ExitStatus::code),
            stdout: stdout.unwrap_or_default(),
            stderr: String::from_utf8_lossy(&stderr.unwrap_or_default()).into_owned(),
        };
        assert!(status.is_some() && is_whole, "not ended in time: {run}");
        run
    }
}

/// The exit status and output of a program.
#[derive(Debug)]
pub(crate) struct Run {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Run {
    /// Fails the test unless the exit status is 0.
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        self.ends_with(0)
    }

    /// Fails the test unless the exit status is `code`, with an error message.
    #[track_caller]
    pub(crate) fn fails_with(self, code: i32) -> Self {
        let run = self.ends_with(code);
        assert!(run.stderr.starts_with("keypair: "), "no error message: {run}");
        run
    }

    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "wrong exit status: {self}");
        self
    }

    /// Fails the test unless stderr contains all of these.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "not in stderr: {word}\n{self}");
        }
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
        let Self { line, code, stdout, stderr } = self;
        let stdout = String::from_utf8_lossy(stdout);
        write!(
            formatter,
            "{line}\nexit status {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---"
        )
    }
}

/// Splits a command line at spaces.
pub(crate) fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

#[test]
fn exit_status_and_output_are_captured() {
    let run = Launch::new("cmd").args(["/c", "echo out& echo oops>&2& exit 7"]).run().ends_with(7);
    assert_eq!((run.text().trim(), run.stderr.trim()), ("out", "oops"));
    let run = Launch::new("cmd").args(["/c", "if defined USERPROFILE exit 1"]).run();
    run.success();
}

#[test]
#[should_panic(expected = "wrong exit status")]
fn wrong_exit_status_fails() {
    Launch::new("cmd").args(["/c", "exit 7"]).run().success();
}

#[test]
#[should_panic(expected = "not ended in time")]
fn hanging_program_is_killed() {
    let mut launch = Launch::new("cmd").args(["/c", "set /p line="]);
    launch.limit = Duration::from_millis(300);
    let limit = launch.limit;
    let mut running = launch.start();
    let stdin = running.stdin.take();
    running.end(limit);
    drop(stdin);
}
