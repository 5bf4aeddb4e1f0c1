//! The passphrase of a key that is read.

use std::path::PathBuf;

use clap::Args;

/// The passphrase of a key that is read.
#[derive(Args, Debug)]
pub struct PassphraseArguments {
    /// Decrypt with the first line of this file; - reads stdin [default: KEYPAIR_PASSPHRASE, else prompted for
    /// if needed]
    #[arg(long, value_name = "PATH")]
    pub passphrase_file: Option<PathBuf>,
}
