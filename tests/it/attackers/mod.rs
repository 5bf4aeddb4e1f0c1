//! What an attacker with an account on the same machine can plant, change, see or write to a terminal.

#[cfg(target_os = "linux")]
mod dump;
#[cfg(target_os = "linux")]
pub(crate) mod memory;
mod planted;
mod registry;
mod shown;
