//! Options that several commands share.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use crate::format::CostOptions;

/// The services of the AWS CLI with the commands that this program answers.
pub const SERVICES: [(&str, &[&str]); 3] = [
    (
        "ec2",
        &[
            "create-key-pair",
            "create-tags",
            "delete-key-pair",
            "delete-tags",
            "describe-key-pairs",
            "get-password-data",
            "import-key-pair",
            "wait",
        ],
    ),
    ("ec2-instance-connect", &["send-ssh-public-key"]),
    ("ssm", &["get-parameter", "get-parameters"]),
];

/// Returns the commands in the AWS spelling.
pub fn aws_commands() -> impl Iterator<Item = &'static str> {
    SERVICES.into_iter().flat_map(|(_, commands)| commands.iter().copied())
}

/// Options of every command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Registry of public keys: local (a file on this machine) or ec2 [default: local]
    /// [env: KEYPAIR_REGISTRY]
    #[arg(long, global = true, value_name = "REGISTRY")]
    pub registry: Option<String>,
    /// File of the local registry [default: in the user's data directory]
    /// [env: KEYPAIR_REGISTRY_FILE]
    #[arg(long, global = true, value_name = "PATH")]
    pub registry_file: Option<PathBuf>,
    /// Output format [default: json; for doctor, one line per finding]
    /// [env: AWS_DEFAULT_OUTPUT]
    #[arg(long, global = true, value_name = "FORMAT", value_enum, ignore_case = true)]
    pub output: Option<OutputArg>,
    /// JMESPath expression that selects part of the response (<https://jmespath.org>)
    #[arg(long, global = true, value_name = "JMESPATH")]
    pub query: Option<String>,
    /// When to color tables and messages [env: NO_COLOR]
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    pub color: ColorArg,
    /// Print only errors on stderr
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Print each step and the causes of errors on stderr
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub debug: bool,
    /// Options that scripts for the AWS CLI pass.
    #[command(flatten)]
    pub aws: AwsArgs,
}

/// Options of the AWS CLI for the connection and for paging. The local registry ignores them, so
/// that scripts work unchanged.
#[derive(Args, Debug)]
pub struct AwsArgs {
    /// AWS region, or several: a,b,c [default: AWS_REGION, then the AWS CLI's files]
    #[arg(long = "region", global = true, value_name = "REGION")]
    pub regions: Vec<String>,
    /// AWS profile to use, or several: p,q
    #[arg(long = "profile", global = true, value_name = "NAME")]
    pub profiles: Vec<String>,
    /// URL of the endpoint to use instead of AWS
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// PEM file with the only certificate authorities to trust
    #[arg(long, global = true, value_name = "PATH", hide = true)]
    pub ca_bundle: Option<PathBuf>,
    #[arg(long, global = true, hide = true, value_parser = ["base64", "raw-in-base64-out"])]
    pub cli_binary_format: Option<String>,
    #[arg(long, global = true, hide = true)]
    pub cli_connect_timeout: Option<String>,
    /// Format of error messages [env: AWS_CLI_ERROR_FORMAT]
    #[arg(long, global = true, value_enum, hide = true)]
    pub cli_error_format: Option<ErrorFormatArg>,
    #[arg(long, global = true, hide = true)]
    pub cli_read_timeout: Option<String>,
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
    /// JSON, one line per pair
    Jsonl,
    /// Tables for people
    Table,
    /// YAML
    Yaml,
    /// YAML, as the only element of a list
    YamlStream,
    /// Nothing
    Off,
}

/// Values of `--cli-error-format`. The fields of EC2's errors are their code and message, which
/// `legacy` and `enhanced` print in one sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormatArg {
    Legacy,
    Json,
    Yaml,
    Text,
    Table,
    #[default]
    Enhanced,
}

/// Options of every command in the AWS spelling.
#[derive(Args, Debug)]
pub struct CliInputArgs {
    /// Read the options from this JSON, or file://PATH; other options replace its members
    #[arg(long, value_name = "JSON")]
    pub cli_input_json: Option<String>,
    /// Read the options from this YAML, or file://PATH; other options replace its members
    #[arg(long, value_name = "YAML")]
    pub cli_input_yaml: Option<String>,
    /// Print a sample of the input, or of the output, and do nothing else
    #[arg(long, value_name = "KIND", value_enum, num_args = 0..=1, default_missing_value = "input")]
    pub generate_cli_skeleton: Option<SkeletonArg>,
}

/// Values of `--generate-cli-skeleton`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SkeletonArg {
    /// For --cli-input-json
    Input,
    /// For --cli-input-yaml
    YamlInput,
    /// The response
    Output,
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
    /// RSA, accepted everywhere; Windows instances accept only RSA
    Rsa,
    /// ED25519, shorter and faster
    Ed25519,
}

/// Values of `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// EC2's format: PKCS#1 for RSA, OpenSSH for ED25519; with a passphrase, PKCS#8 for RSA
    Pem,
    /// PuTTY
    Ppk,
    /// OpenSSH
    Openssh,
    /// PKCS#8, for OpenSSL and Java
    Pkcs8,
}

/// `--dry-run` and `--no-dry-run`; the last one counts.
#[derive(Args, Clone, Copy, Debug)]
pub struct DryRunArgs {
    /// Check everything and change nothing; exit 0 if the command would have succeeded
    #[arg(long, overrides_with = "no_dry_run")]
    dry_run: bool,
    /// Execute the command
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    no_dry_run: bool,
}

impl DryRunArgs {
    pub fn is_on(self) -> bool {
        self.dry_run && !self.no_dry_run
    }
}

/// The tags of a new pair.
#[derive(Args, Debug)]
pub struct TagArgs {
    /// Tag of the key pair; may be repeated
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<String>,
    /// Tags in the AWS CLI's syntax: ResourceType=key-pair,Tags=[{Key=…,Value=…}], or JSON
    #[arg(long, value_name = "SPECIFICATION", num_args = 1..)]
    pub tag_specifications: Vec<String>,
}

/// The expiry of a new pair.
#[derive(Args, Debug)]
pub struct LifetimeArgs {
    /// Tag the key pair to expire after this long: 90s, 30m, 8h, 7d; `keypair prune` deletes it then
    #[arg(long, value_name = "SPAN")]
    pub ttl: Option<String>,
    /// Tag the key pair to expire at this time (RFC 3339): 2026-11-26T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "ttl")]
    pub expires_at: Option<String>,
}

/// Options for the running ssh-agent.
#[derive(Args, Debug)]
pub struct AgentArgs {
    /// Add the private key to the running ssh-agent [=LIFETIME: 90s, 30m, 8h]
    /// [default lifetime: --ttl, else unlimited]
    #[arg(
        long,
        value_name = "LIFETIME",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with = "count"
    )]
    pub add_to_agent: Option<Option<String>>,
    /// Make the agent ask before each use of the key
    #[arg(long, requires = "add_to_agent")]
    pub confirm: bool,
}

/// Masking of a private key on stdout.
#[derive(Args, Clone, Copy, Debug)]
pub struct MaskArgs {
    /// Tell a CI service to mask a private key before printing it to stdout
    #[arg(long, value_name = "SERVICE", value_enum)]
    pub mask: Option<MaskArg>,
}

/// Values of `--mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MaskArg {
    /// GitHub Actions, with `::add-mask::` commands
    Github,
}

/// The passphrase of an existing key.
#[derive(Args, Debug)]
pub struct PassphraseArgs {
    /// Decrypt with the first line of this file; - reads stdin
    /// [default: KEYPAIR_PASSPHRASE, else prompted for if needed]
    #[arg(long, value_name = "PATH")]
    pub passphrase_file: Option<PathBuf>,
}

/// The private key of an instance.
#[derive(Args, Debug)]
pub struct KeySearchArgs {
    /// Private key file, or directory to search for it; may be repeated
    /// [default: the current directory and ~/.ssh]
    #[arg(long = "key", value_name = "PATH")]
    pub keys: Vec<PathBuf>,
}

/// The encryption of a new private key.
#[derive(Args, Debug)]
pub struct EncryptionArgs {
    /// Prompt for a passphrase and encrypt the private key with it [default: encrypt with
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

/// The key derivation cost of a new private key.
#[derive(Args, Clone, Copy, Debug)]
pub struct CostArgs {
    /// Rounds of bcrypt or PBKDF2, or passes of Argon2 [default: 24, 600000 or 21; convert keeps a
    /// higher cost]
    #[arg(long, value_name = "N", conflicts_with = "no_passphrase")]
    pub kdf_rounds: Option<u32>,
    /// Memory of Argon2 in a PPK file: 8M to 64M [default: 8M; convert keeps a larger one]
    #[arg(long, value_name = "SIZE", conflicts_with = "no_passphrase", value_parser = kibibytes)]
    pub kdf_memory: Option<u32>,
}

impl CostArgs {
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
