//! Completes words of a command line for the shells.
//!
//! The scripts are short and ask the program, which knows its own command line and the registry.
//! `clap_complete` has static scripts, which cannot ask. Its dynamic ones are declared unstable.
//! They do not show a completer the other words, so `--registry-file` would have no effect, and
//! they insert names with spaces into a bash line unquoted.

mod bash;
mod candidate;
mod cursor;
mod expected;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

use clap::{Command, ValueEnum};

pub use candidate::Completions;

use self::candidate::Candidate;
use self::cursor::CursorContext;
use self::expected::Expected;
use super::settings::{Environment, local_registry};
use crate::local::{LocalColumn, LocalRegistry};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// PowerShell
    Powershell,
}

/// Returns the completion script, which asks the program.
pub fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("keypair.bash"),
        Shell::Zsh => include_str!("keypair.zsh"),
        Shell::Fish => include_str!("keypair.fish"),
        Shell::Powershell => include_str!("keypair.ps1"),
    }
}

/// Completes the word at the cursor, for the script of a shell. An invalid line or an unreadable
/// registry is not an error: it has no completions.
pub fn complete(
    program: Command,
    shell: Shell,
    words: &[OsString],
    environment: &Environment,
) -> Completions {
    let mut words = words.iter().map(|word| word.to_string_lossy());
    let first = words.next().unwrap_or_default();
    let first = first.strip_prefix('=').unwrap_or(&first);
    match shell {
        Shell::Bash => {
            let (before, word) = bash::split(first, &words.next().unwrap_or_default());
            let answer = answer(program, &before, &word.text, environment);
            bash::quoted(answer, &word)
        }
        Shell::Zsh | Shell::Fish | Shell::Powershell => {
            let before: Vec<String> = words.map(std::borrow::Cow::into_owned).collect();
            answer(program, &before, first, environment)
        }
    }
}

/// Completes `word`, which follows the words `before`.
fn answer(
    mut program: Command,
    before: &[String],
    word: &str,
    environment: &Environment,
) -> Completions {
    program.build();
    let context = CursorContext::find(&program, before, word);
    let (word, front) = (context.value, context.front);
    let registered = |column| {
        let registry = context.registry.as_deref();
        let file = context.registry_file.as_deref().map(|file| environment.expand(file));
        let texts = local_registry(registry, file, environment)
            .and_then(|file| LocalRegistry::find_by_prefix(&file, column, word).ok());
        texts.unwrap_or_default().into_iter().map(Candidate::plain).collect()
    };
    let candidates = match context.word {
        Expected::Commands => candidate::commands(context.command),
        Expected::Options => candidate::options(context.command, &context.used),
        Expected::Value(argument) => candidate::possible_values(argument),
        Expected::Fixed(texts) => texts.iter().map(|&text| Candidate::plain(text)).collect(),
        Expected::Ids => registered(LocalColumn::Id),
        Expected::Names => registered(LocalColumn::Name),
        Expected::Pages => candidate::pages(&program),
        Expected::Files => return Completions::Files,
        Expected::Folders => return Completions::Folders,
        Expected::Programs => return Completions::Programs,
        Expected::Unknown => Vec::new(),
    };
    candidate::beginning_with(candidates, front, word)
}
