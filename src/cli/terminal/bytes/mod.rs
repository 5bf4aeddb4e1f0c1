//! Reading and writing the bytes of the standard streams.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{read, write_all};
#[cfg(windows)]
pub(super) use windows::{read, write_all};
