//! The expected kind of a word in a command line.

use clap::{Arg, Command, ValueHint};

#[derive(Clone, Copy, Debug)]
pub(super) enum Expected<'a> {
    Commands,
    Files,
    Fixed(&'static [&'static str]),
    Folders,
    /// Ids of registered pairs.
    Ids,
    /// Names of registered pairs.
    Names,
    Options,
    /// Commands with a manual page.
    Pages,
    /// Programs to run.
    Programs,
    /// The value cannot be predicted.
    Unknown,
    /// The possible values of an argument.
    Value(&'a Arg),
}

impl<'a> Expected<'a> {
    /// Returns the expected kind of value number `position`, from 0, of an argument.
    pub(super) fn of(command: &Command, argument: &'a Arg, position: usize) -> Self {
        let (command, id) = (command.get_name(), argument.get_id().as_str());
        if !argument.get_possible_values().is_empty() {
            return Self::Value(argument);
        }
        match (command, id) {
            (_, "registry") => Self::Fixed(&["local", "ec2"]),
            (_, "bits") => Self::Fixed(&["2048", "3072", "4096"]),
            ("create", "store") => Self::Fixed(&["ssm"]),
            (_, "ppk_version") => Self::Fixed(&["3", "2"]),
            ("man", "page") => Self::Pages,
            (_, id) if NAMES.contains(&(command, id)) => Self::Names,
            (_, id) if IDS.contains(&(command, id)) => Self::Ids,
            _ => match (argument.get_value_hint(), position) {
                (ValueHint::DirPath, _) => Self::Folders,
                (ValueHint::CommandWithArguments, 0) => Self::Programs,
                // clap gives paths this hint. The words after a program may be paths too.
                (ValueHint::AnyPath | ValueHint::FilePath | ValueHint::CommandWithArguments, _) => {
                    Self::Files
                }
                _ => Self::Unknown,
            },
        }
    }
}

/// The arguments that take names of registered pairs. `fetch` takes names from EC2, and names for
/// `create` and `import` must be new.
const NAMES: [(&str, &str); 11] = [
    ("delete", "key_names"),
    ("delete", "names"),
    ("delete-key-pair", "key_name"),
    ("describe", "key_names"),
    ("describe", "names"),
    ("describe-key-pairs", "key_names"),
    ("prune", "names"),
    ("tag", "name"),
    ("untag", "name"),
    ("verify", "key_name"),
    ("wait", "key_names"),
];

/// The arguments that take ids of registered pairs.
const IDS: [(&str, &str); 7] = [
    ("create-tags", "resources"),
    ("delete", "key_pair_ids"),
    ("delete-key-pair", "key_pair_id"),
    ("delete-tags", "resources"),
    ("describe", "key_pair_ids"),
    ("describe-key-pairs", "key_pair_ids"),
    ("wait", "key_pair_ids"),
];

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::commands::Cli;

    #[test]
    fn listed_arguments_exist() {
        let mut program = Cli::command();
        program.build();
        for (command, id) in NAMES.iter().chain(&IDS) {
            let found = program.find_subcommand(command).unwrap_or_else(|| panic!("{command}"));
            let mut arguments = found.get_arguments();
            assert!(arguments.any(|argument| argument.get_id() == id), "{command} {id}");
        }
    }
}
