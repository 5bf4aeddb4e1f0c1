//! A terminal of Unix.

#![expect(clippy::disallowed_methods, reason = "this module owns the standard streams")]

use std::io;

/// Returns how many columns it has, if stdout is one.
pub(in super::super) fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}

/// Returns whether it takes commands for colours; all do.
pub(in super::super) fn takes_colors() -> bool {
    true
}
