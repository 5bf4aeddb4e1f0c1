//! `fingerprint`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::options::PassphraseArgs;

/// `fingerprint`.
#[derive(Args, Debug)]
pub struct FingerprintArgs {
    /// Keys, public or private, in any format; - reads stdin
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Draw OpenSSH's picture, as `ssh-keygen -lv` does
    #[arg(long)]
    pub randomart: bool,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair fingerprint web.pem
  keypair fingerprint *.pem --query 'Keys[].[File,CreatedFingerprint]' --output text
  keypair fingerprint ~/.ssh/id_ed25519.pub --randomart";
