//! Integration tests of the built program and of the programs it works with. `tests/run` installs
//! those programs. A test that misses one fails and names it. The tests run on Unix.
//! `tests/windows` has the tests for Windows.

#![cfg(unix)]
#![allow(
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test panics at the first surprise and owns its files"
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
