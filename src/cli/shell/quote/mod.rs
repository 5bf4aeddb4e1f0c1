//! Quotes words for the user's shell. Nothing else in the program does so.

#[cfg(unix)]
mod unix;
#[cfg(any(windows, test))]
mod windows;

use std::ffi::OsStr;

#[cfg(windows)]
pub use windows::UNQUOTABLE;

/// Quotes a word for bash, dash, zsh and fish, interactive or not.
#[cfg(unix)]
pub fn quoted(word: &OsStr) -> String {
    unix::quoted(word.as_encoded_bytes())
}

/// Quotes a word for cmd and PowerShell.
#[cfg(windows)]
pub fn quoted(word: &OsStr) -> String {
    windows::quoted(word.to_str())
}
