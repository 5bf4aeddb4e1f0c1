//! `fetch` and `get-parameter`.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::cli::options::{DryRunArgs, EncryptionArgs, MaskArgs};

/// `fetch`.
#[derive(Args, Debug)]
pub struct FetchArgs {
    /// The pair whose private key to fetch
    #[arg(value_name = "NAME", required_unless_present = "key_name")]
    pub name: Option<String>,
    /// The same, as the AWS CLI spells it
    #[arg(long = "key-name", value_name = "NAME", hide = true, conflicts_with = "name")]
    pub key_name: Option<String>,
    /// Where to write the private key [default: NAME.pem or NAME.ppk]; - writes it, and nothing
    /// else, to stdout
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub encryption: EncryptionArgs,
    /// Replace a file that is in the way, once the new one is complete
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub mask: MaskArgs,
    #[command(flatten)]
    pub dry_run: DryRunArgs,
}

/// `get-parameter`.
#[derive(Args, Debug)]
pub struct GetParameterArgs {
    /// The name of the parameter, such as /ec2/keypair/key-0123456789abcdef0
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Decrypt it
    #[arg(long, overrides_with = "no_with_decryption")]
    pub with_decryption: bool,
    /// Leave it encrypted
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    pub no_with_decryption: bool,
    #[command(flatten)]
    pub mask: MaskArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair fetch web                      writes web.pem, or web.ppk if that is what it is
  keypair fetch web --region eu-west-1 --out - | ssh-add -

CloudFormation leaves the private key of an AWS::EC2::KeyPair that it has EC2 make in Parameter
Store, under /ec2/keypair/KEY_PAIR_ID; of one that it imports it has none.";
