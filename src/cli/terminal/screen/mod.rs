//! The terminal at stdout.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{takes_colors, width};
#[cfg(windows)]
pub(super) use windows::{takes_colors, width};
