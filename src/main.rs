//! The program `keypair`; see the library of that name.

use std::alloc::System;
use std::panic;
use std::process::ExitCode;

use keypair::cli::{self, ExitStatus};
use zeroizing_alloc::ZeroAlloc;

/// Overwrites what is freed: whatever copy of a secret a library leaves on the heap is gone with it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    panic::catch_unwind(cli::run).unwrap_or(ExitStatus::Other).into()
}
