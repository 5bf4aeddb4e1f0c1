//! `--mask`, of every command that can put a private key on stdout.

use clap::{Args, ValueEnum};

/// How a private key on stdout is kept out of a log.
#[derive(Args, Clone, Copy, Debug)]
pub struct MaskArguments {
    /// Before a private key goes to stdout, tell a CI service on stderr to keep it out of the log
    #[arg(long, value_name = "SERVICE", value_enum)]
    pub mask: Option<MaskArgument>,
}

/// Values of `--mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MaskArgument {
    /// GitHub Actions, by `::add-mask::` commands
    Github,
}
