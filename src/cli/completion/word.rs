//! What a word of a command line is meant to be.

use clap::{Arg, Command, ValueHint};

/// What a word of a command line is meant to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word<'a> {
    /// A command of the program.
    Commands,
    /// The path of a file.
    Files,
    /// One of a few.
    Fixed(&'static [&'static str]),
    /// The path of a folder.
    Folders,
    /// The id of a registered pair.
    Ids,
    /// The name of a registered pair.
    Names,
    /// An option.
    Options,
    /// A command that has a manual page.
    Pages,
    /// A program to run.
    Programs,
    /// Something that nobody knows beforehand.
    Unknown,
    /// One of the values of an argument.
    Value(&'a Arg),
}

impl<'a> Word<'a> {
    /// Returns what the value number `position`, from 0, of an argument is meant to be.
    pub(super) fn of(command: &Command, argument: &'a Arg, position: usize) -> Self {
        let (command, id) = (command.get_name(), argument.get_id().as_str());
        if !argument.get_possible_values().is_empty() {
            return Self::Value(argument);
        }
        match (command, id) {
            (_, "registry") => Self::Fixed(&["local", "ec2"]),
            (_, "bits") => Self::Fixed(&["2048", "3072", "4096"]),
            (_, "ppk_version") => Self::Fixed(&["3", "2"]),
            ("man", "page") => Self::Pages,
            (_, id) if NAMES.contains(&(command, id)) => Self::Names,
            (_, id) if IDS.contains(&(command, id)) => Self::Ids,
            _ => match (argument.get_value_hint(), position) {
                (ValueHint::DirPath, _) => Self::Folders,
                (ValueHint::CommandWithArguments, 0) => Self::Programs,
                // What clap knows to be a path has this hint, and the words of another command may be.
                (ValueHint::AnyPath | ValueHint::FilePath | ValueHint::CommandWithArguments, _) => {
                    Self::Files
                }
                _ => Self::Unknown,
            },
        }
    }
}

/// The arguments of commands that are names of registered pairs. Those of `fetch` are EC2's, and those of
/// `create` and `import` must be new.
const NAMES: [(&str, &str); 8] = [
    ("delete", "key_names"),
    ("delete", "names"),
    ("delete-key-pair", "key_name"),
    ("describe", "key_names"),
    ("describe", "names"),
    ("describe-key-pairs", "key_names"),
    ("prune", "names"),
    ("verify", "key_name"),
];

/// The arguments of commands that are ids of registered pairs.
const IDS: [(&str, &str); 4] = [
    ("delete", "key_pair_ids"),
    ("delete-key-pair", "key_pair_id"),
    ("describe", "key_pair_ids"),
    ("describe-key-pairs", "key_pair_ids"),
];

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::commands::Cli;

    #[test]
    fn the_arguments_of_the_tables_are_there() {
        let mut program = Cli::command();
        program.build();
        for (command, id) in NAMES.iter().chain(&IDS) {
            let found = program.find_subcommand(command).unwrap_or_else(|| panic!("{command}"));
            let mut arguments = found.get_arguments();
            assert!(arguments.any(|argument| argument.get_id() == id), "{command} {id}");
        }
    }
}
