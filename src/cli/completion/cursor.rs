//! The position of the cursor in a command line.

use clap::{Arg, ArgAction, Command};

use super::expected::Expected;
use crate::cli::options::aws_commands;

#[derive(Debug)]
pub(super) struct CursorContext<'a> {
    /// The command that the words before the cursor select.
    pub(super) command: &'a Command,
    /// The expected kind of the word at the cursor.
    pub(super) word: Expected<'a>,
    /// The option in that word, such as `--output=` before its value.
    pub(super) front: &'a str,
    /// The rest of that word.
    pub(super) value: &'a str,
    /// The options before the cursor.
    pub(super) used: Vec<&'a Arg>,
    /// The value of `--registry`.
    pub(super) registry: Option<String>,
    /// The value of `--registry-file`.
    pub(super) registry_file: Option<String>,
}

impl<'a> CursorContext<'a> {
    /// Finds the position of `word`, which follows the words `before`.
    pub(super) fn find(program: &'a Command, before: &[String], word: &'a str) -> Self {
        let mut reader = LineReader::new(program);
        before.iter().for_each(|word| reader.pass(word));
        let (front, value, meaning) = reader.meaning(word);
        let LineReader { command, used, registry, registry_file, .. } = reader;
        Self { command, word: meaning, front, value, used, registry, registry_file }
    }
}

/// The state after the words that were read.
struct LineReader<'a> {
    command: &'a Command,
    /// The option that takes the next words, and the number of its values so far.
    open: Option<(&'a Arg, usize)>,
    /// Number of operands.
    positional: usize,
    /// All further words are operands.
    is_literal: bool,
    is_known: bool,
    used: Vec<&'a Arg>,
    registry: Option<String>,
    registry_file: Option<String>,
}

impl<'a> LineReader<'a> {
    fn new(program: &'a Command) -> Self {
        Self {
            command: program,
            open: None,
            positional: 0,
            is_literal: false,
            is_known: true,
            used: Vec::new(),
            registry: None,
            registry_file: None,
        }
    }

    /// Reads a complete word.
    fn pass(&mut self, word: &str) {
        if self.is_literal {
            self.positional += 1;
        } else if let (Some((argument, count)), false) = (self.open, is_option(word)) {
            self.note(argument, word);
            let count = count + 1;
            self.open = Some((argument, count)).filter(|_| count < max_values(argument));
        } else if word == "--" {
            self.open = None;
            self.is_literal = true;
        } else if is_option(word) {
            self.pass_option(word);
        } else if self.awaits_command() {
            match self.command.find_subcommand(word) {
                Some(command) => self.command = command,
                None => self.is_known = false,
            }
        } else {
            let argument = self.positional_argument();
            self.is_literal = argument.is_some_and(Arg::is_trailing_var_arg_set);
            self.positional += 1;
        }
    }

    fn pass_option(&mut self, word: &str) {
        let (name, value) = word.split_once('=').map_or((word, None), |(a, b)| (a, Some(b)));
        self.open = None;
        let Some(argument) = self.option(name) else { return };
        self.used.push(argument);
        match value {
            Some(value) => self.note(argument, value),
            None if takes_values(argument) && !argument.is_require_equals_set() => {
                self.open = Some((argument, 0));
            }
            None => {}
        }
    }

    /// Keeps the values that select the registry.
    fn note(&mut self, argument: &Arg, value: &str) {
        match argument.get_id().as_str() {
            "registry" => self.registry = Some(value.to_owned()),
            "registry_file" => self.registry_file = Some(value.to_owned()),
            _ => {}
        }
    }

    /// Splits an incomplete word into an option and its value. Returns them with the expected kind
    /// of the value.
    fn meaning<'w>(&self, word: &'w str) -> (&'w str, &'w str, Expected<'a>) {
        if !self.is_known {
            return ("", word, Expected::Unknown);
        }
        if self.is_literal {
            return ("", word, self.positional_meaning());
        }
        // An option needs its first value. After that, a new option is as likely as a value.
        match self.open {
            Some((argument, count)) if count == 0 || !word.starts_with('-') => {
                return ("", word, Expected::of(self.command, argument, count));
            }
            _ => {}
        }
        if let Some((name, _)) = word.split_once('=').filter(|_| is_option(word)) {
            let (front, value) = word.split_at(name.len() + 1);
            let argument = self.option(name).filter(|argument| takes_values(argument));
            let meaning = argument.map(|argument| Expected::of(self.command, argument, 0));
            return (front, value, meaning.unwrap_or(Expected::Unknown));
        }
        if word.starts_with('-') {
            return ("", word, Expected::Options);
        }
        if self.awaits_command() {
            return ("", word, Expected::Commands);
        }
        match self.positional_argument() {
            None if word.is_empty() => ("", word, Expected::Options),
            _ => ("", word, self.positional_meaning()),
        }
    }

    fn awaits_command(&self) -> bool {
        self.command.has_subcommands()
    }

    fn positional_meaning(&self) -> Expected<'a> {
        let argument = self.positional_argument();
        argument.map_or(Expected::Unknown, |argument| {
            let first = argument.get_index().unwrap_or(1) - 1;
            Expected::of(self.command, argument, self.positional - first.min(self.positional))
        })
    }

    /// Returns the argument of the next operand.
    fn positional_argument(&self) -> Option<&'a Arg> {
        let mut arguments = self.command.get_positionals();
        let last = self.command.get_positionals().last();
        arguments.nth(self.positional).or(last.filter(|last| max_values(last) > 1))
    }

    /// Returns the option that a word names. In the AWS CLI's commands, a unique prefix is enough.
    fn option(&self, word: &str) -> Option<&'a Arg> {
        let name = word.strip_prefix("--")?;
        let command = self.command;
        let named = |is_meant: fn(&str, &str) -> bool| {
            command.get_arguments().filter(move |argument| {
                let aliases = argument.get_all_aliases().unwrap_or_default();
                let mut names = argument.get_long().into_iter().chain(aliases);
                names.any(|long| is_meant(long, name))
            })
        };
        let mut begun = named(|long, name| long.starts_with(name));
        named(|long, name| long == name).next().or_else(|| {
            let only = begun.next().filter(|_| begun.next().is_none());
            only.filter(|_| aws_commands().any(|name| name == command.get_name()))
        })
    }
}

fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

fn takes_values(argument: &Arg) -> bool {
    max_values(argument) > 0 && matches!(argument.get_action(), ArgAction::Set | ArgAction::Append)
}

fn max_values(argument: &Arg) -> usize {
    argument.get_num_args().map_or(0, |range| range.max_values())
}
