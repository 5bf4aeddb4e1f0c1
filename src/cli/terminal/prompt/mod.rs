//! Asks for a passphrase on the controlling terminal, without echo.
//!
//! The terminal still sends signals during the prompt, and they are checked regularly: Ctrl-C ends
//! the prompt at any time, and the terminal gets its settings back.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::io;

#[cfg(unix)]
pub(super) use unix::ask;
#[cfg(windows)]
pub(super) use windows::ask;

/// Maximum length of a line, that of a terminal on Linux.
const MAX_LINE: usize = 4096;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    #[error("the two passphrases differ")]
    Different,
    #[error("the passphrase is empty")]
    Empty,
    /// Ctrl-C or the end of the input.
    #[error("interrupted")]
    Interrupted,
    #[error("cannot ask for a passphrase: there is no terminal")]
    NoTerminal(#[source] io::Error),
    /// An unpaired surrogate has no form in UTF-8.
    #[cfg(windows)]
    #[error("the passphrase is not valid Unicode (unpaired surrogate)")]
    NotText,
}
