//! The arguments of `create` and `create-key-pair`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::options::{
    AgentArgs, DryRunArgs, EncryptionArgs, FormatArg, LifetimeArgs, MaskArgs, TagArgs, TypeArg,
};

/// `create`.
#[derive(Args, Debug)]
pub struct CreateArgs {
    /// The pair's name [default: a new one like amber-otter-4f9c21]
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,
    /// The same, as the AWS CLI spells it
    #[arg(long = "key-name", value_name = "NAME", hide = true, conflicts_with = "name")]
    pub(super) key_name: Option<String>,
    /// Make so many pairs, NAME-1, NAME-2 and so on; --out then names the folder of their files
    #[arg(long, value_name = "N", conflicts_with_all = ["public_out", "force"])]
    pub(super) count: Option<u32>,
    /// The type of key [default: rsa]
    #[arg(long = "type", alias = "key-type", value_enum)]
    pub(super) key_type: Option<TypeArg>,
    /// The length of an RSA key: 2048, 3072 or 4096 [default: 2048]
    #[arg(long, value_name = "BITS")]
    pub(super) bits: Option<u32>,
    /// Who makes the key: this machine, or EC2 with --registry ec2
    #[arg(long, value_enum, default_value = "here")]
    pub(super) generate: GenerateArg,
    /// How the private key is written
    #[arg(long, alias = "key-format", value_enum, default_value = "pem")]
    pub(super) format: FormatArg,
    /// The version of a PPK file: 3, or 2 for PuTTY before 0.75, whose encryption is weak [default: 3]
    #[arg(long, value_name = "VERSION")]
    pub(super) ppk_version: Option<u32>,
    /// Where to write the private key [default: NAME.pem or NAME.ppk]; - writes it, and nothing
    /// else, to stdout; none, with --add-to-agent, leaves it to the agent alone
    #[arg(long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
    /// Where to write the OpenSSH public key as well
    #[arg(long, value_name = "PATH")]
    pub(super) public_out: Option<PathBuf>,
    /// The comment in the keys [default: NAME]
    #[arg(long, value_name = "TEXT")]
    pub(super) comment: Option<String>,
    #[command(flatten)]
    pub(super) tags: TagArgs,
    #[command(flatten)]
    pub(super) lifetime: LifetimeArgs,
    #[command(flatten)]
    pub(super) agent: AgentArgs,
    #[command(flatten)]
    pub(super) encryption: EncryptionArgs,
    /// Replace files that are in the way, once the new ones are complete
    #[arg(long)]
    pub(super) force: bool,
    /// Succeed if the pair is there already, registered and with its private key file; refuse if that
    /// is another key
    #[arg(long, conflicts_with_all = ["add_to_agent", "count", "force"])]
    pub(super) if_not_exists: bool,
    #[command(flatten)]
    pub(super) mask: MaskArgs,
    #[command(flatten)]
    pub(super) dry_run: DryRunArgs,
}

/// `create-key-pair`.
#[derive(Args, Debug)]
pub struct CreateKeyPairArgs {
    /// The pair's name
    #[arg(long, value_name = "NAME")]
    pub(super) key_name: String,
    /// The type of key
    #[arg(long, alias = "type", value_enum, default_value = "rsa")]
    pub(super) key_type: TypeArg,
    /// How the private key is written
    #[arg(long, alias = "format", value_enum, default_value = "pem")]
    pub(super) key_format: FormatArg,
    /// Who makes the key [default: EC2 with --registry ec2, else this machine]
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
}

/// Values of `--generate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GenerateArg {
    /// This machine, which the private key then never leaves
    Here,
    /// EC2, which sends the private key in its answer
    Ec2,
}

pub const EXAMPLES: &str = "\
Examples:
  keypair create                                     an RSA pair with a new name
  keypair create --type ed25519 --format ppk         for PuTTY
  keypair create web --bits 4096 --tag team=ops
  keypair create web --out ~/.ssh/web --public-out ~/.ssh/web.pub
  keypair create ci --if-not-exists                  made once, found from then on
  keypair create ci --out - | ssh-add -              no file at all
  keypair create ci --add-to-agent=8h --out none     in the ssh-agent alone, until tonight
  keypair create ci --count 100 --type ed25519 --output jsonl    ci-001.pem to ci-100.pem";
