//! `--cli-input-json`, `--cli-input-yaml` and `--generate-cli-skeleton`.
//!
//! The members of the input become options of the command line, unless the user passes the option.

mod skeleton;

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use serde_json::{Map, Value as Json};

pub use self::skeleton::sample;
use super::Command;
use super::argparse::Options;
use crate::cli::error::Failure;
use crate::cli::input::{self, shape};
use crate::cli::options::{CliInputArgs, GlobalArgs, SkeletonArg, aws_commands};
use crate::cli::settings::Environment;

/// A command line after the input was read.
pub enum Prepared {
    Words(Vec<OsString>),
    /// A sample of the input, to print.
    Text(&'static str),
    /// The words, and the name of the command. A sample of its response is printed instead.
    Sample(Vec<OsString>, &'static str),
}

/// Adds the members of the input to the words of a command.
pub fn prepare(words: &[OsString]) -> Result<Prepared, Failure> {
    let unchanged = || Ok(Prepared::Words(words.to_vec()));
    if !words.iter().any(is_of_input) {
        return unchanged();
    }
    let name = words.get(1).and_then(|word| aws_commands().find(|name| word == name));
    let Some((name, matches)) = name.and_then(|name| Some((name, matches(name, words)?))) else {
        return unchanged();
    };
    let Ok(arguments) = CliInputArgs::from_arg_matches(&matches) else {
        return unchanged();
    };
    let CliInputArgs { cli_input_json, cli_input_yaml, generate_cli_skeleton } = arguments;
    match generate_cli_skeleton {
        Some(SkeletonArg::Input) => return Ok(Prepared::Text(skeleton::json(name))),
        Some(SkeletonArg::YamlInput) => return Ok(Prepared::Text(skeleton::yaml(name))),
        Some(SkeletonArg::Output) | None => {}
    }
    let environment = Environment::read();
    let members = match (cli_input_json, cli_input_yaml) {
        (None, None) => Map::new(),
        (Some(_), Some(_)) => {
            return Err(Failure::usage("Only one --cli-input- parameter may be specified."));
        }
        (Some(json), None) => object(input::json(&json, &environment)?, "--cli-input-json")?,
        (None, Some(yaml)) => object(input::yaml(&yaml, &environment)?, "--cli-input-yaml")?,
    };
    let required = Options::of(name, true);
    let is_missing = |(member, _): &&shape::Member| {
        required.requires(&name_of(member, '-'))
            && !members.contains_key(*member)
            && !is_given(&matches, member)
    };
    let missing = shape::input_of(name).iter().filter(is_missing).map(|(member, _)| *member);
    shape::check(&members, shape::input_of(name), missing).map_err(Failure::usage)?;
    let mut words = words.to_vec();
    for (member, value) in members {
        if !is_given(&matches, &member) {
            words.push(option(&member, &value).into());
        }
    }
    Ok(match generate_cli_skeleton {
        Some(_) => Prepared::Sample(words, name),
        None => Prepared::Words(words),
    })
}

fn is_of_input(word: &OsString) -> bool {
    let word = word.to_str().unwrap_or_default();
    word.starts_with("--cli-input-") || word.starts_with("--generate-cli-skeleton")
}

/// Parses as much as is valid. Errors are reported once the words are complete.
fn matches(name: &'static str, words: &[OsString]) -> Option<ArgMatches> {
    let all = Command::augment_subcommands(clap::Command::new("keypair"));
    let command = all.find_subcommand(name)?.clone().ignore_errors(true);
    let root = GlobalArgs::augment_args(clap::Command::new("keypair")).subcommand(command);
    let mut matches = root.ignore_errors(true).try_get_matches_from(words).ok()?;
    matches.remove_subcommand().map(|(_, matches)| matches)
}

fn object(value: Json, option: &str) -> Result<Map<String, Json>, Failure> {
    match value {
        Json::Object(members) => Ok(members),
        other => Err(Failure::usage(format!(
            "Error parsing parameter '{option}': Invalid type: expecting map, received {}",
            shape::type_name(&other)
        ))),
    }
}

/// Returns whether the user passes the option of a member.
fn is_given(matches: &ArgMatches, member: &str) -> bool {
    let id = name_of(member, '_');
    let negative = format!("no_{id}");
    matches.ids().any(|known| {
        (*known == id || *known == negative)
            && matches.value_source(known.as_str()) == Some(ValueSource::CommandLine)
    })
}

/// Returns a checked member as an option in one word.
fn option(member: &str, value: &Json) -> String {
    let name = name_of(member, '-');
    match value {
        Json::Bool(true) => format!("--{name}"),
        Json::Bool(false) => format!("--no-{name}"),
        Json::String(text) => format!("--{name}={text}"),
        value => format!("--{name}={value}"),
    }
}

/// Returns `KeyNames` as `key-names`, and `InstanceOSUser` as `instance-os-user`.
fn name_of(member: &str, separator: char) -> String {
    let mut name = String::with_capacity(member.len() + 4);
    let mut previous = None;
    let mut letters = member.chars().peekable();
    while let Some(letter) = letters.next() {
        let ends_capitals = letters.peek().is_some_and(char::is_ascii_lowercase);
        let is_start = |previous: char| !previous.is_ascii_uppercase() || ends_capitals;
        if letter.is_ascii_uppercase() && previous.is_some_and(is_start) {
            name.push(separator);
        }
        name.push(letter.to_ascii_lowercase());
        previous = Some(letter);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(line: &[&str]) -> Result<Vec<String>, String> {
        let words: Vec<_> = line.iter().map(OsString::from).collect();
        match prepare(&words).map_err(|failure| failure.sentence())? {
            Prepared::Words(words) | Prepared::Sample(words, _) => Ok(words
                .iter()
                .skip(line.len())
                .map(|word| word.to_str().unwrap().into())
                .collect()),
            Prepared::Text(text) => Err(text.to_owned()),
        }
    }

    fn json(command: &str, json: &str, others: &[&str]) -> Result<Vec<String>, String> {
        let start = ["keypair", command, "--cli-input-json", json];
        prepared(&start.iter().chain(others).copied().collect::<Vec<_>>())
    }

    #[test]
    fn members_become_options() {
        let all = r#"{"KeyNames": ["a", "-b"], "IncludePublicKey": true, "DryRun": false,
                      "Filters": [{"Name": "key-name", "Values": ["x"]}]}"#;
        let options = [
            r#"--key-names=["a","-b"]"#,
            "--include-public-key",
            "--no-dry-run",
            r#"--filters=[{"Name":"key-name","Values":["x"]}]"#,
        ];
        assert_eq!(json("describe-key-pairs", all, &[]).unwrap(), options);
        for (others, expected) in [
            (&["--key-names", "c"][..], &options[1..]),
            (&["--key-names=c", "--no-include-public-key", "--dry-run"], &options[3..]),
            (&["--filters", "Name=key-name,Values=y", "--unknown"], &options[..3]),
        ] {
            assert_eq!(json("describe-key-pairs", all, others).unwrap(), expected);
        }
        let created = json("create-key-pair", r#"{"KeyName": "--x", "KeyType": "rsa"}"#, &[]);
        assert_eq!(created.unwrap(), ["--key-name=--x", "--key-type=rsa"]);
        let pushed = r#"{"InstanceId": "i-1", "InstanceOSUser": "u", "SSHPublicKey": "k"}"#;
        let pushed = json("send-ssh-public-key", pushed, &[]).unwrap();
        assert_eq!(pushed, ["--instance-id=i-1", "--instance-os-user=u", "--ssh-public-key=k"]);
        let yaml =
            ["keypair", "get-parameters", "--cli-input-yaml", "Names: [/a]\nWithDecryption: true"];
        assert_eq!(prepared(&yaml).unwrap(), [r#"--names=["/a"]"#, "--with-decryption"]);
    }

    #[test]
    fn invalid_input_is_refused() {
        let unknown = "Parameter validation failed: Unknown parameter in input: \"KeyNamez\", must be one of: KeyNames, KeyPairIds, IncludePublicKey, DryRun, Filters";
        for (text, expected) in [
            (r#"{"KeyNamez": 1}"#, unknown),
            (
                r#"{"KeyNames": "x", "DryRun": "a"}"#,
                "Parameter validation failed: Invalid type for parameter KeyNames, value: x, type: <class 'str'>, valid types: <class 'list'>, <class 'tuple'>; Invalid type for parameter DryRun, value: a, type: <class 'str'>, valid types: <class 'bool'>",
            ),
            (
                r#"{"Filters": [{"Name": 1, "Values": ["a", null]}]}"#,
                "Parameter validation failed: Invalid type for parameter Filters[0].Name, value: 1, type: <class 'int'>, valid types: <class 'str'>; Invalid type for parameter Filters[0].Values[1], value: None, type: <class 'NoneType'>, valid types: <class 'str'>",
            ),
            (
                "[1]",
                "Error parsing parameter '--cli-input-json': Invalid type: expecting map, received <class 'list'>",
            ),
            (
                "{",
                "Error parsing parameter 'cli-input-json': Invalid JSON received: EOF while parsing an object at line 1 column 1",
            ),
        ] {
            assert_eq!(json("describe-key-pairs", text, &[]).unwrap_err(), expected, "{text}");
        }
        let missing = json("import-key-pair", r#"{"KeyName": 1}"#, &[]).unwrap_err();
        assert_eq!(
            missing,
            "Parameter validation failed: Missing required parameter in input: \"PublicKeyMaterial\"; Invalid type for parameter KeyName, value: 1, type: <class 'int'>, valid types: <class 'str'>"
        );
        let both = json("describe-key-pairs", "{}", &["--cli-input-yaml", "{}"]).unwrap_err();
        assert_eq!(both, "Only one --cli-input- parameter may be specified.");
        let deep = format!("{{\"KeyNames\": {}", "[".repeat(10_000));
        assert!(json("describe-key-pairs", &deep, &[]).is_err());
        let secret = r#"{"PublicKeyMaterial": ["SECRET"]}"#;
        assert!(!json("import-key-pair", secret, &[]).unwrap_err().contains("SECRET"));
    }

    #[test]
    fn every_skeleton_is_valid_input() {
        for name in aws_commands() {
            let json: Json = serde_json::from_str(skeleton::json(name)).unwrap();
            let yaml = input::yaml(skeleton::yaml(name), &Environment::default()).unwrap();
            for value in [json, yaml] {
                let mut members = object(value, "").unwrap();
                // The sample has no value for it in JSON.
                members.retain(|_, value| !value.is_null());
                let checked = shape::check(&members, shape::input_of(name), [].into_iter());
                assert_eq!(checked, Ok(()), "{name}");
            }
            let all = Command::augment_subcommands(clap::Command::new("keypair"));
            let mut command = all.find_subcommand(name).unwrap().clone();
            command.build();
            for (member, _) in shape::input_of(name) {
                let option = name_of(member, '-');
                let is_known = command.get_arguments().any(|one| one.get_long() == Some(&*option));
                assert!(is_known, "{name} {option}");
            }
        }
    }
}
