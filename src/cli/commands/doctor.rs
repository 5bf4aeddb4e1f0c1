//! `doctor`.

use std::path::PathBuf;

use clap::Args;

/// `doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Private key files, and folders of which the files are looked at [default: the current folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Ask EC2, once, whether it lets itself be asked; without this nothing is called
    #[arg(long)]
    pub online: bool,
}

pub(super) const EXAMPLES: &str = "\
A line for each finding, with its remedy; --output and --query give it to programs. Nothing is changed.
The exit status is 1 if anything needs attention.

Examples:
  keypair doctor                                     the registry, and the files here
  keypair doctor ~/.ssh ~/keys
  keypair doctor --registry ec2 --online --region eu-west-1
  keypair doctor --output json --query 'Findings[].Remedy'";
