//! `--tag` and `--tag-specifications`, of what registers a pair.

use clap::Args;

/// The tags of a new pair.
#[derive(Args, Debug)]
pub struct TagArguments {
    /// A tag of the pair; may be repeated
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<String>,
    /// Tags as the AWS CLI takes them: ResourceType=key-pair,Tags=[{Key=…,Value=…}], or JSON
    #[arg(long, value_name = "SPECIFICATION", num_args = 1..)]
    pub tag_specifications: Vec<String>,
}
