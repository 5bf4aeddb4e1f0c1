//! The console, where somebody types.
//!
//! It speaks UTF-16. Read and written as a file is, it would take everything for its code page's, and give
//! other characters, or question marks, for those that the code page does not have.

#![expect(clippy::disallowed_types, reason = "this module owns files")]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::io::AsHandle;

use super::calls;

/// Opens the console that this process belongs to: what is typed there, and what is shown.
///
/// # Errors
///
/// Whatever the system says, because there is none above all.
pub fn open_console() -> io::Result<(File, File)> {
    let open = |name| OpenOptions::new().read(true).write(true).open(name);
    Ok((open("CONIN$")?, open("CONOUT$")?))
}

/// Waits for a line that is typed on a console, and returns how many units of UTF-16 of it there are, its end
/// included; what has no room comes next. There are none if Ctrl-C is typed.
///
/// # Errors
///
/// Whatever the system says.
pub fn read_console(console: &impl AsHandle, line: &mut [u16]) -> io::Result<usize> {
    calls::read_console(console, line)
}

/// Shows a text on a console, all of it.
///
/// # Errors
///
/// Whatever the system says.
pub fn write_console(console: &impl AsHandle, text: &str) -> io::Result<()> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut rest = units.as_slice();
    while !rest.is_empty() {
        let count = calls::write_console(console, rest)?;
        rest = rest.get(count.max(1)..).unwrap_or_default();
    }
    Ok(())
}
