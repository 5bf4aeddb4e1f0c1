//! What tells about the program, and needs neither settings nor a registry.

use std::io::ErrorKind;
use std::path::Path;

use crate::cli::commands::{Command, CompleteArgs, CompletionsArgs, ManArgs};
use crate::cli::completion;
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::man;
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::file::{Access, Draft, Existing, FileError, Target};
use crate::operations::OperationError;

/// Does what a command asks for and returns how the program ends, if it is one of these.
pub fn answer(command: &Command, terminal: Terminal) -> Option<ExitStatus> {
    let done = match command {
        Command::Complete(CompleteArgs { shell, words }) => {
            let answer = completion::complete(*shell, words, &Environment::read());
            write(terminal, answer.to_string().as_bytes())
        }
        Command::Completions(CompletionsArgs { shell }) => {
            write(terminal, completion::script(*shell).as_bytes())
        }
        Command::Man(arguments) => manual(arguments, terminal),
        _ => return None,
    };
    Some(match done {
        Ok(()) => ExitStatus::Success,
        Err(failure) => failure.report(terminal),
    })
}

fn manual(arguments: &ManArgs, terminal: Terminal) -> Result<(), Failure> {
    let ManArgs { page, out_folder, force } = arguments;
    let pages = man::pages().map_err(|error| told(&OperationError::Output(error)))?;
    match out_folder {
        Some(folder) => write_pages(&pages, folder, *force).map_err(|error| told(&error.into())),
        None => {
            let page = man::find(pages, page.as_deref());
            write(terminal, &page.map_err(|error| Failure::from(error))?.text)
        }
    }
}

fn told(error: &OperationError) -> Failure {
    error.into()
}

/// Writes every page, or none if one is in the way.
fn write_pages(pages: &[man::Page], folder: &Path, force: bool) -> Result<(), FileError> {
    let existing = if force { Existing::Replace } else { Existing::Keep };
    let target = |page: &man::Page| Target::new(&folder.join(&page.file), existing);
    let targets: Vec<Target> = pages.iter().map(target).collect::<Result<_, _>>()?;
    for (page, target) in pages.iter().zip(targets) {
        Draft::write(&target, Access::Everyone, &page.text)?.publish()?.keep();
    }
    Ok(())
}

/// Writes to stdout; a reader that has left has what it wanted.
fn write(terminal: Terminal, text: &[u8]) -> Result<(), Failure> {
    match terminal.write(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(told(&OperationError::Output(error)))
        }
        _ => Ok(()),
    }
}
