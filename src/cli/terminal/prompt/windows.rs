//! The prompt on a Windows console.
//!
//! Console functions read and write UTF-16. A console that is read as a file returns text in its
//! code page, with other characters or question marks for those that the code page lacks. The same
//! passphrase would differ from one typed elsewhere.

use std::io;
use std::os::windows::io::AsHandle;

use winapi_util::{AsHandleRef, console};
use zeroize::Zeroizing;

use super::{MAX_LINE, PromptError};
use crate::file;
use crate::interrupt;
use crate::secret::Secret;

/// Prints the question and returns the typed line in UTF-8, without its end.
pub(in super::super) fn ask(question: &str) -> Result<Secret, PromptError> {
    let (input, output) = file::open_console().map_err(PromptError::NoTerminal)?;
    let guard = interrupt::defer_signals();
    let silenced = Silenced::new(&input)?;
    file::write_console(&output, question)?;
    let line = read_line(&input);
    drop(silenced);
    file::write_console(&output, "\r\n")?;
    drop(guard);
    line
}

/// A console without echo, until this is dropped.
struct Silenced<'a, Console: AsHandleRef> {
    console: &'a Console,
    before: u32,
}

impl<'a, Console: AsHandleRef> Silenced<'a, Console> {
    fn new(console: &'a Console) -> Result<Self, PromptError> {
        let before = console::mode(console)?;
        let silent = before & !(ECHO | SEQUENCES) | LINES | CONTROL_C;
        console::set_mode(console, silent)?;
        Ok(Self { console, before })
    }
}

impl<Console: AsHandleRef> Drop for Silenced<'_, Console> {
    fn drop(&mut self) {
        // A closed console has no settings to restore.
        console::set_mode(self.console, self.before).ok();
    }
}

fn read_line(console: &impl AsHandle) -> Result<Secret, PromptError> {
    let mut line = Zeroizing::new(vec![0; MAX_LINE + LINE_END.len()]);
    let mut length = 0;
    loop {
        let count = file::read_console(console, line.get_mut(length..).unwrap_or_default())?;
        length += count;
        let typed = line.get(..length).unwrap_or_default();
        // Ctrl-C, which signals another thread, or Ctrl-Z, the end of a file.
        if count == 0 || interrupt::is_pending() || typed.first() == Some(&CONTROL_Z) {
            return Err(PromptError::Interrupted);
        }
        if let Some(line) = typed.strip_suffix(&LINE_END) {
            return text(line).ok_or(PromptError::NotText);
        }
        if length == line.len() {
            return Err(PromptError::NoTerminal(io::ErrorKind::FileTooLarge.into()));
        }
    }
}

/// Converts UTF-16 to UTF-8. Returns `None` if it is invalid.
fn text(units: &[u16]) -> Option<Secret> {
    // A unit becomes three bytes at most, and a surrogate pair becomes four.
    let mut text = Secret::with_capacity(units.len() * 3);
    for character in char::decode_utf16(units.iter().copied()) {
        let mut bytes = Zeroizing::new([0; 4]);
        text.push(character.ok()?.encode_utf8(&mut *bytes).as_bytes());
    }
    Some(text)
}

/// `ENABLE_PROCESSED_INPUT`, `ENABLE_LINE_INPUT`, `ENABLE_ECHO_INPUT` and `ENABLE_VIRTUAL_TERMINAL_INPUT`
/// (<https://learn.microsoft.com/en-us/windows/console/setconsolemode>).
const CONTROL_C: u32 = 1;
const LINES: u32 = 2;
const ECHO: u32 = 4;
const SEQUENCES: u32 = 0x200;

const LINE_END: [u16; 2] = [0x0d, 0x0a];
const CONTROL_Z: u16 = 0x1a;

impl From<io::Error> for PromptError {
    fn from(error: io::Error) -> Self {
        Self::NoTerminal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_passphrase_becomes_utf_8() {
        let utf_8 = |units: &[u16]| text(units).map(|text| text.expose().to_vec());
        for word in ["", "a b", "naïve", "пароль", "日本", "🔑"] {
            let units: Vec<u16> = word.encode_utf16().collect();
            assert_eq!(utf_8(&units).unwrap(), word.as_bytes());
        }
        assert_eq!(utf_8(&[0x61, 0xd83d]), None);
        assert_eq!(utf_8(&[0xdd11, 0x61]), None);
    }
}
