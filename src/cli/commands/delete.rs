//! `delete` and `delete-key-pair`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::cli::options::{DryRunArgs, PassphraseArgs};

/// `delete`.
#[derive(Args, Debug)]
pub struct DeleteArgs {
    /// The pairs whose registrations to remove: all of them, or none if one is not registered
    #[arg(value_name = "NAME", required_unless_present_any = ["key_names", "key_pair_ids"])]
    pub names: Vec<String>,
    /// The pair's name, as the AWS CLI spells it
    #[arg(long = "key-name", value_name = "NAME", hide = true)]
    pub key_names: Vec<String>,
    /// The id of a pair whose registration to remove; may be repeated
    #[arg(long = "key-pair-id", value_name = "ID")]
    pub key_pair_ids: Vec<String>,
    /// Remove this file as well, if it is the private key of the one pair that is named
    #[arg(long, value_name = "PATH")]
    pub private_key_file: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    #[command(flatten)]
    pub dry_run: DryRunArgs,
}

/// `delete-key-pair`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("pair").args(["key_name", "key_pair_id"]).required(true))]
pub struct DeleteKeyPairArgs {
    /// The pair's name
    #[arg(long, value_name = "NAME")]
    pub key_name: Option<String>,
    /// The pair's id
    #[arg(long, value_name = "ID")]
    pub key_pair_id: Option<String>,
    #[command(flatten)]
    pub dry_run: DryRunArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair delete web
  keypair delete web --private-key-file web.pem      the registration and the private key";
