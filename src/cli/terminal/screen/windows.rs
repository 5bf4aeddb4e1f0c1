//! A Windows console.

#![expect(clippy::disallowed_methods, reason = "this module owns the standard streams")]

use std::io::{self, IsTerminal};

use winapi_util::console::{Console, screen_buffer_info};

/// Returns the number of columns of the window, if stdout is a console. The buffer may be wider.
pub(in super::super) fn width() -> Option<usize> {
    let window = screen_buffer_info(io::stdout()).ok()?.window_rect();
    usize::try_from(i32::from(window.right) - i32::from(window.left) + 1).ok()
}

/// Makes the console interpret color codes. Returns false for an old one, which would show them.
/// Returns true if stdout is not a console.
pub(in super::super) fn takes_colors() -> bool {
    if !io::stdout().is_terminal() {
        return true;
    }
    match Console::stdout() {
        Ok(mut console) => console.set_virtual_terminal_processing(true).is_ok(),
        // The terminal of MSYS2 or Cygwin.
        Err(_) => true,
    }
}
