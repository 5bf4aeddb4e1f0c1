//! The tests of the built program, beside the programs that it is compared with. `tests/run` installs
//! those; a test that misses one fails and says so. On Windows there are none, and `tests/windows` instead.

#![cfg(unix)]
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

mod aws;
mod commands;
#[path = "../fuzz/src/replay.rs"]
mod fuzz;
mod interop;
mod project;
mod reliability;
mod security;
mod support;
