//! `import` and `import-key-pair`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::options::{DryRunArgs, LifetimeArgs, PassphraseArgs, TagArgs};

/// `import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// The pair's name
    #[arg(value_name = "NAME", required_unless_present = "key_name")]
    pub name: Option<String>,
    /// A file with the key, public or private, in any format; - reads stdin
    #[arg(value_name = "FILE", required_unless_present_any = ["key_name", "public_key_material"])]
    pub file: Option<PathBuf>,
    /// The pair's name, as the AWS CLI spells it
    #[arg(long, value_name = "NAME", hide = true)]
    pub key_name: Option<String>,
    /// The key as the AWS CLI takes it: fileb://PATH, file://PATH, base64 or the text itself
    #[arg(long, value_name = "VALUE", conflicts_with = "file")]
    #[arg(allow_hyphen_values = true, value_parser = key_material)]
    pub public_key_material: Option<String>,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    #[command(flatten)]
    pub tags: TagArgs,
    #[command(flatten)]
    pub lifetime: LifetimeArgs,
    /// Succeed if this very key is registered under the name already; refuse if it is another
    #[arg(long)]
    pub if_not_exists: bool,
    #[command(flatten)]
    pub dry_run: DryRunArgs,
}

/// `import-key-pair`.
#[derive(Args, Debug)]
pub struct ImportKeyPairArgs {
    /// The pair's name
    #[arg(long, value_name = "NAME")]
    pub key_name: String,
    /// The key: fileb://PATH, file://PATH, base64 or the text itself
    #[arg(long, value_name = "VALUE")]
    #[arg(allow_hyphen_values = true, value_parser = key_material)]
    pub public_key_material: String,
    #[command(flatten)]
    pub tags: TagArgs,
    #[command(flatten)]
    pub dry_run: DryRunArgs,
}

/// Takes a text that may begin as PEM and RFC 4716 do; with no blank in it, that is an option.
fn key_material(value: &str) -> Result<String, &'static str> {
    if value.starts_with("--") && !value.contains(char::is_whitespace) {
        return Err("this looks like an option");
    }
    Ok(value.to_owned())
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair import laptop ~/.ssh/id_ed25519.pub
  keypair import windows-team team.ppk               the public half is used, the rest is not
  curl -s https://github.com/NAME.keys | head -n 1 | keypair import NAME -";
