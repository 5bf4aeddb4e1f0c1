//! The program around the library: from the command line to an exit status.
//!
//! Each command is a file in [`commands`], with its arguments, its request and its response. They
//! share [`options`], [`input`], the [`context`] with the [`settings`] and the [`terminal`], and
//! [`output`]. [`error`] words the failures of all of them.

mod commands;
mod completion;
mod context;
mod error;
mod input;
mod key_material;
mod man;
mod mask;
mod options;
pub mod output;
mod output_file;
mod proxy_words;
mod regions;
mod response;
mod settings;
mod shell;
mod start;
mod terminal;
mod timestamp;
mod undone;

use std::ffi::OsString;

use clap::error::ErrorKind;

use self::commands::cli_input::{self, Prepared};
use self::commands::{Cli, CommandLine};
pub use self::error::ExitStatus;
use self::error::Failure;
use self::start::Start;
use self::terminal::{Redactor, Terminal};
use crate::interrupt;
use crate::operations::OperationError;

/// Runs the program and returns its exit status.
#[must_use]
pub fn run() -> ExitStatus {
    interrupt::survive_file_size_limits();
    interrupt::forbid_core_dumps();
    let words = settings::command_line();
    let redactor: &'static Redactor =
        Box::leak(Box::new(Redactor::of(words.clone(), settings::values)));
    let is_aws = commands::is_called_aws(&words);
    let terminal = Terminal { redactor: Some(redactor), is_aws, ..Terminal::default() };
    terminal.report_panics();
    let refusing = || Terminal { error_format: settings::error_format_of(&words), ..terminal };
    match CommandLine::of(&words) {
        Ok(CommandLine::Command(words)) => match cli_input::prepare(&words) {
            Ok(Prepared::Words(words)) => run_command(&words, None, terminal),
            Ok(Prepared::Sample(words, of)) => run_command(&words, Some(of), terminal),
            Ok(Prepared::Text(text)) => print(text, terminal),
            Err(failure) => failure.report(refusing()),
        },
        Ok(CommandLine::Text(text)) => print(&text, terminal),
        Err(failure) => failure.report(refusing()),
    }
}

/// Runs a command, or prints a sample of the response of the command with the name `sample`.
fn run_command(words: &[OsString], sample: Option<&str>, terminal: Terminal) -> ExitStatus {
    let is_aws = terminal.is_aws;
    match (Cli::parse_words(words), sample) {
        (Ok(Cli { global, command }), None) => command.run(Start::new(global, terminal, is_aws)),
        (Ok(Cli { global, .. }), Some(name)) => {
            Start::new(global, terminal, is_aws).run(|context| {
                if let Some((response, operation)) =
                    cli_input::sample(name, context.settings.output)
                {
                    let written = context.respond(&response, operation.name());
                    written.map_err(OperationError::Output)?;
                }
                Ok(ExitStatus::Success)
            })
        }
        (Err(error), _) => {
            let error_format = settings::error_format_of(words);
            show_usage(&error, Terminal { error_format, ..terminal })
        }
    }
}

fn print(text: &str, terminal: Terminal) -> ExitStatus {
    match terminal.print(text.as_bytes()) {
        Ok(()) => ExitStatus::Success,
        Err(_) => ExitStatus::Other,
    }
}

/// Prints a help text, or reports an invalid command line.
fn show_usage(error: &clap::Error, terminal: Terminal) -> ExitStatus {
    match error.kind() {
        ErrorKind::DisplayVersion if terminal.is_aws => print(commands::VERSION, terminal),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => print(&error.to_string(), terminal),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            terminal.show_help(error);
            ExitStatus::Usage
        }
        _ => Failure::of_usage(error).report(terminal),
    }
}
