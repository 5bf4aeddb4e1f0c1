//! A program whose output is read, within limits of length and time.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(unix)]
use super::unix as system;
#[cfg(windows)]
use super::windows as system;
use super::{Ended, State, command};
use crate::interrupt::{self, SignalGuard};
use crate::secret::Secret;

/// How much a program may print, and how long it may run.
#[derive(Clone, Copy, Debug)]
pub struct CaptureLimits {
    /// The maximum length of its standard output, in bytes.
    pub output: usize,
    /// The length at which its standard error is cut, in bytes.
    pub messages: usize,
    /// The maximum running time.
    pub time: Duration,
}

/// Why the output of a program could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// A signal came.
    #[error("interrupted")]
    Interrupted,
    /// It cannot be started, or its output not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It wants to read from the terminal, or to change it, and is not in the foreground.
    #[error("it needs the terminal, which it does not have")]
    NeedsTerminal,
    /// It prints too much.
    #[error("it printed more than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// It takes too long.
    #[error("it did not end in {} seconds", .limit.as_secs_f64())]
    TooSlow {
        /// The limit.
        limit: Duration,
    },
}

/// The output of a program that has ended.
#[derive(Debug)]
pub struct Captured {
    /// Its standard output.
    pub output: Secret,
    /// How it ended.
    pub ended: Ended,
}

/// A running program, which is killed with its children unless it ends before this is dropped.
///
/// It has a process group of its own for that, and no standard input. Interruptions of this process
/// are held back meanwhile, so that none of them leaves it running.
#[derive(Debug)]
pub struct Capture {
    child: Child,
    is_over: bool,
    limits: CaptureLimits,
    start: Instant,
    arriving: Receiver<io::Result<Secret>>,
    output: Option<Secret>,
    messages: Arc<Mutex<Vec<u8>>>,
    end_of_messages: Receiver<()>,
    _guard: Option<SignalGuard>,
}

impl Capture {
    /// Starts a program with more or other variables in its environment, of which those without a
    /// value are removed.
    ///
    /// # Errors
    ///
    /// The operating system's.
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
        let (output_sender, arriving) = mpsc::channel();
        let (end_sender, end_of_messages) = mpsc::channel();
        let capture = Self {
            child,
            is_over: false,
            limits,
            start: Instant::now(),
            arriving,
            output: None,
            messages: Arc::clone(&messages),
            end_of_messages,
            _guard: guard,
        };
        // A thread that blocks for ever, because something outlives the group, ends with this
        // process.
        if let Some(stdout) = stdout {
            let read = move || output_sender.send(read(stdout, limits.output)).ok();
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

    /// Returns the output once the program has ended and closed it. It is to be called every few
    /// milliseconds.
    ///
    /// # Errors
    ///
    /// [`CaptureError`]; the program is to be killed then.
    pub fn poll(&mut self) -> Result<Option<Captured>, CaptureError> {
        if interrupt::is_pending() {
            return Err(CaptureError::Interrupted);
        }
        if self.output.is_none() {
            match self.arriving.try_recv() {
                Ok(output) => self.output = Some(output?),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
                }
            }
        }
        let limit = self.limits.output;
        if self.output.as_ref().is_some_and(|output| output.len() > limit) {
            return Err(CaptureError::TooLong { limit });
        }
        let state = system::state(&mut self.child)?;
        if state == State::NeedsTerminal {
            return Err(CaptureError::NeedsTerminal);
        }
        if let Some(output) = self.output.take_if(|_| state == State::Ended) {
            let ended = system::ended(self.child.wait()?);
            self.is_over = true;
            return Ok(Some(Captured { output, ended }));
        }
        if self.start.elapsed() >= self.limits.time {
            return Err(CaptureError::TooSlow { limit: self.limits.time });
        }
        Ok(None)
    }

    /// Returns the beginning of the standard error so far.
    #[must_use]
    pub fn messages(&self) -> String {
        // The end may be on its way yet.
        if self.is_over {
            self.end_of_messages.recv_timeout(LAST_WORDS).ok();
        }
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
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

/// How long to wait for the end of the standard error of a program that has ended.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Reads to the end, or a little past the limit.
fn read(mut stdout: ChildStdout, limit: usize) -> io::Result<Secret> {
    let mut output = Secret::with_capacity(CHUNK);
    let mut chunk = Secret::zeroed(CHUNK);
    while output.len() <= limit {
        match stdout.read(chunk.expose_mut()) {
            Ok(0) => break,
            Ok(count) => output.push(chunk.expose().get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(output)
}

/// Reads to the end, and keeps the beginning.
fn keep_beginning(mut stream: impl Read, kept: &Mutex<Vec<u8>>, limit: usize) {
    let mut chunk = [0; CHUNK];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
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
        // A program that it leaves running is left running.
        let (captured, _) = capture("sleep 0.3 > /dev/null 2> /dev/null & echo x", LIMITS);
        assert_eq!(captured.unwrap().output.expose(), b"x\n");
    }

    #[test]
    fn endless_output_is_cut_and_killed() {
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
        // The zombie is that of init, or of whatever there is in its place.
        let script = format!("ps -o stat= -p {} | grep -v Z", messages.trim());
        let (captured, _) = capture(&script, LIMITS);
        assert_eq!(captured.unwrap().output.expose(), b"");
    }
}
