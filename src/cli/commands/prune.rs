//! `prune`.

use clap::Args;

/// `prune`.
#[derive(Args, Debug)]
pub struct PruneArgs {
    /// Pairs whose time is past, which `--ttl` or `--expires-at` gave them, and the folders that killed
    /// `exec` commands left behind [default: if no other option says which]
    #[arg(long)]
    pub expired: bool,
    /// Pairs that were registered so long ago, or longer: 90s, 30m, 8h, 7d, 2w
    #[arg(long, value_name = "SPAN")]
    pub older_than: Option<String>,
    /// Pairs with such a name, * for any characters, ? for one; may be repeated
    #[arg(long = "name", value_name = "GLOB")]
    pub names: Vec<String>,
    /// With the registry ec2: pairs that no instance and no launch template has
    #[arg(long)]
    pub unused: bool,
    /// Remove the registrations, instead of showing which would go; private key files stay
    #[arg(long)]
    pub delete: bool,
}

pub(super) const EXAMPLES: &str = "\
Of several options all must hold, of several names one.

Examples:
  keypair prune                                      what has expired
  keypair prune --delete                             remove it
  keypair prune --name 'ci-*' --older-than 7d
  keypair prune --registry ec2 --unused --older-than 90d --output table";
