//! Commands in hints, for the user's shell: bash, dash, zsh or fish on Unix, cmd on Windows.

mod command;
mod quote;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use command::ShellCommand;
#[cfg(unix)]
pub use unix::{
    close_folder, close_to_all, leave_to_owner, leave_to_reader, let_read, make_folder, remove,
    remove_folder, separate, take_over,
};
#[cfg(windows)]
pub use windows::{
    close_folder, close_to_all, leave_to_owner, leave_to_reader, let_read, make_folder, remove,
    remove_folder, separate, take_over,
};
