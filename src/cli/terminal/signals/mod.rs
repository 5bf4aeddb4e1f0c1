//! What signals do to this process.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{
    end_if_interrupted, forbid_core_dumps, hold_signals_back_on_request, survive_file_size_limits,
};
#[cfg(windows)]
pub use windows::{
    end_if_interrupted, forbid_core_dumps, hold_signals_back_on_request, survive_file_size_limits,
};
