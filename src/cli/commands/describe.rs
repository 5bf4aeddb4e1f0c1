//! `describe` and `describe-key-pairs`.

use clap::{ArgAction, Args};

use crate::cli::options::DryRunArgs;

/// `describe`.
#[derive(Args, Debug)]
pub struct DescribeArgs {
    /// The pairs to show [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// `describe-key-pairs`.
#[derive(Args, Debug)]
pub struct DescribeKeyPairsArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// What both spellings have.
#[derive(Args, Debug)]
pub struct SelectionArgs {
    /// The names of the pairs to show
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub key_names: Vec<String>,
    /// The ids of the pairs to show
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub key_pair_ids: Vec<String>,
    /// Show pairs that match: Name=key-name,Values=web-*,db-? or the same as JSON; the names are
    /// key-name, key-pair-id, fingerprint, tag-key and tag:KEY
    #[arg(long, value_name = "FILTER", num_args = 1..)]
    pub filters: Vec<String>,
    /// Show the public keys too
    #[arg(long, overrides_with = "no_include_public_key")]
    pub include_public_key: bool,
    /// Leave the public keys out
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    pub no_include_public_key: bool,
    #[command(flatten)]
    pub dry_run: DryRunArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair describe
  keypair describe web --include-public-key --query 'KeyPairs[0].PublicKey' --output text
  keypair describe --filters Name=tag:team,Values=ops --output table";
