//! What encrypts a new private key.

use std::path::PathBuf;

use clap::Args;

use super::cost::CostArguments;

/// What encrypts a new private key.
#[derive(Args, Debug)]
pub struct EncryptionArguments {
    /// Encrypt the private key with a passphrase, which is asked for on the terminal [default: the one in
    /// KEYPAIR_PASSPHRASE, if it is set]
    #[arg(long, conflicts_with = "passphrase_file")]
    pub passphrase: bool,
    /// Encrypt the private key with the first line of this file; - reads stdin
    #[arg(long, value_name = "PATH")]
    pub passphrase_file: Option<PathBuf>,
    /// Write the private key without encryption, even if KEYPAIR_PASSPHRASE is set
    #[arg(long, conflicts_with_all = ["passphrase", "passphrase_file"])]
    pub no_passphrase: bool,
    #[command(flatten)]
    pub cost: CostArguments,
}
