//! The arguments of `create` and `create-key-pair`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::options::{
    AgentArgs, CliInputArgs, DryRunArgs, EncryptionArgs, FormatArg, LifetimeArgs, MaskArgs,
    TagArgs, TypeArg,
};
use crate::cli::regions::{KeepGoingArgs, RegionsArgs};

/// `create`.
#[derive(Args, Debug)]
pub struct CreateArgs {
    /// Name of the key pair [default: a new one such as amber-otter-4f9c21]
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,
    /// Name of the key pair, in the AWS CLI's spelling
    #[arg(long = "key-name", value_name = "NAME", hide = true, conflicts_with = "name")]
    pub(super) key_name: Option<String>,
    /// Create N key pairs named NAME-1, NAME-2, …; --out is the directory of their files
    #[arg(long, value_name = "N", conflicts_with_all = ["public_out", "force"])]
    pub(super) count: Option<u32>,
    /// Key type [default: rsa]
    #[arg(long = "type", alias = "key-type", value_enum)]
    pub(super) key_type: Option<TypeArg>,
    /// Length of an RSA key: 2048, 3072 or 4096 [default: 2048]
    #[arg(long, value_name = "BITS")]
    pub(super) bits: Option<u32>,
    /// Where to make the key: here, or in EC2 with --registry ec2
    #[arg(long, value_enum, default_value = "here")]
    pub(super) generate: GenerateArg,
    /// Format of the private key
    #[arg(long, alias = "key-format", value_enum, default_value = "pem")]
    pub(super) format: FormatArg,
    /// PPK version: 3, or 2 for PuTTY before 0.75 (weak encryption) [default: 3]
    #[arg(long, value_name = "VERSION")]
    pub(super) ppk_version: Option<u32>,
    /// File of the private key [default: NAME.pem or NAME.ppk]; - prints only the key to stdout;
    /// none leaves it only in the agent of --add-to-agent, or in the parameter of --store
    #[arg(long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
    /// Also write the OpenSSH public key to this file
    #[arg(long, value_name = "PATH")]
    pub(super) public_out: Option<PathBuf>,
    /// Comment in the keys [default: NAME]
    #[arg(long, value_name = "TEXT")]
    pub(super) comment: Option<String>,
    /// Also store the private key in Parameter Store: ssm, or ssm:NAME for a parameter of this name
    /// [default NAME: /ec2/keypair/ID]; --out none then leaves no file
    #[arg(long, value_name = "ssm[:NAME]", conflicts_with_all = ["count", "if_not_exists"])]
    pub(super) store: Option<String>,
    /// KMS key that encrypts the parameter: its ID, alias/NAME or ARN [default: alias/aws/ssm]
    #[arg(long, value_name = "KEY", requires = "store")]
    pub(super) kms_key_id: Option<String>,
    #[command(flatten)]
    pub(super) tags: TagArgs,
    #[command(flatten)]
    pub(super) lifetime: LifetimeArgs,
    #[command(flatten)]
    pub(super) agent: AgentArgs,
    #[command(flatten)]
    pub(super) encryption: EncryptionArgs,
    /// Replace existing files once the new ones are complete
    #[arg(long)]
    pub(super) force: bool,
    /// Succeed if the pair is already registered and its private key file exists; fail if the file
    /// has another key
    #[arg(long, conflicts_with_all = ["add_to_agent", "count", "force"])]
    pub(super) if_not_exists: bool,
    #[command(flatten)]
    pub(super) mask: MaskArgs,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
    #[command(flatten)]
    pub(super) regions: RegionsArgs,
    #[command(flatten)]
    pub(super) keep_going: KeepGoingArgs,
}

/// `create-key-pair`.
#[derive(Args, Debug)]
pub struct CreateKeyPairArgs {
    /// Name of the key pair
    #[arg(long, value_name = "NAME")]
    pub(super) key_name: String,
    /// Key type [default: rsa]
    #[arg(long, alias = "type", value_enum)]
    pub(super) key_type: Option<TypeArg>,
    /// Format of the private key
    #[arg(long, alias = "format", value_enum, default_value = "pem")]
    pub(super) key_format: FormatArg,
    /// Where to make the key [default: in EC2 with --registry ec2, else here]
    #[arg(long, value_enum)]
    pub(super) generate: Option<GenerateArg>,
    /// Return the private key without encryption, as EC2 does, even if KEYPAIR_PASSPHRASE is set
    #[arg(long)]
    pub(super) no_passphrase: bool,
    #[command(flatten)]
    pub(super) tags: TagArgs,
    #[command(flatten)]
    pub(super) mask: MaskArgs,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
    #[command(flatten)]
    pub(super) cli_input: CliInputArgs,
}

/// Values of `--generate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GenerateArg {
    /// On this machine; the private key never leaves it
    Here,
    /// In EC2; the private key comes in its response
    Ec2,
}

pub const EXAMPLES: &str = "\
Examples:
  keypair create                                     an RSA pair with a new name
  keypair create --type ed25519 --format ppk         for PuTTY
  keypair create web --bits 4096 --tag team=ops
  keypair create web --out ~/.ssh/web --public-out ~/.ssh/web.pub
  keypair create ci --if-not-exists                  created by the first run only
  keypair create ci --out - | ssh-add -              without a file
  keypair create ci --add-to-agent=8h --out none     only in the ssh-agent, for 8 hours
  keypair create web --registry ec2 --store ssm --out none    only in Parameter Store
  keypair create ci --count 100 --type ed25519 --output jsonl    ci-001.pem to ci-100.pem";
