//! Options that several commands share.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use crate::format::CostOptions;

/// The commands in the AWS spelling. Clap infers their options, which it does not tell.
pub const AWS_SPELLING: [&str; 5] = [
    "create-key-pair",
    "delete-key-pair",
    "describe-key-pairs",
    "get-parameter",
    "import-key-pair",
];

/// What holds for every command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Where public keys are registered: local, a file on this machine, or ec2 [default: local]
    /// [env: KEYPAIR_REGISTRY]
    #[arg(long, global = true, value_name = "REGISTRY")]
    pub registry: Option<String>,
    /// The file of the local registry [default: in the user's data folder]
    /// [env: KEYPAIR_REGISTRY_FILE]
    #[arg(long, global = true, value_name = "PATH")]
    pub registry_file: Option<PathBuf>,
    /// How to print the answer [default: json, of doctor a line for each finding]
    /// [env: AWS_DEFAULT_OUTPUT]
    #[arg(long, global = true, value_name = "FORMAT", value_enum, ignore_case = true)]
    pub output: Option<OutputArg>,
    /// Print this part of the answer (<https://jmespath.org>)
    #[arg(long, global = true, value_name = "JMESPATH")]
    pub query: Option<String>,
    /// Whether tables and messages have colours [env: NO_COLOR]
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    pub color: ColorArg,
    /// Say nothing on stderr but errors
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Say on stderr what is done, and the causes of an error
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub debug: bool,
    /// What scripts written for the AWS CLI also pass.
    #[command(flatten)]
    pub aws: AwsArgs,
}

/// Options of the AWS CLI that say how to reach AWS or how to page. The local registry has no use
/// for them, and scripts that pass them to it work unchanged.
#[derive(Args, Debug)]
pub struct AwsArgs {
    /// The region of the EC2 registry [default: what AWS_REGION or the AWS CLI's files say]
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// The profile in the AWS CLI's files whose credentials and region hold
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Another address of EC2
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// A file of the only certificate authorities to trust, in PEM
    #[arg(long, global = true, value_name = "PATH", hide = true)]
    pub ca_bundle: Option<PathBuf>,
    #[arg(long, global = true, hide = true)]
    pub cli_binary_format: Option<String>,
    #[arg(long, global = true, hide = true)]
    pub cli_connect_timeout: Option<u32>,
    #[arg(long, global = true, hide = true)]
    pub cli_read_timeout: Option<u32>,
    #[arg(long, global = true, hide = true)]
    pub no_cli_auto_prompt: bool,
    #[arg(long, global = true, hide = true)]
    pub no_cli_pager: bool,
    #[arg(long, global = true, hide = true)]
    pub no_paginate: bool,
    #[arg(long, global = true, hide = true)]
    pub no_sign_request: bool,
    #[arg(long, global = true, hide = true)]
    pub no_verify_ssl: bool,
}

/// Values of `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputArg {
    /// JSON, indented by four spaces
    Json,
    /// Tab-separated lines, for `read` and `cut`
    Text,
    /// JSON, a line for each pair
    Jsonl,
    /// Boxes, for people
    Table,
    /// YAML
    Yaml,
}

/// Values of `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal
    Auto,
    /// Always
    On,
    /// Never
    Off,
}

/// Values of `--type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TypeArg {
    /// RSA, which everything accepts; Windows instances accept nothing else
    Rsa,
    /// ED25519, short and quick
    Ed25519,
}

/// Values of `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// As EC2 writes it: PKCS#1 for RSA, OpenSSH's own for ED25519; with a passphrase PKCS#8 for
    /// RSA
    Pem,
    /// PuTTY's
    Ppk,
    /// OpenSSH's own
    Openssh,
    /// PKCS#8, which OpenSSL and Java read
    Pkcs8,
}

/// `--dry-run` and its opposite, of which the last one counts.
#[derive(Args, Clone, Copy, Debug)]
pub struct DryRunArgs {
    /// Check everything and change nothing; exit 0 if it would have worked
    #[arg(long, overrides_with = "no_dry_run")]
    dry_run: bool,
    /// Do it
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    no_dry_run: bool,
}

impl DryRunArgs {
    /// Returns whether to check only.
    pub fn is_on(self) -> bool {
        self.dry_run && !self.no_dry_run
    }
}

/// The tags of a new pair.
#[derive(Args, Debug)]
pub struct TagArgs {
    /// A tag of the pair; may be repeated
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<String>,
    /// Tags as the AWS CLI takes them: ResourceType=key-pair,Tags=[{Key=…,Value=…}], or JSON
    #[arg(long, value_name = "SPECIFICATION", num_args = 1..)]
    pub tag_specifications: Vec<String>,
}

/// When the new pair expires.
#[derive(Args, Debug)]
pub struct LifetimeArgs {
    /// Note on the pair that it expires so much later: 90s, 30m, 8h, 7d; `keypair prune` removes it then
    #[arg(long, value_name = "SPAN")]
    pub ttl: Option<String>,
    /// The same as a time in the form of RFC 3339: 2026-11-26T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "ttl")]
    pub expires_at: Option<String>,
}

/// What the running ssh-agent is to hold.
#[derive(Args, Debug)]
pub struct AgentArgs {
    /// Add the private key to the running ssh-agent, for so long if that is said (90s, 30m, 8h), else as long
    /// as --ttl says, else for good
    #[arg(
        long,
        value_name = "LIFETIME",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with = "count"
    )]
    pub add_to_agent: Option<Option<String>>,
    /// Have the agent ask before each use of the key
    #[arg(long, requires = "add_to_agent")]
    pub confirm: bool,
}

/// How a private key on stdout is kept out of a log.
#[derive(Args, Clone, Copy, Debug)]
pub struct MaskArgs {
    /// Before a private key goes to stdout, tell a CI service on stderr to keep it out of the log
    #[arg(long, value_name = "SERVICE", value_enum)]
    pub mask: Option<MaskArg>,
}

/// Values of `--mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MaskArg {
    /// GitHub Actions, by `::add-mask::` commands
    Github,
}

/// The passphrase of a key that is read.
#[derive(Args, Debug)]
pub struct PassphraseArgs {
    /// Decrypt with the first line of this file; - reads stdin [default: KEYPAIR_PASSPHRASE, else prompted for
    /// if needed]
    #[arg(long, value_name = "PATH")]
    pub passphrase_file: Option<PathBuf>,
}

/// What encrypts a new private key.
#[derive(Args, Debug)]
pub struct EncryptionArgs {
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
    pub cost: CostArgs,
}

/// What a guess at the passphrase of a new private key is to cost.
#[derive(Args, Clone, Copy, Debug)]
pub struct CostArgs {
    /// The rounds of bcrypt or PBKDF2, or passes of Argon2, that derive the key from the passphrase
    /// [default: 24, 600000 or 21, and never a lower cost than that of a file that is converted]
    #[arg(long, value_name = "N", conflicts_with = "no_passphrase")]
    pub kdf_rounds: Option<u32>,
    /// The memory of Argon2 in a PPK file: 8M to 64M [default: 8M, or that of a file that is converted]
    #[arg(long, value_name = "SIZE", conflicts_with = "no_passphrase", value_parser = kibibytes)]
    pub kdf_memory: Option<u32>,
}

impl CostArgs {
    /// Returns what was chosen.
    pub fn options(self) -> CostOptions {
        CostOptions { rounds: self.kdf_rounds, memory: self.kdf_memory }
    }
}

/// Reads a size such as 64M or 65536K.
fn kibibytes(size: &str) -> Result<u32, &'static str> {
    let digits = size.trim_end_matches(|character: char| !character.is_ascii_digit());
    let factor = match size.get(digits.len()..).unwrap_or_default() {
        "K" | "k" | "KiB" => 1,
        "M" | "m" | "MiB" => 1 << 10,
        _ => return Err(EXPECTED),
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_number { digits.parse::<u32>().ok() } else { None };
    number.and_then(|number| number.checked_mul(factor)).ok_or(EXPECTED)
}

const EXPECTED: &str = "expected a size such as 64M or 65536K";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_has_a_number_and_a_unit() {
        for (size, expected) in [
            ("64M", Ok(65536)),
            ("8m", Ok(8192)),
            ("32MiB", Ok(32768)),
            ("10000K", Ok(10000)),
            ("10000KiB", Ok(10000)),
            ("8", Err(EXPECTED)),
            ("M", Err(EXPECTED)),
            ("", Err(EXPECTED)),
            ("-8M", Err(EXPECTED)),
            ("+8M", Err(EXPECTED)),
            ("8 M", Err(EXPECTED)),
            ("8MB", Err(EXPECTED)),
            ("1G", Err(EXPECTED)),
            ("8.5M", Err(EXPECTED)),
            ("4194304M", Err(EXPECTED)),
            ("4294967296K", Err(EXPECTED)),
            ("8\u{663}M", Err(EXPECTED)),
        ] {
            assert_eq!(kibibytes(size), expected, "{size}");
        }
    }
}
