//! `man`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// `man`.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// The command whose page to print [default: the page of keypair itself]
    #[arg(value_name = "COMMAND", conflicts_with = "out_folder")]
    pub page: Option<String>,
    /// Write all pages into this folder instead, as keypair.1, keypair-create.1 and so on
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub out_folder: Option<PathBuf>,
    /// Replace pages that are in the way
    #[arg(long)]
    pub force: bool,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair man create | man -l -
  keypair man --out-folder ~/.local/share/man/man1 --force";
