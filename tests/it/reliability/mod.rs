//! Kills, failing system calls, damaged files, concurrency, large registries and old ones.
//!
//! Three harnesses kill the program:
//!
//! - `faults` uses strace(1) on Linux. It kills a command at each system call that changes
//!   something, or makes that call fail, always from the same state. It proves that no single point
//!   of a command leaves an invalid state, and that the next command recovers. It knows only the
//!   states in `scenario.rs`, mostly with one process at a time.
//! - `tests/soak` runs many processes on one registry for an hour, with real timing and random
//!   kills, and compares the results with a journal. It proves that concurrent commands keep each
//!   acknowledged change. It has its own parser of key files, so that a fault of the program's
//!   parser cannot hide. A failure is hard to reproduce, even with the same seed.
//! - `tests/windows/kills.rs` kills processes at random moments on Windows, without strace. It
//!   proves the same for file locks and renames of Windows, with fewer kills.
//!
//! Other tests here, and those of `exec` and `prune`, kill a command at random moments to check the
//! output and the rollback of that command.

mod damaged_registry;
#[cfg(target_os = "linux")]
mod faults;
mod load;
mod registry_file;
#[cfg(target_os = "linux")]
mod resource_limits;
mod upgrade;
