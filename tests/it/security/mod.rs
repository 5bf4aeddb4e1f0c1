//! Attacks by other users of the machine, hostile files, weak keys, and leaks of private keys.

#[cfg(target_os = "linux")]
mod core_dumps;
mod kdf_limits;
mod log_masking;
#[cfg(target_os = "linux")]
pub(crate) mod memory;
mod planted_files;
mod redaction;
mod registry_access;
mod regressions;
mod terminal;
mod weak_moduli;
