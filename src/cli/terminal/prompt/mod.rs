//! A question whose answer does not show, on the terminal that controls this process.
//!
//! The terminal goes on sending signals while it is read, and they are looked for: Ctrl-C ends the
//! question whenever it is pressed, and the terminal is left as it was found.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::io;

#[cfg(unix)]
pub(super) use unix::ask;
#[cfg(windows)]
pub(super) use windows::ask;

/// The longest line that is taken, which is that of a terminal on Linux.
const MAX_LINE: usize = 4096;

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    /// The second one was not the first.
    #[error("the two passphrases differ")]
    Different,
    /// It has no characters.
    #[error("the passphrase is empty")]
    Empty,
    /// The user gave up.
    #[error("interrupted")]
    Interrupted,
    /// There is nobody to ask.
    #[error("there is no terminal to ask for a passphrase on")]
    NoTerminal(#[source] io::Error),
    /// What the console has for it has no form in UTF-8, in which it would be the same elsewhere.
    #[cfg(windows)]
    #[error("the passphrase has half a character in it")]
    NotText,
}
