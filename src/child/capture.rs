//! Reading the output of a program, within limits of length and time.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::mem;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(unix)]
use super::unix as system;
#[cfg(windows)]
use super::windows as system;
use super::{Ended, State, command};
use crate::interrupt::{self, SignalGuard};
use crate::secret::Secret;

/// Limits for a program.
#[derive(Clone, Copy, Debug)]
pub struct CaptureLimits {
    /// The maximum length of its standard output, in bytes.
    pub output: usize,
    /// The length at which its standard error is cut, in bytes.
    pub messages: usize,
    /// The maximum running time.
    pub time: Duration,
}

/// The reason the output of a program is not available.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    #[error("interrupted")]
    Interrupted,
    /// It cannot be started, or its output cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It was stopped when it tried to read from the terminal or to change it.
    #[error("it needs the terminal, but is not in the foreground")]
    NeedsTerminal,
    #[error("it printed more than {limit} bytes")]
    TooLong { limit: usize },
    #[error("it did not exit within {} seconds", .limit.as_secs_f64())]
    TooSlow { limit: Duration },
}

/// The output of a program that has ended.
#[derive(Debug)]
pub struct Captured {
    pub output: Secret,
    pub ended: Ended,
}

/// A running program. Dropping this kills it and its children, unless it has ended.
///
/// It runs in a separate process group, without standard input. Signals to this process are
/// deferred until then, so that no interruption leaves the program running.
#[derive(Debug)]
pub struct Capture {
    child: Child,
    is_over: bool,
    limits: CaptureLimits,
    start: Instant,
    output: Arc<Mutex<Secret>>,
    end_of_output: Receiver<io::Result<()>>,
    is_output_complete: bool,
    /// The time when the end of the program was noticed.
    ended: Option<Instant>,
    messages: Arc<Mutex<Vec<u8>>>,
    end_of_messages: Receiver<()>,
    _guard: Option<SignalGuard>,
}

impl Capture {
    /// Starts a program with changes to its environment; a variable without a value is removed.
    pub fn start(
        program: &OsStr,
        arguments: &[OsString],
        variables: &[(&str, Option<OsString>)],
        limits: CaptureLimits,
    ) -> io::Result<Self> {
        let guard = interrupt::defer_signals_once();
        let mut command = command(program, arguments, variables);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        system::lead_a_group(&mut command);
        let mut child = command.spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let messages = Arc::new(Mutex::new(Vec::new()));
        let output = Arc::new(Mutex::new(Secret::default()));
        let (output_sender, end_of_output) = mpsc::channel();
        let (end_sender, end_of_messages) = mpsc::channel();
        let capture = Self {
            child,
            is_over: false,
            limits,
            start: Instant::now(),
            output: Arc::clone(&output),
            end_of_output,
            is_output_complete: false,
            ended: None,
            messages: Arc::clone(&messages),
            end_of_messages,
            _guard: guard,
        };
        // If a process outlives the group, the thread blocks until this process ends.
        if let Some(stdout) = stdout {
            let read = move || output_sender.send(read(stdout, &output, limits.output)).ok();
            thread::Builder::new().spawn(read)?;
        }
        if let Some(stderr) = stderr {
            let read = move || {
                keep_beginning(stderr, &messages, limits.messages);
                end_sender.send(()).ok()
            };
            thread::Builder::new().spawn(read)?;
        }
        Ok(capture)
    }

    /// Returns the output once the program has ended. A child of the program that keeps the output
    /// open is not waited for. Call this every few milliseconds; on an error, drop it to kill the
    /// program.
    pub fn poll(&mut self) -> Result<Option<Captured>, CaptureError> {
        if interrupt::is_pending() {
            return Err(CaptureError::Interrupted);
        }
        if !self.is_output_complete {
            match self.end_of_output.try_recv() {
                Ok(read) => {
                    read?;
                    self.is_output_complete = true;
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
                }
            }
        }
        let limit = self.limits.output;
        if locked(&self.output).len() > limit {
            return Err(CaptureError::TooLong { limit });
        }
        match system::state(&mut self.child)? {
            State::NeedsTerminal => return Err(CaptureError::NeedsTerminal),
            State::Ended => {
                let ended = *self.ended.get_or_insert_with(Instant::now);
                if self.is_output_complete || ended.elapsed() >= MAX_WAIT_FOR_OUTPUT {
                    let ended = system::ended(self.child.wait()?);
                    self.is_over = true;
                    let output = mem::take(&mut *locked(&self.output));
                    return Ok(Some(Captured { output, ended }));
                }
            }
            State::Running => {}
        }
        if self.start.elapsed() >= self.limits.time {
            return Err(CaptureError::TooSlow { limit: self.limits.time });
        }
        Ok(None)
    }

    /// Returns the beginning of the standard error so far.
    pub fn messages(&self) -> String {
        // The end may not have arrived yet.
        if self.is_over {
            self.end_of_messages.recv_timeout(MAX_WAIT_FOR_MESSAGES).ok();
        }
        let messages = locked(&self.messages);
        String::from_utf8_lossy(&messages).into_owned()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        if !self.is_over {
            system::kill_group(&mut self.child);
            self.child.wait().ok();
        }
    }
}

/// Maximum wait for the end of the output of a program that has ended.
const MAX_WAIT_FOR_OUTPUT: Duration = Duration::from_millis(500);

/// Maximum wait for the end of the standard error of a program that has ended.
const MAX_WAIT_FOR_MESSAGES: Duration = Duration::from_millis(200);

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads to the end, or to slightly more than the limit.
fn read(mut stdout: ChildStdout, output: &Mutex<Secret>, limit: usize) -> io::Result<()> {
    let mut chunk = Secret::zeroed(CHUNK);
    loop {
        match stdout.read(chunk.expose_mut()) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                let mut output = locked(output);
                output.push(chunk.expose().get(..count).unwrap_or_default());
                if output.len() > limit {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads to the end, and keeps the first `limit` bytes.
fn keep_beginning(mut stream: impl Read, kept: &Mutex<Vec<u8>>, limit: usize) {
    let mut chunk = [0; CHUNK];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => {
                let mut kept = locked(kept);
                let wanted = count.min(limit.saturating_sub(kept.len()));
                kept.extend_from_slice(chunk.get(..wanted).unwrap_or_default());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

const CHUNK: usize = 1 << 12;

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    const LIMITS: CaptureLimits =
        CaptureLimits { output: 1 << 10, messages: 16, time: Duration::from_secs(20) };

    fn capture(script: &str, limits: CaptureLimits) -> (Result<Captured, CaptureError>, String) {
        let words = ["-c", script].map(OsString::from);
        let variables = [("HOME", None)];
        let mut capture = Capture::start(OsStr::new("sh"), &words, &variables, limits).unwrap();
        loop {
            if let Some(captured) = capture.poll().transpose() {
                let messages = capture.messages();
                return (captured, messages);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn output_and_messages_are_returned() {
        let (captured, messages) =
            capture("echo out$HOME; echo 0123456789abcdefgh >&2; exit 3", LIMITS);
        let Captured { output, ended } = captured.unwrap();
        assert_eq!((output.expose(), ended), (&b"out\n"[..], Ended::Exited(3)));
        assert_eq!(messages, "0123456789abcdef");
        let (captured, _) = capture("kill -9 $$", LIMITS);
        assert_eq!(captured.unwrap().ended, Ended::Killed(9));
        // A background process that it started keeps running.
        let (captured, _) = capture("sleep 0.3 > /dev/null 2> /dev/null & echo x", LIMITS);
        assert_eq!(captured.unwrap().output.expose(), b"x\n");
    }

    #[test]
    fn background_child_with_output_is_not_awaited() {
        let start = Instant::now();
        let (captured, _) = capture("sleep 15 & echo x", LIMITS);
        let Captured { output, ended } = captured.unwrap();
        assert_eq!((output.expose(), ended), (&b"x\n"[..], Ended::Exited(0)));
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn endless_output_is_stopped() {
        let (captured, _) = capture("yes", LIMITS);
        assert!(matches!(captured, Err(CaptureError::TooLong { limit: 1024 })), "{captured:?}");
        let (captured, _) = capture("yes >&2 & sleep 0.1; kill $!; echo x", LIMITS);
        assert_eq!(captured.unwrap().output.expose(), b"x\n");
    }

    #[test]
    fn children_are_killed_with_the_program() {
        let limits = CaptureLimits { time: Duration::from_millis(300), ..LIMITS };
        let start = Instant::now();
        let (captured, messages) = capture("sleep 600 & echo $! >&2; sleep 600", limits);
        assert!(matches!(captured, Err(CaptureError::TooSlow { .. })), "{captured:?}");
        assert!(start.elapsed() < Duration::from_secs(10));
        // It may still be a zombie of init.
        let script = format!("ps -o stat= -p {} | grep -v Z", messages.trim());
        let (captured, _) = capture(&script, LIMITS);
        assert_eq!(captured.unwrap().output.expose(), b"");
    }
}
