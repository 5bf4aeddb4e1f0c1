//! The state of a process seen before.
//!
//! A process ID alone is not enough: IDs are reused, and a container has a separate PID namespace.
//! On Linux, `/proc` provides more; on other systems the state is unknown.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
use std::path::Path;

#[cfg(target_os = "linux")]
pub use linux::{CAN_IDENTIFY, identify, identify_parent, is_session_leader, state};

/// The state of a process with a recorded identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// It has certainly ended, or was never started.
    Ended,
    Running,
    Unknown,
}

#[cfg(not(target_os = "linux"))]
pub const CAN_IDENTIFY: bool = false;

#[cfg(not(target_os = "linux"))]
pub fn identify(_process: u32) -> Option<String> {
    None
}

#[cfg(not(target_os = "linux"))]
pub fn identify_parent() -> Option<String> {
    None
}

/// Returns whether this process is a session leader.
#[cfg(all(unix, not(target_os = "linux")))]
pub fn is_session_leader() -> bool {
    rustix::process::getsid(None) == Ok(rustix::process::getpid())
}

#[cfg(not(target_os = "linux"))]
pub fn state(_identity: &str, _directory: &Path) -> ProcessState {
    ProcessState::Unknown
}
