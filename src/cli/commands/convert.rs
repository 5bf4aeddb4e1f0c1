//! `convert`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::options::{CostArgs, DryRunArgs, FormatArg, MaskArgs, PassphraseArgs};

/// `convert`.
#[derive(Args, Debug)]
pub struct ConvertArgs {
    /// The key, in any format; - reads stdin
    #[arg(value_name = "IN")]
    pub file: PathBuf,
    /// Write the private key like this [default: pem]
    #[arg(long, alias = "key-format", value_enum, conflicts_with = "public")]
    pub format: Option<FormatArg>,
    /// Write the public key alone, like this
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with_all = ["kdf_rounds", "kdf_memory"])]
    pub public: Option<PublicArg>,
    /// The version of a PPK file: 3, or 2 for PuTTY before 0.75, whose encryption is weak [default: 3]
    #[arg(long, value_name = "VERSION")]
    pub ppk_version: Option<u32>,
    /// Where to write the key [default: beside IN with the ending .pem or .ppk; a public key goes
    /// to stdout]; - is stdout
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// The new comment [default: the old one]
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    /// Encrypt with a new passphrase, asked for on the terminal [default: with the old one]
    #[arg(long, conflicts_with = "public")]
    pub new_passphrase: bool,
    /// Encrypt with the first line of this file
    #[arg(long, value_name = "PATH", conflicts_with_all = ["public", "new_passphrase"])]
    pub new_passphrase_file: Option<PathBuf>,
    /// Write the private key without encryption
    #[arg(long, conflicts_with_all = ["public", "new_passphrase", "new_passphrase_file"])]
    pub no_passphrase: bool,
    #[command(flatten)]
    pub cost: CostArgs,
    /// Replace a file that is in the way, once the new one is complete
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub mask: MaskArgs,
    #[command(flatten)]
    pub dry_run: DryRunArgs,
}

/// Values of `--public`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PublicArg {
    /// One line, as in authorized_keys
    Openssh,
    /// RFC 4716, which PuTTY and commercial servers read
    Rfc4716,
    /// SubjectPublicKeyInfo in PEM, which OpenSSL reads
    Spki,
    /// PKCS#1 in PEM, for RSA alone
    Pkcs1,
    /// SubjectPublicKeyInfo in DER
    Der,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair convert web.pem --format ppk               writes web.ppk
  keypair convert team.ppk                           writes team.pem
  keypair convert id_ed25519 --format pkcs8 --no-passphrase --out key.pem
  keypair convert id_ed25519 --format openssh --kdf-rounds 200 --out id_ed25519 --force
  keypair convert team.ppk --public openssh >> ~/.ssh/authorized_keys";
