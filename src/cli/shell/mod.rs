//! Words and commands as the user's shell takes them, for advice: on Unix a shell of POSIX, on Windows cmd.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{
    ANSWERS_TO_OWNER, MAKE_FOLDER, START_AGENT, close_folder, close_to_all, leave_to_owner,
    leave_to_reader, let_read, quoted, quoted_path, remove, remove_folder, take_over,
};
#[cfg(windows)]
pub use windows::{
    ANSWERS_TO_OWNER, MAKE_FOLDER, START_AGENT, close_folder, close_to_all, leave_to_owner,
    leave_to_reader, let_read, quoted, quoted_path, remove, remove_folder, take_over,
};
