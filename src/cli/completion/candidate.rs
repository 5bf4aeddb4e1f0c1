//! Completions that are offered to a shell.

use std::fmt;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command};

use crate::cli::output::visible;

/// A completion of the word at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub(super) text: String,
    description: String,
}

impl Candidate {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), description: String::new() }
    }

    fn described(text: impl Into<String>, help: Option<&StyledStr>) -> Self {
        let help = help.map(ToString::to_string).unwrap_or_default();
        let line = help.lines().collect::<Vec<_>>().join(" ");
        // A list has no room for the details that follow.
        let line = line.split([';', '[']).next().unwrap_or_default().trim();
        Self { text: text.into(), description: line.to_owned() }
    }
}

/// The completions of the word at the cursor. The scripts read them as text: a line with the kind,
/// then a line for each candidate, with its description after a tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completions {
    Words(Vec<Candidate>),
    /// Paths of files, which the shell finds.
    Files,
    /// Paths of directories.
    Folders,
    /// Names of programs.
    Programs,
}

impl fmt::Display for Completions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files => formatter.write_str("files\n"),
            Self::Folders => formatter.write_str("folders\n"),
            Self::Programs => formatter.write_str("programs\n"),
            Self::Words(candidates) => {
                formatter.write_str("words\n")?;
                for Candidate { text, description } in candidates {
                    match description.is_empty() {
                        true => writeln!(formatter, "{text}")?,
                        false => writeln!(formatter, "{text}\t{description}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

/// Returns the candidates that begin with `word`, with `front` before each. Omits candidates with
/// characters that act on a terminal: these must not reach a list or the line.
pub(super) fn beginning_with(candidates: Vec<Candidate>, front: &str, word: &str) -> Completions {
    let is_fit = |text: &str| text.starts_with(word) && visible(text) == text;
    let fit = candidates.into_iter().filter(|candidate| is_fit(&candidate.text));
    let whole = |candidate: Candidate| Candidate {
        text: format!("{front}{}", candidate.text),
        description: candidate.description,
    };
    Completions::Words(fit.map(whole).collect())
}

/// Returns the commands that are not hidden.
pub(super) fn commands(program: &Command) -> Vec<Candidate> {
    let shown = program.get_subcommands().filter(|command| !command.is_hide_set());
    shown.map(|command| Candidate::described(command.get_name(), command.get_about())).collect()
}

/// Returns the commands with a manual page.
pub(super) fn pages(program: &Command) -> Vec<Candidate> {
    let mut pages = commands(program);
    pages.retain(|page| page.text != "help");
    pages
}

/// Returns the options that are not hidden, except used ones that cannot be repeated.
pub(super) fn options(command: &Command, used: &[&Arg]) -> Vec<Candidate> {
    let is_spent = |argument: &Arg| {
        used.iter().any(|used| used.get_id() == argument.get_id())
            && !matches!(argument.get_action(), ArgAction::Append)
    };
    let shown = |argument: &&Arg| !argument.is_hide_set() && !is_spent(argument);
    let option = |argument: &Arg| {
        let text = format!("--{}", argument.get_long()?);
        Some(Candidate::described(text, argument.get_help()))
    };
    command.get_arguments().filter(shown).filter_map(option).collect()
}

pub(super) fn possible_values(argument: &Arg) -> Vec<Candidate> {
    let values = argument.get_possible_values();
    let shown = values.iter().filter(|value| !value.is_hide_set());
    shown.map(|value| Candidate::described(value.get_name(), value.get_help())).collect()
}
