//! `verify`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::options::PassphraseArgs;

/// `verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// A key, public or private, in any format; - reads stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The pair that the key should belong to [default: any]
    #[arg(long, value_name = "NAME")]
    pub key_name: Option<String>,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair verify web.pem --key-name web && ssh -i web.pem ec2-user@web
  keypair verify old.pem --query 'KeyPairs[].KeyName' --output text    which pair is this?

Without a passphrase, only the public half of an encrypted file is compared.
Exits 1 if the key belongs to no pair, or not to the one that is named.";
