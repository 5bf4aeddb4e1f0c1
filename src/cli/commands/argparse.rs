//! The options of the AWS spelling, parsed by the rules of Python's argparse, which the AWS CLI uses.
//!
//! Global options may stand anywhere. An option may be abbreviated if the abbreviation is unique among
//! the options of its level. The last one of a repeated option counts, with all its values. The result
//! has complete names, for clap.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Args, Subcommand};

use super::Command;
use crate::cli::error::Failure;
use crate::cli::options::GlobalArgs;

/// The options of one level: the global ones, or those of a command.
pub(super) struct Options {
    all: Vec<Known>,
    /// The abbreviation of an option of the AWS CLI takes precedence over an option of this program.
    is_aws: bool,
}

struct Known {
    name: String,
    aliases: Vec<String>,
    values: Values,
    choices: Vec<String>,
    is_required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    None,
    One,
    Optional,
    Many { minimum: usize },
}

/// Options that the AWS CLI lacks. They have no abbreviations.
const OWN: [&str; 8] =
    ["generate", "help", "mask", "no-passphrase", "quiet", "registry", "registry-file", "tag"];

impl Known {
    fn flag(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            aliases: Vec::new(),
            values: Values::None,
            choices: Vec::new(),
            is_required: false,
        }
    }

    fn of(argument: &Arg) -> Option<Self> {
        let name = argument.get_long()?.to_owned();
        let values = match (argument.get_action(), argument.get_num_args()) {
            (ArgAction::SetTrue, _) => Values::None,
            (ArgAction::Set, Some(range)) if range.min_values() == 0 => Values::Optional,
            (ArgAction::Append, Some(range)) if range.max_values() > 1 => {
                Values::Many { minimum: range.min_values() }
            }
            (ArgAction::Set | ArgAction::Append, _) => Values::One,
            _ => return None,
        };
        let choices = match values {
            Values::None => Vec::new(),
            _ => argument.get_possible_values(),
        };
        Some(Self {
            name,
            aliases: argument
                .get_all_aliases()
                .unwrap_or_default()
                .iter()
                .map(ToString::to_string)
                .collect(),
            values,
            choices: choices.iter().map(|choice| choice.get_name().to_owned()).collect(),
            is_required: argument.is_required_set(),
        })
    }

    fn is_own(&self) -> bool {
        OWN.contains(&self.name.as_str())
    }

    fn fails(&self, reason: &str) -> Failure {
        Failure::usage(format!("argument --{}: {reason}", self.name))
    }

    /// Checks values as argparse does. Some options of this program ignore case.
    fn check(&self, values: &[OsString]) -> Result<(), Failure> {
        let is_choice =
            |value: &str| self.choices.iter().any(|choice| choice.eq_ignore_ascii_case(value));
        for value in values.iter().map(|value| value.to_string_lossy()) {
            if !self.choices.is_empty() && !is_choice(&value) {
                let failure = self.fails(&format!("Found invalid choice '{value}'"));
                return Err(failure.hint(format!("choose {}", self.choices.join(", "))));
            }
        }
        Ok(())
    }
}

/// A word, classified by its first characters.
enum Word<'a> {
    Operand,
    Option(&'a Known, Option<String>),
    Unknown,
}

/// The options of a level on a command line.
pub(super) struct Parsed<'a> {
    options: Vec<(&'a Known, Vec<OsString>)>,
    /// All other words.
    pub rest: Vec<OsString>,
}

impl Options {
    /// Returns the options that may stand before the service too.
    pub fn global(is_aws: bool) -> Self {
        let command = GlobalArgs::augment_args(clap::Command::new("keypair"));
        let known = command.get_arguments().filter_map(Known::of);
        let all = known.chain([Known::flag("version"), Known::flag("help")]);
        Self { all: all.collect(), is_aws }
    }

    /// Returns the options of a command in the AWS spelling.
    pub fn of(command: &str, is_aws: bool) -> Self {
        let all = Command::augment_subcommands(clap::Command::new("keypair"));
        let command = all.find_subcommand(command).cloned();
        let arguments = command.map(|mut command| {
            command.build();
            command.get_arguments().filter_map(Known::of).collect()
        });
        Self { all: arguments.unwrap_or_default(), is_aws }
    }

    /// Removes the options of this level from the words.
    pub fn parse(&self, words: &[OsString]) -> Result<Parsed<'_>, Failure> {
        let mut parsed = Parsed { options: Vec::new(), rest: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                parsed.rest.push(word.clone());
                parsed.rest.extend(words.cloned());
                break;
            }
            let Word::Option(known, attached) = self.word(word)? else {
                parsed.rest.push(word.clone());
                continue;
            };
            let attached = attached.map(OsString::from);
            let values = match (known.values, attached) {
                (Values::None, None) => Vec::new(),
                (Values::None, Some(value)) => {
                    let value = value.to_string_lossy();
                    return Err(known.fails(&format!("ignored explicit argument '{value}'")));
                }
                (_, Some(value)) => vec![value],
                (values, None) => {
                    let maximum = if let Values::Many { .. } = values { usize::MAX } else { 1 };
                    let mut found = Vec::new();
                    while found.len() < maximum
                        && let Some(value) = words.as_slice().first()
                        && matches!(self.word(value)?, Word::Operand)
                    {
                        found.push(value.clone());
                        words.next();
                    }
                    found
                }
            };
            if known.values == Values::One && values.is_empty() {
                return Err(known.fails("expected one argument"));
            }
            known.check(&values)?;
            parsed.replace(known, values);
            if known.name == "version" {
                break;
            }
        }
        Ok(parsed)
    }

    fn word(&self, word: &OsString) -> Result<Word<'_>, Failure> {
        let word = word.to_string_lossy();
        if word == "--" {
            return Ok(Word::Unknown);
        }
        if !word.starts_with('-') || word.len() == 1 {
            return Ok(Word::Operand);
        }
        if word == "-h" || word == "-V" {
            let name = if word == "-h" { "help" } else { "version" };
            let known = self.all.iter().find(|known| known.name == name);
            return Ok(known.map_or(Word::Unknown, |known| Word::Option(known, None)));
        }
        let (start, attached) = match word.split_once('=') {
            Some((start, value)) => (start, Some(value.to_owned())),
            None => (&*word, None),
        };
        let found = match start.strip_prefix("--") {
            Some(name) => self.named(name)?,
            None => None,
        };
        Ok(match found {
            Some(known) => Word::Option(known, attached),
            None if is_negative_number(&word) || word.contains(char::is_whitespace) => {
                Word::Operand
            }
            None => Word::Unknown,
        })
    }

    /// Finds an option by its name or an abbreviation.
    fn named(&self, name: &str) -> Result<Option<&Known>, Failure> {
        let has =
            |known: &&Known| known.name == name || known.aliases.iter().any(|one| one == name);
        let exact = self.all.iter().find(has);
        let of_aws = self.all.iter().filter(|known| !known.is_own());
        let found: Vec<_> = of_aws.filter(|known| known.name.starts_with(name)).collect();
        match (exact, &found[..]) {
            (Some(known), _) if !known.is_own() || !self.is_aws || found.is_empty() => {
                Ok(Some(known))
            }
            (_, []) => Ok(None),
            (_, [known]) => Ok(Some(known)),
            (_, several) => {
                let names: Vec<_> =
                    several.iter().map(|known| format!("--{}", known.name)).collect();
                let names = names.join(", ");
                Err(Failure::usage(format!("ambiguous option: --{name} could match {names}")))
            }
        }
    }

    /// Returns whether this option is required.
    pub fn requires(&self, name: &str) -> bool {
        self.all.iter().any(|known| known.is_required && known.name == name)
    }

    /// Checks that all required options are given.
    pub fn check_required(&self, parsed: &Parsed<'_>) -> Result<(), Failure> {
        let required =
            self.all.iter().filter(|known| known.is_required && !parsed.has(&known.name));
        let missing: Vec<_> = required.map(|known| format!("--{}", known.name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join(", ");
        Err(Failure::usage(format!("the following arguments are required: {missing}")))
    }
}

impl<'a> Parsed<'a> {
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(known, _)| known.name == name)
    }

    /// Adds an option in place of earlier ones with the same name, or its negation.
    fn replace(&mut self, known: &'a Known, values: Vec<OsString>) {
        let name = |known: &'a Known| known.name.strip_prefix("no-").unwrap_or(&known.name);
        self.options.retain(|(other, _)| name(other) != name(known));
        self.options.push((known, values));
    }

    /// Removes the first word that is not an option.
    pub fn take_operand(&mut self) -> Option<OsString> {
        let none = Options { all: Vec::new(), is_aws: true };
        let is_operand = |word: &OsString| matches!(none.word(word), Ok(Word::Operand));
        let end = self.rest.iter().position(|word| word == "--").unwrap_or(self.rest.len());
        let index = self.rest.iter().take(end).position(is_operand)?;
        Some(self.rest.remove(index))
    }

    /// Returns the options with their complete names, each value in the word of its option.
    pub fn words(&self) -> impl Iterator<Item = OsString> {
        self.options.iter().flat_map(|(known, values)| {
            let is_bare = match known.values {
                Values::None | Values::Optional | Values::Many { minimum: 0 } => values.is_empty(),
                Values::One | Values::Many { .. } => false,
            };
            let bare = is_bare.then(|| format!("--{}", known.name).into());
            let full = values.iter().map(|value| {
                let mut word = OsString::from(format!("--{}=", known.name));
                word.push(value);
                word
            });
            bare.into_iter().chain(full)
        })
    }
}

/// Returns whether argparse reads a word as a number, `^-\d+$|^-\d*\.\d+$`.
fn is_negative_number(word: &str) -> bool {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = word.strip_prefix('-') else { return false };
    let (whole, fraction) = number.split_once('.').unwrap_or(("", number));
    is_digits(whole) && is_digits(fraction) && !fraction.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn parsed(options: &Options, line: &str) -> Result<String, String> {
        let parsed = options.parse(&words(line)).map_err(|failure| failure.sentence())?;
        let given: Vec<_> = parsed.words().collect();
        let all = given.iter().chain(&parsed.rest).map(|word| word.to_string_lossy());
        Ok(all.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn options_get_complete_names() {
        let globals = Options::global(false);
        for (line, expected) in [
            ("ec2 --q x --reg r --o=text y", "--query=x --region=r --output=text ec2 y"),
            ("--d --key-name x --no-p --k y", "--debug --no-paginate --key-name x --k y"),
            ("--registry local --quiet --q=", "--registry=local --quiet --query="),
            ("--v --output", "--version"),
            ("--region a --region b", "--region=b"),
            ("a -- --region b", "a -- --region b"),
        ] {
            assert_eq!(parsed(&globals, line).unwrap(), expected, "{line}");
        }
        let create = Options::of("create-key-pair", false);
        let describe = Options::of("describe-key-pairs", true);
        for (options, line, expected) in [
            (&create, "--key-n x --key-t rsa", "--key-name=x --key-type=rsa"),
            (
                &create,
                "--key-name -5 --type rsa --format=ppk",
                "--key-name=-5 --key-type=rsa --key-format=ppk",
            ),
            (&create, "--tag a=b --generate here", "--tag=a=b --generate=here"),
            (&create, "--tag-s a b --tag-spec c", "--tag-specifications=c"),
            (&create, "--tag-s a b -x c", "--tag-specifications=a --tag-specifications=b -x c"),
            (&create, "--tag-s=a b", "--tag-specifications=a b"),
            (&create, "--tag-s --dry", "--dry-run"),
            (&describe, "--key-n a --key-n", "--key-names"),
            (&describe, "--dry-run --no-dry-run", "--no-dry-run"),
            (&describe, "--no-i --inc", "--include-public-key"),
        ] {
            assert_eq!(parsed(options, line).unwrap(), expected, "{line}");
        }
        let invalid = parsed(&create, "--generate-cli x").unwrap_err();
        assert!(invalid.ends_with("Found invalid choice 'x'"), "{invalid}");
        let of_aws = Options::of("create-key-pair", true);
        assert_eq!(
            parsed(&of_aws, "--tag a=b --gen").unwrap(),
            "--tag-specifications=a=b --generate-cli-skeleton"
        );
    }

    #[test]
    fn invalid_options_have_words_of_argparse() {
        let globals = Options::global(true);
        for (line, expected) in [
            ("--region", "argument --region: expected one argument"),
            ("--region --query x", "argument --region: expected one argument"),
            ("--debug=1", "argument --debug: ignored explicit argument '1'"),
            ("--output xml", "argument --output: Found invalid choice 'xml'"),
            (
                "--no-cli",
                "ambiguous option: --no-cli could match --no-cli-auto-prompt, --no-cli-pager",
            ),
        ] {
            assert_eq!(parsed(&globals, line).unwrap_err(), expected, "{line}");
        }
        let tags = Options::of("create-tags", true);
        let missing =
            tags.check_required(&tags.parse(&words("--tags a")).unwrap_or_else(|_| panic!()));
        assert_eq!(
            missing.unwrap_err().sentence(),
            "the following arguments are required: --resources"
        );
    }

    #[test]
    fn number_may_be_negative() {
        for word in ["-1", "-1.5", "-.5"] {
            assert!(is_negative_number(word), "{word}");
        }
        for word in ["-", "-a", "--1", "-1.", "-1e5", "1"] {
            assert!(!is_negative_number(word), "{word}");
        }
    }
}
