//! The standard streams. Responses go to stdout and messages to stderr. Prompts need a terminal.

#![expect(clippy::disallowed_methods, reason = "this module owns the standard streams")]

mod bytes;
mod prompt;
mod redact;
mod screen;
#[cfg(unix)]
mod streams;

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

pub use self::prompt::PromptError;
pub use self::redact::Redactor;
#[cfg(unix)]
pub use self::streams::take as take_streams;
use super::options::ErrorFormatArg;
use super::output::visible;
use crate::file;
use crate::registry::Cause;
use crate::secret::Secret;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only errors.
    Quiet,
    /// Errors, warnings, notes and hints.
    #[default]
    Normal,
    /// All messages, including the steps of the work.
    Debug,
}

/// The standard streams of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    pub verbosity: Verbosity,
    /// Removes secrets from messages.
    pub redactor: Option<&'static Redactor>,
    pub error_format: ErrorFormatArg,
    /// The program runs as `aws`, so errors begin as those of the AWS CLI.
    pub is_aws: bool,
}

impl Terminal {
    pub fn stdout_is_terminal(self) -> bool {
        io::stdout().is_terminal()
    }

    /// Returns the width of the terminal at stdout, in columns.
    pub fn width(self) -> Option<usize> {
        screen::width()
    }

    /// Returns true if stdout interprets color codes. Anything but a terminal passes them on.
    pub fn takes_colors(self) -> bool {
        screen::takes_colors()
    }

    /// Returns true if stdout is a file that other users can read.
    pub fn stdout_is_readable_by_others(self) -> bool {
        file::is_handle_readable_by_others(io::stdout())
    }

    pub fn stdout_is_file(self) -> bool {
        file::is_file(io::stdout())
    }

    pub fn stdout_is_null(self) -> bool {
        file::is_null_device(io::stdout())
    }

    /// Checks that stdout is open for writing.
    pub fn check_stdout_is_writable(self) -> io::Result<()> {
        file::check_open_for_writing(io::stdout())
    }

    /// Writes all of `contents` to stdout. A closed pipe is an error, unlike in
    /// [`Terminal::print`].
    pub fn write(self, contents: &[u8]) -> io::Result<()> {
        bytes::write_all(io::stdout().lock(), contents)
    }

    /// Writes to stdout. A reader that closed the pipe is not an error.
    pub fn print(self, contents: &[u8]) -> io::Result<()> {
        ignore_closed_pipe(self.write(contents))
    }

    /// Writes a text of several lines to stdout. On a terminal, escapes characters that would act
    /// on it.
    pub fn write_text(self, text: &Secret) -> io::Result<()> {
        if self.stdout_is_terminal() {
            self.write(escape(text).expose())
        } else {
            self.write(text.expose())
        }
    }

    /// Writes CI commands to stderr, at every verbosity.
    ///
    /// # Errors
    ///
    /// [`CommandsLost`]; the caller must not print the secret then.
    pub fn command(self, commands: &Secret) -> io::Result<()> {
        let stderr = io::stderr().lock();
        if file::is_null_device(&stderr) {
            return Err(io::Error::other(CommandsLost(ErrorKind::WriteZero.into())));
        }
        let escaped;
        let commands = if stderr.is_terminal() {
            escaped = escape(commands);
            &escaped
        } else {
            commands
        };
        let written = bytes::write_all(stderr, commands.expose());
        written.map_err(|source| io::Error::other(CommandsLost(source)))
    }

    /// Reports a panic in one line. The default report may lack the memory for a backtrace, and the
    /// process then deadlocks.
    pub fn report_panics(self) {
        panic::set_hook(Box::new(move |panic| {
            self.error(format_args!("internal error: {panic}"));
        }));
    }

    /// Prints a help text that the user did not ask for, to stderr.
    pub fn show_help(self, help: impl Display) {
        // Ignore write errors on stderr: there is nowhere to report them.
        write!(io::stderr(), "{help}").ok();
    }

    pub fn error(self, sentence: impl Display) {
        self.say(Verbosity::Quiet, "error", sentence);
    }

    /// Prints an error in a format for programs.
    pub fn print_error(self, page: &Secret) {
        // Ignore write errors on stderr: there is nowhere to report them.
        io::stderr().write_all(page.expose()).ok();
    }

    pub fn warn(self, sentence: impl Display) {
        self.say(Verbosity::Normal, "warning", sentence);
    }

    pub fn hint(self, sentence: impl Display) {
        self.say(Verbosity::Normal, "hint", sentence);
    }

    pub fn note(self, sentence: impl Display) {
        self.say(Verbosity::Normal, "note", sentence);
    }

    pub fn debug(self, sentence: impl Display) {
        self.say(Verbosity::Debug, "debug", sentence);
    }

    /// Returns a text without the keys and passphrases that the user passed in the wrong place.
    pub fn redacted(self, text: &str) -> String {
        self.redactor.map_or_else(|| text.to_owned(), |redactor| redactor.applied_to(text))
    }

    fn say(self, level: Verbosity, kind: &str, sentence: impl Display) {
        if self.verbosity < level {
            return;
        }
        let line = visible(&self.redacted(&sentence.to_string()));
        let start = if self.is_aws && kind == "error" {
            // Version 2 begins with an empty line (`write_error` in `awscli/errorformat.py`).
            "\naws: [ERROR]".to_owned()
        } else {
            format!("keypair: {kind}")
        };
        // Ignore write errors on stderr: there is nowhere to report them.
        writeln!(io::stderr(), "{start}: {line}").ok();
    }

    /// Reads stdin to its end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FileTooLarge`] beyond `limit` bytes.
    pub fn read_input(self, limit: usize) -> io::Result<Secret> {
        let mut input = Secret::default();
        let mut chunk = Secret::zeroed(1 << 16);
        let mut stdin = io::stdin().lock();
        loop {
            match bytes::read(&mut stdin, chunk.expose_mut()) {
                Ok(0) => return Ok(input),
                Ok(count) => input.push(chunk.expose().get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if input.len() > limit {
                return Err(ErrorKind::FileTooLarge.into());
            }
        }
    }

    /// Asks for a new passphrase twice, on the controlling terminal.
    pub fn ask_new_passphrase(self) -> Result<Secret, PromptError> {
        let passphrase = prompt::ask("Passphrase for the new private key: ")?;
        if passphrase.is_empty() {
            return Err(PromptError::Empty);
        }
        let again = prompt::ask("The same passphrase again: ")?;
        if passphrase.expose() != again.expose() {
            return Err(PromptError::Different);
        }
        Ok(passphrase)
    }

    /// Asks for the passphrase of a key, on the controlling terminal.
    pub fn ask_passphrase(self, origin: &str) -> Result<Secret, PromptError> {
        let passphrase =
            prompt::ask(&format!("Passphrase for {}: ", visible(&self.redacted(origin))))?;
        if passphrase.is_empty() { Err(PromptError::Empty) } else { Ok(passphrase) }
    }

    /// Asks for the code of an MFA device, on the controlling terminal. A spinner waits.
    pub fn ask_mfa_code(question: &str) -> Result<Secret, Cause> {
        PROMPTING.store(true, Ordering::Relaxed);
        // The spinner looks once in this time.
        thread::sleep(TICK_INTERVAL * 2);
        let code = prompt::ask(&visible(question));
        PROMPTING.store(false, Ordering::Relaxed);
        code.map_err(|error| match error {
            PromptError::NoTerminal(_) => {
                "cannot ask for the MFA code: there is no terminal".into()
            }
            error => error.into(),
        })
    }

    /// Returns a progress bar for `total` steps.
    pub fn progress(self, total: usize) -> Progress {
        Progress {
            total: u64::try_from(total).unwrap_or_default(),
            done: 0,
            start: Instant::now(),
            is_watched: self.verbosity > Verbosity::Quiet && io::stderr().is_terminal(),
            bar: None,
        }
    }

    /// Shows a spinner, as [`Terminal::working`] does, while `work` runs.
    pub fn while_working<T>(self, label: &str, work: impl FnOnce() -> T) -> T {
        let _shown = self.working(label);
        work()
    }

    /// Shows a spinner after half a second, until the value is dropped. Shows nothing if stderr is
    /// not a terminal, or with `--quiet`.
    pub fn working(self, label: &str) -> Working {
        if self.verbosity == Verbosity::Quiet || !io::stderr().is_terminal() {
            return Working(None);
        }
        let (done, waiting) = mpsc::channel::<()>();
        let label = self.redacted(label);
        let shown = thread::Builder::new().spawn(move || {
            if waiting.recv_timeout(DISPLAY_DELAY) == Err(RecvTimeoutError::Timeout) {
                let bar = ProgressBar::new_spinner().with_message(label);
                while waiting.recv_timeout(TICK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    if PROMPTING.load(Ordering::Relaxed) {
                        bar.suspend(|| {
                            while PROMPTING.load(Ordering::Relaxed) {
                                thread::sleep(TICK_INTERVAL);
                            }
                        });
                    }
                    bar.tick();
                }
                bar.finish_and_clear();
            }
        });
        // If no thread can start, the work goes on without a spinner.
        Working(shown.ok().map(|shown| (done, shown)))
    }
}

pub fn ignore_closed_pipe(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A prompt is open during the work that a spinner shows.
static PROMPTING: AtomicBool = AtomicBool::new(false);

/// A spinner.
#[must_use = "the spinner disappears when this is dropped"]
pub struct Working(Option<(Sender<()>, JoinHandle<()>)>);

impl Drop for Working {
    fn drop(&mut self) {
        if let Some((done, shown)) = self.0.take() {
            drop(done);
            // A panic in the spinner's thread does not affect the work.
            shown.join().ok();
        }
    }
}

/// Escapes each line of a text that would act on a terminal.
fn escape(text: &Secret) -> Secret {
    let mut shown = Secret::with_capacity(text.len());
    for line in text.expose().split_inclusive(|&byte| byte == b'\n') {
        let end = line.strip_suffix(b"\n").unwrap_or(line);
        if end.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            shown.push(line);
        } else {
            // Only comments need escaping. The secret parts are base64, so no secret gets here.
            shown.push(visible(&String::from_utf8_lossy(end)).as_bytes());
            shown.push(line.get(end.len()..).unwrap_or_default());
        }
    }
    shown
}

/// The commands that mask a secret in a log could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the masking commands to stderr")]
pub struct CommandsLost(#[source] io::Error);

/// A progress bar. It appears after half a second if stderr is a terminal.
pub struct Progress {
    total: u64,
    done: u64,
    start: Instant,
    is_watched: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub fn advance(&mut self) {
        self.done += 1;
        if self.is_watched && self.start.elapsed() > DISPLAY_DELAY {
            self.bar.get_or_insert_with(|| ProgressBar::new(self.total)).set_position(self.done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

const DISPLAY_DELAY: Duration = Duration::from_millis(500);
const TICK_INTERVAL: Duration = Duration::from_millis(100);
