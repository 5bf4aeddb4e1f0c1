//! The program `keypair`; see the library of that name.

use std::process::ExitCode;

fn main() -> ExitCode {
    keypair::cli::run().into()
}
