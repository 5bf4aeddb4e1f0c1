//! Commands in hints, for the user's shell: bash, dash, zsh or fish on Unix, cmd on Windows.

mod command;
mod quote;
mod ssh;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use command::{ShellCommand, sqlite};
pub use ssh::{ProxyWord, proxy_command};
#[cfg(unix)]
pub use unix::{
    allow_owner_only, allow_owner_to_read, allow_reading, create_directory, protect_directory,
    remove, remove_directory, remove_world_write, separate, take_ownership,
};
#[cfg(windows)]
pub use windows::{
    allow_owner_only, allow_owner_to_read, allow_reading, create_directory, protect_directory,
    remove, remove_directory, remove_world_write, separate, take_ownership,
};
