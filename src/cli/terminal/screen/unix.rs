//! A Unix terminal.

#![expect(clippy::disallowed_methods, reason = "this module owns the standard streams")]

use std::io;

/// Returns the number of columns, if stdout is a terminal.
pub(in super::super) fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}

/// All terminals interpret color codes.
pub(in super::super) fn takes_colors() -> bool {
    true
}
