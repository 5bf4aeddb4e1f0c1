//! Tests of the built program on Windows. They need no other programs.

#![cfg(windows)]
#![allow(
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests may panic, and own their files"
)]

mod at_once;
mod create;
mod doctor;
mod exec;
mod file_names;
mod keys;
mod kills;
mod registry;
mod support;
mod upgrade;
mod usage;
mod windows_only;
