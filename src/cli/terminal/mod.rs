//! The standard streams: stdout is for answers, stderr for talk, and a question is put only where
//! somebody can answer it.

#![expect(clippy::disallowed_methods, reason = "this module owns the standard streams")]

mod prompt;
mod redact;
mod screen;

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::panic;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

pub use self::prompt::PromptError;
pub use self::redact::Redactor;
use super::render::visible;
use crate::file;
use crate::secret::Secret;

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors alone.
    Quiet,
    /// Warnings and hints too.
    #[default]
    Normal,
    /// What is done, too.
    Debug,
}

/// The standard streams of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// How much is said on stderr.
    pub verbosity: Verbosity,
    /// What messages leave out.
    pub redactor: Option<&'static Redactor>,
}

impl Terminal {
    /// Returns whether answers are read by a person.
    pub fn stdout_is_terminal(self) -> bool {
        io::stdout().is_terminal()
    }

    /// Returns the width of the terminal that answers go to, in columns, if they go to one.
    pub fn width(self) -> Option<usize> {
        screen::width()
    }

    /// Returns whether colours in answers show as such. Those that go to no terminal are somebody else's
    /// to show.
    pub fn takes_colors(self) -> bool {
        screen::takes_colors()
    }

    /// Returns whether answers go to a file that others than its owner can read.
    pub fn stdout_is_readable_by_others(self) -> bool {
        file::is_handle_readable_by_others(io::stdout())
    }

    /// Returns whether answers go to a file.
    pub fn stdout_is_file(self) -> bool {
        file::is_file(io::stdout())
    }

    /// Returns whether answers are lost.
    pub fn stdout_is_null(self) -> bool {
        file::is_null_device(io::stdout())
    }

    /// Writes an answer, all of it.
    ///
    /// # Errors
    ///
    /// Whatever the system says, a reader that went away included.
    pub fn write(self, contents: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(contents)?;
        stdout.flush()
    }

    /// Writes to stdout. A reader that closed the pipe is not an error.
    pub fn print(self, contents: &[u8]) -> io::Result<()> {
        ignore_closed_pipe(self.write(contents))
    }

    /// Writes a text that has lines, all of it; for a person, characters that would be commands to the
    /// terminal are escaped.
    ///
    /// # Errors
    ///
    /// As [`Terminal::write`].
    pub fn write_text(self, text: &Secret) -> io::Result<()> {
        if self.stdout_is_terminal() {
            self.write(shown(text).expose())
        } else {
            self.write(text.expose())
        }
    }

    /// Writes commands to whoever reads stderr, all of them, however little is to be said there.
    ///
    /// # Errors
    ///
    /// [`CommandsLost`]; what they are about must not happen then.
    pub fn command(self, commands: &Secret) -> io::Result<()> {
        let mut stderr = io::stderr().lock();
        if file::is_null_device(&stderr) {
            return Err(io::Error::other(CommandsLost(ErrorKind::WriteZero.into())));
        }
        let escaped;
        let commands = if stderr.is_terminal() {
            escaped = shown(commands);
            &escaped
        } else {
            commands
        };
        let written = stderr.write_all(commands.expose()).and_then(|()| stderr.flush());
        written.map_err(|source| io::Error::other(CommandsLost(source)))
    }

    /// Reports a fault of this program in a line. The usual report may have a backtrace, for which
    /// there may be no memory; the process then waits for itself forever.
    pub fn report_panics(self) {
        panic::set_hook(Box::new(move |panic| {
            self.error(format_args!("internal error: {panic}"));
        }));
    }

    /// Prints a help text to somebody who did not ask for it.
    pub fn show_help(self, help: impl Display) {
        // When nobody can be told, nobody can be told that either.
        write!(io::stderr(), "{help}").ok();
    }

    /// Says that something failed.
    pub fn error(self, sentence: impl Display) {
        self.say(Verbosity::Quiet, "error", sentence);
    }

    /// Says that something deserves attention although it worked.
    pub fn warn(self, sentence: impl Display) {
        self.say(Verbosity::Normal, "warning", sentence);
    }

    /// Says what could be done.
    pub fn hint(self, sentence: impl Display) {
        self.say(Verbosity::Normal, "hint", sentence);
    }

    /// Says what happened, where that is not plain.
    pub fn note(self, sentence: impl Display) {
        self.say(Verbosity::Normal, "note", sentence);
    }

    /// Says what is being done.
    pub fn debug(self, sentence: impl Display) {
        self.say(Verbosity::Debug, "debug", sentence);
    }

    /// Returns a text without the keys and passphrases that were given in another thing's place.
    pub fn redacted(self, text: &str) -> String {
        self.redactor.map_or_else(|| text.to_owned(), |redactor| redactor.applied_to(text))
    }

    fn say(self, least: Verbosity, kind: &str, sentence: impl Display) {
        if self.verbosity < least {
            return;
        }
        let line = visible(&self.redacted(&sentence.to_string()));
        // When nobody can be told, nobody can be told that either.
        writeln!(io::stderr(), "keypair: {kind}: {line}").ok();
    }

    /// Returns everything on stdin, which may be `limit` bytes long.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FileTooLarge`] if there is more, and whatever the system says.
    pub fn read_input(self, limit: usize) -> io::Result<Secret> {
        let mut input = Secret::default();
        let mut chunk = Secret::zeroed(1 << 16);
        let mut stdin = io::stdin().lock();
        loop {
            match stdin.read(chunk.expose_mut()) {
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

    /// Asks for a new passphrase, twice, on the terminal that controls this process.
    ///
    /// # Errors
    ///
    /// [`PromptError`].
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

    /// Asks for the passphrase of a key, on the terminal that controls this process.
    ///
    /// # Errors
    ///
    /// [`PromptError`].
    pub fn ask_passphrase(self, origin: &str) -> Result<Secret, PromptError> {
        let passphrase =
            prompt::ask(&format!("Passphrase for {}: ", visible(&self.redacted(origin))))?;
        if passphrase.is_empty() { Err(PromptError::Empty) } else { Ok(passphrase) }
    }

    /// Returns what shows how far work of so many parts has come.
    pub fn progress(self, total: usize) -> Progress {
        Progress {
            total: u64::try_from(total).unwrap_or_default(),
            done: 0,
            start: Instant::now(),
            is_watched: self.verbosity > Verbosity::Quiet && io::stderr().is_terminal(),
            bar: None,
        }
    }

    /// Does `work`, and shows that it is going on if it takes more than half a second and somebody
    /// is watching.
    pub fn while_working<T>(self, what: &str, work: impl FnOnce() -> T) -> T {
        let _shown = self.working(what);
        work()
    }

    /// Shows from half a second on, if somebody is watching, that work is going on, until the value is
    /// dropped.
    pub fn working(self, what: &str) -> Working {
        if self.verbosity == Verbosity::Quiet || !io::stderr().is_terminal() {
            return Working(None);
        }
        let (done, waiting) = mpsc::channel::<()>();
        let what = self.redacted(what);
        let shown = thread::Builder::new().spawn(move || {
            if waiting.recv_timeout(DISPLAY_DELAY) == Err(RecvTimeoutError::Timeout) {
                let bar = ProgressBar::new_spinner().with_message(what);
                while waiting.recv_timeout(TICK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    bar.tick();
                }
                bar.finish_and_clear();
            }
        });
        // Without a thread nothing is shown; the work is done on this one.
        Working(shown.ok().map(|shown| (done, shown)))
    }
}

/// Returns `Ok` if the reader closed the pipe.
pub fn ignore_closed_pipe(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// What shows that work is going on, as long as it is there.
#[must_use = "it shows nothing once it is dropped"]
pub struct Working(Option<(Sender<()>, JoinHandle<()>)>);

impl Drop for Working {
    fn drop(&mut self) {
        if let Some((done, shown)) = self.0.take() {
            drop(done);
            // Who was to show it and failed has shown nothing; the work is another matter.
            shown.join().ok();
        }
    }
}

/// Returns a text that has lines as a terminal may be given it.
fn shown(text: &Secret) -> Secret {
    let mut shown = Secret::with_capacity(text.len());
    for line in text.expose().split_inclusive(|&byte| byte == b'\n') {
        let end = line.strip_suffix(b"\n").unwrap_or(line);
        if end.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            shown.push(line);
        } else {
            // A comment: what is secret is in base64.
            shown.push(visible(&String::from_utf8_lossy(end)).as_bytes());
            shown.push(line.get(end.len()..).unwrap_or_default());
        }
    }
    shown
}

/// Commands that keep a secret out of a log do not reach it.
#[derive(Debug, thiserror::Error)]
#[error("stderr, where the commands that mask it would go, cannot be written to")]
pub struct CommandsLost(#[source] io::Error);

/// How far work has come that consists of many parts, shown if it takes more than half a second and
/// somebody is watching.
pub struct Progress {
    total: u64,
    done: u64,
    start: Instant,
    is_watched: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Counts one more part as done.
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
