//! The prompt on a Unix terminal.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios};

use super::{MAX_LINE, PromptError};
use crate::file;
use crate::interrupt;
use crate::secret::Secret;

/// Prints the question and returns the typed line, without its end.
pub(in super::super) fn ask(question: &str) -> Result<Secret, PromptError> {
    let terminal = file::open_terminal().map_err(PromptError::NoTerminal)?;
    let guard = interrupt::defer_signals();
    let silenced = Silenced::new(&terminal)?;
    write(&terminal, question.as_bytes())?;
    let line = read_line(&terminal);
    drop(silenced);
    write(&terminal, b"\n")?;
    drop(guard);
    line
}

/// A terminal without echo, until this is dropped.
struct Silenced<'a> {
    terminal: &'a OwnedFd,
    before: Termios,
}

impl<'a> Silenced<'a> {
    fn new(terminal: &'a OwnedFd) -> Result<Self, PromptError> {
        let before = rustix::termios::tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        silent.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG);
        // Disables Ctrl-Z: after a suspension, the terminal could echo again.
        silent.special_codes[SpecialCodeIndex::VSUSP] = DISABLED;
        rustix::termios::tcsetattr(terminal, OptionalActions::Now, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silenced<'_> {
    fn drop(&mut self) {
        // A closed terminal has no settings to restore.
        rustix::termios::tcsetattr(self.terminal, OptionalActions::Now, &self.before).ok();
    }
}

fn read_line(terminal: &OwnedFd) -> Result<Secret, PromptError> {
    let mut line = Secret::default();
    let mut chunk = Secret::zeroed(MAX_LINE);
    loop {
        if interrupt::is_pending() {
            return Err(PromptError::Interrupted);
        }
        let mut waiting = [PollFd::new(terminal, PollFlags::IN)];
        match rustix::event::poll(&mut waiting, Some(&SIGNAL_CHECK_INTERVAL)) {
            Ok(0) | Err(Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        match rustix::io::read(terminal, chunk.expose_mut()) {
            // Ctrl-D, or a closed terminal.
            Ok(0) | Err(Errno::IO) => return Err(PromptError::Interrupted),
            Ok(count) => line.push(chunk.expose().get(..count).unwrap_or_default()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if line.expose().ends_with(b"\n") {
            line.truncate(line.len().saturating_sub(1));
            return Ok(line);
        }
        if line.len() > MAX_LINE {
            return Err(PromptError::NoTerminal(io::ErrorKind::FileTooLarge.into()));
        }
    }
}

fn write(terminal: impl AsFd, mut text: &[u8]) -> Result<(), PromptError> {
    while !text.is_empty() {
        match rustix::io::write(&terminal, text) {
            Ok(count) => text = text.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// `_POSIX_VDISABLE`, on Linux and on macOS.
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };
const SIGNAL_CHECK_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

impl From<Errno> for PromptError {
    fn from(error: Errno) -> Self {
        Self::NoTerminal(error.into())
    }
}
