//! Words as the user's shell reads them back. Nothing else in the program quotes a word for a shell.

#[cfg(unix)]
mod unix;
#[cfg(any(windows, test))]
mod windows;

use std::ffi::OsStr;

#[cfg(windows)]
pub use windows::UNQUOTABLE;

/// Returns a word as bash, dash, zsh and fish read it, interactive or not.
#[cfg(unix)]
pub fn quoted(word: &OsStr) -> String {
    unix::quoted(word.as_encoded_bytes())
}

/// Returns a word as cmd and PowerShell read it.
#[cfg(windows)]
pub fn quoted(word: &OsStr) -> String {
    windows::quoted(word.to_str())
}
