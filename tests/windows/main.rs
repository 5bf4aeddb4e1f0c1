//! The tests of the built program on Windows, which need nothing but that and the program.

#![cfg(windows)]
#![allow(
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected fails on the spot, and owns its files"
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
mod windows_alone;
