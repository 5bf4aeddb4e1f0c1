//! Command lines in the form of the AWS CLI: `ec2 describe-key-pairs`, as arguments of `keypair` or of
//! a link with the name `aws`.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::Path;

use clap::{ArgAction, Args};

use crate::cli::error::Failure;
use crate::cli::options::{AWS_SPELLING, GlobalArgs, SERVICES};

/// A command line.
#[derive(Debug, PartialEq, Eq)]
pub enum CommandLine<'a> {
    /// The words of a command, without a service. Global options follow the command.
    Command(Cow<'a, [OsString]>),
    /// A text to print.
    Text(String),
}

impl<'a> CommandLine<'a> {
    /// Parses the words of a process, as far as the command.
    pub fn of(words: &'a [OsString]) -> Result<Self, Failure> {
        let is_aws = is_called_aws(words);
        let first = words.get(1).and_then(|word| word.to_str()).unwrap_or_default();
        if !is_aws && commands_of(first).is_none() && !first.starts_with('-') {
            return Ok(Self::Command(words.into()));
        }
        let found = operands(words);
        let service = found.service.and_then(|index| words.get(index));
        let service = service.map(|word| word.to_string_lossy().into_owned());
        let commands = service.as_deref().and_then(commands_of);
        let (Some(name), Some(commands)) = (&service, commands) else {
            return match &service {
                Some(name) if !is_aws && AWS_SPELLING.contains(&name.as_str()) => {
                    Ok(Self::Command(command_first(words, found.service, None).into()))
                }
                _ if !is_aws => Ok(Self::Command(words.into())),
                _ if found.shows_version => Ok(Self::Text(VERSION.to_owned())),
                None if found.shows_help => Ok(Self::Text(help())),
                Some(word) if word == "help" => Ok(Self::Text(help())),
                None => Err(missing("a command", "aws")),
                Some(name) => Err(unknown(&format!("aws {name}"))),
            };
        };
        let program = if is_aws { "aws" } else { "keypair" };
        let command = found.command.and_then(|index| words.get(index));
        match command.map(|word| word.to_string_lossy()) {
            Some(command) if commands.contains(&command.as_ref()) => {}
            _ if is_aws && found.shows_version => return Ok(Self::Text(VERSION.to_owned())),
            Some(command) if command == "help" => return Ok(Self::Text(help())),
            None if found.shows_help => return Ok(Self::Text(help())),
            Some(command) => return Err(unknown(&format!("{program} {name} {command}"))),
            None => return Err(missing("an operation", &format!("{program} {name}"))),
        }
        Ok(Self::Command(command_first(words, found.command, found.service).into()))
    }
}

/// Returns the words with the command before the global options, and without the service.
fn command_first(
    words: &[OsString],
    command: Option<usize>,
    service: Option<usize>,
) -> Vec<OsString> {
    let start = [OsString::from("keypair")].into_iter();
    let start = start.chain(command.and_then(|index| words.get(index)).cloned());
    let others = words.iter().enumerate().skip(1);
    let others = others.filter(|(index, _)| Some(*index) != command && Some(*index) != service);
    start.chain(others.map(|(_, word)| word.clone())).collect()
}

/// Returns whether the program runs through a link with the name of the AWS CLI.
pub fn is_called_aws(words: &[OsString]) -> bool {
    let program = words.first().map(Path::new).and_then(Path::file_name);
    program.is_some_and(|name| name == "aws" || name.eq_ignore_ascii_case("aws.exe"))
}

fn commands_of(service: &str) -> Option<&'static [&'static str]> {
    SERVICES.iter().find(|(name, _)| *name == service).map(|(_, commands)| *commands)
}

/// The positions of the first words that are neither options nor their values.
#[derive(Default)]
struct Operands {
    service: Option<usize>,
    command: Option<usize>,
    shows_help: bool,
    shows_version: bool,
}

fn operands(words: &[OsString]) -> Operands {
    let options = GlobalArgs::augment_args(clap::Command::new("keypair"));
    let mut found = Operands::default();
    let mut words = words.iter().enumerate().skip(1);
    while let Some((index, word)) = words.next() {
        match word.to_str().unwrap_or_default() {
            "--" => break,
            "--version" | "-V" => found.shows_version = true,
            "--help" | "-h" => found.shows_help = true,
            option if option.starts_with('-') => {
                if takes_next_word(&options, option) {
                    words.next();
                }
            }
            _ if found.service.is_none() => found.service = Some(index),
            _ => {
                found.command = Some(index);
                break;
            }
        }
    }
    found
}

/// Returns whether a global option has its value in the next word. A unique prefix names an option too.
fn takes_next_word(options: &clap::Command, word: &str) -> bool {
    let Some(name) = word.strip_prefix("--").filter(|name| !name.contains('=')) else {
        return false;
    };
    let named = |is_meant: fn(&str, &str) -> bool| {
        let mut all = options.get_arguments();
        all.find(|argument| argument.get_long().is_some_and(|long| is_meant(long, name)))
    };
    let argument =
        named(|long, name| long == name).or_else(|| named(|long, name| long.starts_with(name)));
    argument.is_some_and(|argument| matches!(argument.get_action(), ArgAction::Set))
}

fn unknown(command: &str) -> Failure {
    let sentence =
        format!("cannot run `{command}`: this is keypair, which answers only {}", list());
    Failure::usage(sentence).hint("run the AWS CLI by its full path for other commands")
}

fn missing(what: &str, line: &str) -> Failure {
    Failure::usage(format!("`{line}` requires {what}: this is keypair, which answers {}", list()))
}

fn list() -> String {
    let commands =
        |(service, commands): &(&str, &[&str])| format!("{service} {}", commands.join(", "));
    SERVICES.iter().map(commands).collect::<Vec<_>>().join(", and ")
}

fn help() -> String {
    let commands = SERVICES.iter().flat_map(|(service, commands)| {
        commands.iter().map(move |command| format!("  aws {service} {command}\n"))
    });
    let commands: String = commands.collect();
    format!(
        "This is keypair, which answers these commands of the AWS CLI:\n\n{commands}\n\
         Add `--help` to a command for its options.\n"
    )
}

/// Scripts read the version of the AWS CLI from its place. It is the one that the program follows.
pub const VERSION: &str =
    concat!("aws-cli/2.36.7 (compatible; keypair/", env!("CARGO_PKG_VERSION"), ")\n");

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn parsed(line: &str) -> Result<CommandLine<'static>, String> {
        let words = words(line);
        let parsed = CommandLine::of(&words).map_err(|failure| failure.sentence())?;
        Ok(match parsed {
            CommandLine::Command(words) => CommandLine::Command(words.into_owned().into()),
            CommandLine::Text(text) => CommandLine::Text(text),
        })
    }

    #[test]
    fn service_is_removed_wherever_options_stand() {
        for (line, expected) in [
            ("keypair", "keypair"),
            ("keypair create web", "keypair create web"),
            ("keypair create ec2", "keypair create ec2"),
            ("keypair --output text describe", "keypair --output text describe"),
            ("keypair --output text wait x", "keypair wait --output text x"),
            ("keypair --version", "keypair --version"),
            ("keypair ec2 describe-key-pairs", "keypair describe-key-pairs"),
            (
                "keypair --region x ec2 --output text describe-key-pairs --key-names ec2",
                "keypair describe-key-pairs --region x --output text --key-names ec2",
            ),
            (
                "/usr/bin/aws --region=ec2 --debug ec2 --query [] describe-key-pairs help",
                "keypair describe-key-pairs --region=ec2 --debug --query [] help",
            ),
            (
                "aws --prof ec2 ssm get-parameter --name x",
                "keypair get-parameter --prof ec2 --name x",
            ),
            ("AWS.EXE ec2 create-key-pair", "keypair create-key-pair"),
        ] {
            let expected = CommandLine::Command(words(expected).into());
            assert_eq!(parsed(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn other_commands_are_refused() {
        for (line, expected) in [
            ("aws", "`aws` requires a command: "),
            ("aws --region x", "`aws` requires a command: "),
            ("aws create web", "cannot run `aws create`: this is keypair"),
            ("aws s3 ls", "cannot run `aws s3`: this is keypair"),
            ("aws --region s3 s3 ls", "cannot run `aws s3`: "),
            ("aws ec2", "`aws ec2` requires an operation: "),
            ("aws ec2 run-instances --key-name x", "cannot run `aws ec2 run-instances`: "),
            ("aws ssm describe-key-pairs", "cannot run `aws ssm describe-key-pairs`: "),
            ("aws ec2 get-parameter", "cannot run `aws ec2 get-parameter`: "),
            ("keypair ec2", "`keypair ec2` requires an operation: "),
            ("keypair ec2 describe", "cannot run `keypair ec2 describe`: "),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.starts_with(expected) && error.contains("ssm get-parameter"), "{error}");
        }
    }

    #[test]
    fn version_and_help_name_keypair() {
        for line in ["aws --version", "aws --region x --version", "aws ec2 --version"] {
            let version =
                concat!("aws-cli/2.36.7 (compatible; keypair/", env!("CARGO_PKG_VERSION"));
            let Ok(CommandLine::Text(text)) = parsed(line) else { panic!("{line}") };
            assert!(text.starts_with(version), "{text}");
        }
        for line in ["aws help", "aws --help", "aws ec2 help", "aws ec2 --help", "keypair ec2 help"]
        {
            let Ok(CommandLine::Text(text)) = parsed(line) else { panic!("{line}") };
            assert!(
                text.starts_with("This is keypair") && text.contains("aws ec2 import-key-pair"),
                "{text}"
            );
        }
    }
}
