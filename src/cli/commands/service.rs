//! Command lines in the form of the AWS CLI: `ec2 describe-key-pairs`, as arguments of `keypair` or of
//! a link with the name `aws`.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::Path;

use super::argparse::{Options, Parsed};
use crate::cli::error::Failure;
use crate::cli::options::{SERVICES, aws_commands};

/// A command line.
#[derive(Debug, PartialEq, Eq)]
pub enum CommandLine<'a> {
    /// The words of a command, without a service. Global options follow the command.
    Command(Cow<'a, [OsString]>),
    /// A text to print.
    Text(String),
}

impl<'a> CommandLine<'a> {
    /// Parses the words of a process up to the command, or all words of a command in the AWS
    /// spelling.
    pub fn of(words: &'a [OsString]) -> Result<Self, Failure> {
        let is_aws = is_called_aws(words);
        let first = words.get(1).and_then(|word| word.to_str()).unwrap_or_default();
        let is_option = first.starts_with('-');
        let is_known = commands_of(first).is_some() || aws_commands().any(|name| name == first);
        if !is_aws && !is_known && !is_option {
            return Ok(Self::Command(words.into()));
        }
        let globals = Options::global(is_aws);
        let mut found = match globals.parse(words.get(1..).unwrap_or_default()) {
            // A native command has other rules.
            Err(_) if !is_aws && is_option => return Ok(Self::Command(words.into())),
            found => found?,
        };
        if found.has("version") && is_aws {
            return Ok(Self::Text(VERSION.to_owned()));
        }
        let operand = |found: &mut Parsed<'_>| {
            let operand = found.take_operand();
            operand.map(|word| word.to_string_lossy().into_owned())
        };
        let name = operand(&mut found);
        let commands = name.as_deref().and_then(commands_of);
        let (Some(name), Some(commands)) = (&name, commands) else {
            return match &name {
                Some(name) if !is_aws && aws_commands().any(|known| known == name) => {
                    command(name, &found, is_aws)
                }
                _ if !is_aws => Ok(Self::Command(words.into())),
                None if found.has("help") => Ok(Self::Text(help())),
                Some(word) if word == "help" => Ok(Self::Text(help())),
                None => Err(missing("a command", "aws")),
                Some(name) => Err(unknown(&format!("aws {name}"))),
            };
        };
        let program = if is_aws { "aws" } else { "keypair" };
        match operand(&mut found) {
            Some(name) if commands.contains(&name.as_str()) => command(&name, &found, is_aws),
            Some(command) if command == "help" => Ok(Self::Text(help())),
            None if found.has("help") => Ok(Self::Text(help())),
            Some(command) => Err(unknown(&format!("{program} {name} {command}"))),
            None => Err(missing("an operation", &format!("{program} {name}"))),
        }
    }
}

/// Returns the words of a command, each option with its complete name.
fn command<'a>(name: &str, globals: &Parsed<'_>, is_aws: bool) -> Result<CommandLine<'a>, Failure> {
    let start = ["keypair".into(), OsString::from(name)];
    if globals.has("version") {
        return Ok(CommandLine::Command(["keypair".into(), "--version".into()].to_vec().into()));
    }
    let options = Options::of(name, is_aws);
    let mut found = options.parse(&globals.rest)?;
    let state = if name == "wait" { found.take_operand() } else { None };
    let is_help = |words: &[OsString]| matches!(words, [word] if word == "help");
    let states = ["key-pair-exists", "help"];
    if let Some(other) = state.as_ref().filter(|word| !states.iter().any(|known| *word == known)) {
        let other = other.to_string_lossy();
        let sentence = format!("argument subcommand: Found invalid choice '{other}'");
        return Err(Failure::usage(sentence).hint("the only state is key-pair-exists"));
    }
    if globals.has("help")
        || is_help(&found.rest)
        || state.as_ref().is_some_and(|word| word == "help")
    {
        let words = start.into_iter().chain(["--help".into()]);
        return Ok(CommandLine::Command(words.collect()));
    }
    let asks_for_sample = found.has("generate-cli-skeleton");
    if !asks_for_sample && !found.has("cli-input-json") && !found.has("cli-input-yaml") {
        options.check_required(&found)?;
    }
    if !found.rest.is_empty() {
        let unknown: Vec<_> = found.rest.iter().map(|word| word.to_string_lossy()).collect();
        let sentence = format!("Unknown options: {}", unknown.join(", "));
        return Err(Failure::usage(sentence).without_code());
    }
    let words = start.into_iter().chain(state);
    Ok(CommandLine::Command(words.chain(globals.words()).chain(found.words()).collect()))
}

/// Returns whether the program runs through a link with the name of the AWS CLI.
pub fn is_called_aws(words: &[OsString]) -> bool {
    let program = words.first().map(Path::new).and_then(Path::file_name);
    program.is_some_and(|name| name == "aws" || name.eq_ignore_ascii_case("aws.exe"))
}

fn commands_of(service: &str) -> Option<&'static [&'static str]> {
    SERVICES.iter().find(|(name, _)| *name == service).map(|(_, commands)| *commands)
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

/// Scripts read the version of the AWS CLI from here. It is the version that the program follows.
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
            (
                "keypair --output text wait key-pair-exists",
                "keypair wait key-pair-exists --output=text",
            ),
            ("keypair --version", "keypair --version"),
            ("keypair ec2 describe-key-pairs", "keypair describe-key-pairs"),
            (
                "keypair --region x ec2 --output text describe-key-pairs --key-names ec2",
                "keypair describe-key-pairs --region=x --output=text --key-names=ec2",
            ),
            (
                "/usr/bin/aws --region=ec2 --debug ec2 --q [] describe-key-pairs help",
                "keypair describe-key-pairs --help",
            ),
            (
                "aws --prof ec2 ssm get-parameter --name x",
                "keypair get-parameter --profile=ec2 --name=x",
            ),
            ("AWS.EXE ec2 delete-key-pair --key-n x", "keypair delete-key-pair --key-name=x"),
            (
                "aws ec2 describe-key-pairs --key-names a --q [] b --key-names c",
                "keypair describe-key-pairs --query=[] --key-names=c",
            ),
            (
                "keypair create-key-pair --cli-input-json x",
                "keypair create-key-pair --cli-input-json=x",
            ),
            ("keypair describe-key-pairs --ver --key-names", "keypair --version"),
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
    fn invalid_options_have_words_of_version_2() {
        for (line, expected) in [
            ("aws ec2 describe-key-pairs --frob x", "Unknown options: --frob, x"),
            ("aws --frob ec2 describe-key-pairs", "Unknown options: --frob"),
            ("keypair describe-key-pairs a b", "Unknown options: a, b"),
            ("aws ec2 create-key-pair", "the following arguments are required: --key-name"),
            (
                "aws ec2 import-key-pair",
                "the following arguments are required: --key-name, --public-key-material",
            ),
            ("aws ec2 create-key-pair --key-name", "argument --key-name: expected one argument"),
        ] {
            assert_eq!(parsed(line).unwrap_err(), expected, "{line}");
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
