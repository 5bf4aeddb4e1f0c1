//! `completions`, and `complete`, which the scripts that it prints call.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

/// `completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell that is to read it
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: ShellArg,
}

/// `complete`.
#[derive(Args, Debug)]
pub struct CompleteArgs {
    /// The shell that asks
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: ShellArg,
    /// For bash, the command line up to the cursor and the characters at which it splits words; for the
    /// others, the word at the cursor and those before it. The first has a = in front, so that it is never
    /// empty and never an option
    #[arg(value_name = "WORD", trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<OsString>,
}

/// A shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellArg {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// PowerShell
    Powershell,
}

pub(super) const EXAMPLES: &str = "\
Names of key pairs are completed from the local registry; EC2 is never asked.

Examples:
  eval \"$(keypair completions bash)\"                  in ~/.bashrc
  eval \"$(keypair completions zsh)\"                   in ~/.zshrc, after compinit
  keypair completions fish > ~/.config/fish/completions/keypair.fish
  keypair completions powershell | Out-String | Invoke-Expression    in $PROFILE";
