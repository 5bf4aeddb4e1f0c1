//! The program `keypair`, a call of the library.

use std::alloc::System;
use std::panic;
use std::process::ExitCode;

use keypair::cli::{self, ExitStatus};
use zeroizing_alloc::ZeroAlloc;

/// Wipes freed memory, with the copies of secrets that libraries leave on the heap.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    panic::catch_unwind(cli::run).unwrap_or(ExitStatus::Other).into()
}
