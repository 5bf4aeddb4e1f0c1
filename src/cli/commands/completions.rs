//! `completions`, and `complete`, which the scripts of `completions` call.

use std::ffi::OsString;

use clap::{Args, Command};

use crate::cli::completion::{self, Shell};
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::operations::OperationError;

/// `completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// Shell to print the script for
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// `complete`.
#[derive(Args, Debug)]
pub struct CompleteArgs {
    /// Shell that runs the script
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
    /// For bash, the command line up to the cursor and the word break characters; for the other shells,
    /// the word at the cursor and the words before it. The first has a = in front, so that it is never
    /// empty and never an option
    #[arg(value_name = "WORD", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

pub(super) const EXAMPLES: &str = "\
Names of key pairs come from the local registry; completion never connects to EC2.

Examples:
  eval \"$(keypair completions bash)\"                  in ~/.bashrc
  eval \"$(keypair completions zsh)\"                   in ~/.zshrc, after compinit
  keypair completions fish > ~/.config/fish/completions/keypair.fish
  keypair completions powershell | Out-String | Invoke-Expression    in $PROFILE";

impl CompletionsArgs {
    pub fn run(self, terminal: Terminal) -> Result<ExitStatus, Failure> {
        let Self { shell } = self;
        print(completion::script(shell), terminal)
    }
}

impl CompleteArgs {
    /// Prints the candidates for a word of the command line of `program`.
    pub fn run(self, program: Command, terminal: Terminal) -> Result<ExitStatus, Failure> {
        let Self { shell, words } = self;
        let answer = completion::complete(program, shell, &words, &Environment::read());
        print(&answer.to_string(), terminal)
    }
}

fn print(text: &str, terminal: Terminal) -> Result<ExitStatus, Failure> {
    terminal.print(text.as_bytes()).map_err(OperationError::Output)?;
    Ok(ExitStatus::Success)
}
