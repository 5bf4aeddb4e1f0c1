//! A console of Windows.

#![expect(clippy::disallowed_methods, reason = "this module owns the standard streams")]

use std::io::{self, IsTerminal};

use winapi_util::console::{Console, screen_buffer_info};

/// Returns how many columns its window has, if stdout is one. Its buffer may have more.
pub(in super::super) fn width() -> Option<usize> {
    let window = screen_buffer_info(io::stdout()).ok()?.window_rect();
    usize::try_from(i32::from(window.right) - i32::from(window.left) + 1).ok()
}

/// Returns whether it takes commands for colours, having told it to: older ones would show them instead.
/// What is no console is asked nothing.
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
