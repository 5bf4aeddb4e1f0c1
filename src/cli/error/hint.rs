//! Hints: text, and commands with the registry options of the user.

use std::borrow::Cow;
use std::fmt;

use crate::cli::settings::RegistryOptions;
use crate::cli::shell::ShellCommand;

/// A remedy for a failure or a finding.
///
/// Commands are printed between backticks, unless the hint is only one command.
#[derive(Clone, Debug)]
pub struct Hint {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(Cow<'static, str>),
    Command(ShellCommand),
}

impl Hint {
    pub fn run(command: ShellCommand) -> Self {
        Self::from("run ").command(command)
    }

    pub fn text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    pub fn command(mut self, command: ShellCommand) -> Self {
        self.parts.push(Part::Command(command));
        self
    }

    pub fn and(mut self, other: Self) -> Self {
        self.parts.push(Part::Text("; ".into()));
        self.parts.extend(other.parts);
        self
    }

    /// Adds the registry options to the commands.
    pub fn in_registry(self, options: &RegistryOptions) -> Self {
        let part = |part| match part {
            Part::Command(command) => Part::Command(command.in_registry(options.iter())),
            text @ Part::Text(_) => text,
        };
        Self { parts: self.parts.into_iter().map(part).collect() }
    }
}

impl From<&'static str> for Hint {
    fn from(text: &'static str) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }
}

impl From<String> for Hint {
    fn from(text: String) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }
}

impl From<ShellCommand> for Hint {
    fn from(command: ShellCommand) -> Self {
        Self { parts: vec![Part::Command(command)] }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [Part::Command(command)] = &self.parts[..] {
            return command.fmt(formatter);
        }
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => formatter.write_str(text),
            Part::Command(command) => write!(formatter, "`{command}`"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn registry_options_are_added_to_commands_only() {
        let options =
            RegistryOptions(vec![("--registry", "ec2".into()), ("--profile", "a`b c".into())]);
        let hint = Hint::run(ShellCommand::keypair("describe").operand("`keypair x`"))
            .text(" or `keypair y`")
            .and(ShellCommand::new("rm").operand("x").into());
        assert_eq!(
            hint.clone().in_registry(&RegistryOptions::default()).to_string(),
            "run `keypair describe '`keypair x`'` or `keypair y`; `rm x`"
        );
        assert_eq!(
            hint.in_registry(&options).to_string(),
            "run `keypair describe '`keypair x`' --registry ec2 --profile 'a`b c'` or `keypair y`; \
             `rm x`"
        );
    }

    #[test]
    fn single_command_has_no_backticks() {
        assert_eq!(Hint::from(ShellCommand::new("rm").operand("x")).to_string(), "rm x");
    }
}
