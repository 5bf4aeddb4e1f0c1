//! Hints: text, and commands that use the registry that the user named.

use std::borrow::Cow;
use std::fmt;

use crate::cli::settings::RegistryOptions;
use crate::cli::shell::ShellCommand;

/// What can be done about a failure or a finding.
///
/// As a text, commands stand between backticks, unless one is all there is.
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
    /// Advises to run a command.
    pub fn run(command: ShellCommand) -> Self {
        Self::from("run ").command(command)
    }

    /// Adds text.
    pub fn text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// Adds a command.
    pub fn command(mut self, command: ShellCommand) -> Self {
        self.parts.push(Part::Command(command));
        self
    }

    /// Adds another hint.
    pub fn and(mut self, other: Self) -> Self {
        self.parts.push(Part::Text("; ".into()));
        self.parts.extend(other.parts);
        self
    }

    /// Has the commands use the registry that the options name.
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
    fn registry_options_are_added_to_commands_alone() {
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
    fn command_alone_stands_without_backticks() {
        assert_eq!(Hint::from(ShellCommand::new("rm").operand("x")).to_string(), "rm x");
    }
}
