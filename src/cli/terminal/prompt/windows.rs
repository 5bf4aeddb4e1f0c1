//! The question on a console of Windows.
//!
//! It is read and written as UTF-16, by functions that consoles have for that. Read as a file is, it would
//! give what is typed in the console's code page, with other characters, or question marks, in the place of
//! those that the code page does not have: another passphrase than the same typed elsewhere.

use std::io;
use std::os::windows::io::AsHandle;

use winapi_util::{AsHandleRef, console};
use zeroize::Zeroizing;

use super::{MAX_LINE, PromptError};
use crate::file;
use crate::interrupt;
use crate::secret::Secret;

/// Puts the question, and returns the line that is typed, without its end, in UTF-8.
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

/// A console that does not show what is typed, until this is dropped.
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
        // A console that is gone needs no setting.
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
        // Ctrl-C, whose signal another thread gets, and what ends a file.
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

/// Returns UTF-16 in UTF-8, or `None` for what is neither.
fn text(units: &[u16]) -> Option<Secret> {
    // A unit has three bytes at most, and two that are one character have four.
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
    fn what_is_typed_is_utf_8() {
        let utf_8 = |units: &[u16]| text(units).map(|text| text.expose().to_vec());
        for word in ["", "a b", "naïve", "пароль", "日本", "🔑"] {
            let units: Vec<u16> = word.encode_utf16().collect();
            assert_eq!(utf_8(&units).unwrap(), word.as_bytes());
        }
        assert_eq!(utf_8(&[0x61, 0xd83d]), None);
        assert_eq!(utf_8(&[0xdd11, 0x61]), None);
    }
}
