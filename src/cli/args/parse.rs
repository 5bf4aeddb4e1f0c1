//! The command line, of which only what is meant is built: all commands together take longer to describe
//! to the library than one of them takes to run.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, FromArgMatches, Parser};

use super::{
    AWS_SPELLING, Arguments, Command, CompleteArguments, CompletionsArguments, ConvertArguments,
    CreateArguments, CreateKeyPairArguments, DeleteArguments, DeleteKeyPairArguments,
    DescribeArguments, DescribeKeyPairsArguments, DoctorArguments, ExecArguments, FetchArguments,
    FingerprintArguments, GetParameterArguments, GlobalArguments, ImportArguments,
    ImportKeyPairArguments, ManArguments, PruneArguments, VerifyArguments,
};

impl Arguments {
    /// Returns what a command line says.
    ///
    /// # Errors
    ///
    /// What is wrong with it; or a help text that was asked for.
    pub fn parse_words(words: &[OsString]) -> Result<Self, clap::Error> {
        // What is wrong, and what help there is, the whole description says.
        quick(words).map_or_else(|| Self::parse_slowly(words), Ok)
    }

    fn parse_slowly(words: &[OsString]) -> Result<Self, clap::Error> {
        match Self::try_parse_from(words) {
            Err(error) if asks_for_help(words, &error) => {
                let before = words.iter().take(words.len().saturating_sub(1));
                let words = before.cloned().chain(["--help".into()]);
                Self::try_parse_from(words).map_err(|help| {
                    if help.kind() == ErrorKind::DisplayHelp { help } else { error }
                })
            }
            parsed => parsed,
        }
    }
}

/// Returns whether a command line that is wrong ends as one of the AWS CLI does that asks for help.
fn asks_for_help(words: &[OsString], error: &clap::Error) -> bool {
    let is_unexpected = matches!(
        error.get(ContextKind::InvalidArg),
        Some(ContextValue::String(word)) if word == "help"
    );
    let command = || {
        let program = Arguments::command().ignore_errors(true);
        let matches = program.try_get_matches_from(words).ok()?;
        matches.subcommand_name().map(str::to_owned)
    };
    is_unexpected
        && error.kind() == ErrorKind::UnknownArgument
        && words.last().is_some_and(|word| word == "help")
        && command().is_some_and(|command| AWS_SPELLING.contains(&command.as_str()))
}

/// Returns what a command line says that begins with a command and has nothing wrong with it.
fn quick(words: &[OsString]) -> Option<Arguments> {
    let name = words.get(1)?.to_str()?;
    match name {
        "create" => one::<CreateArguments>(words, false, Command::Create),
        "import" => one::<ImportArguments>(words, false, Command::Import),
        "describe" => one::<DescribeArguments>(words, false, Command::Describe),
        "delete" => one::<DeleteArguments>(words, false, Command::Delete),
        "doctor" => one::<DoctorArguments>(words, false, Command::Doctor),
        "exec" => one::<ExecArguments>(words, false, Command::Exec),
        "prune" => one::<PruneArguments>(words, false, Command::Prune),
        "convert" => one::<ConvertArguments>(words, false, Command::Convert),
        "fingerprint" => one::<FingerprintArguments>(words, false, Command::Fingerprint),
        "verify" => one::<VerifyArguments>(words, false, Command::Verify),
        "fetch" => one::<FetchArguments>(words, false, Command::Fetch),
        "create-key-pair" => one::<CreateKeyPairArguments>(words, true, Command::CreateKeyPair),
        "import-key-pair" => one::<ImportKeyPairArguments>(words, true, Command::ImportKeyPair),
        "describe-key-pairs" => {
            one::<DescribeKeyPairsArguments>(words, true, Command::DescribeKeyPairs)
        }
        "delete-key-pair" => one::<DeleteKeyPairArguments>(words, true, Command::DeleteKeyPair),
        "get-parameter" => one::<GetParameterArguments>(words, true, Command::GetParameter),
        "completions" => one::<CompletionsArguments>(words, false, Command::Completions),
        "complete" => one::<CompleteArguments>(words, false, Command::Complete),
        "man" => one::<ManArguments>(words, false, Command::Man),
        _ => None,
    }
}

fn one<A: Args + FromArgMatches>(
    words: &[OsString],
    is_aws_spelling: bool,
    command: fn(A) -> Command,
) -> Option<Arguments> {
    let name = words.get(1)?.to_str()?.to_owned();
    let own = clap::Command::new(name).infer_long_args(is_aws_spelling);
    let root = GlobalArguments::augment_args(clap::Command::new("keypair"));
    let matches = root.subcommand(A::augment_args(own)).try_get_matches_from(words).ok()?;
    let (_, own) = matches.subcommand()?;
    Some(Arguments {
        global: GlobalArguments::from_arg_matches(&matches).ok()?,
        command: command(A::from_arg_matches(own).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        std::iter::once("keypair").chain(line.split_whitespace()).map(OsString::from).collect()
    }

    #[test]
    fn the_short_way_leads_where_the_long_one_does() {
        let lines = [
            "create",
            "create web --type ed25519 --format ppk --tag a=b --tag c=d --output text --quiet",
            "create --count 3 --passphrase-file - --kdf-memory 64M --registry ec2 --region eu-west-1",
            "import web k.pub --tag a=b --color off",
            "describe a b --key-names c d --filters Name=x,Values=y --include-public-key",
            "delete a b --dry-run --no-dry-run",
            "doctor a b --online --output text",
            "exec --type ed25519 --ttl 2h --agent --tag a=b -- sh -c true --ttl",
            "prune --expired --older-than 7d --name a* --name b --unused --delete",
            "convert k --format openssh --new-passphrase --kdf-rounds 99 --force --debug",
            "fingerprint a b --randomart",
            "verify k --key-name web --query Match",
            "fetch web --out - --profile p",
            "create-key-pair --key-name a --key-typ ed25519 --no-pass --dry",
            "import-key-pair --key-name a --public-key-m fileb://k",
            "describe-key-pairs --key-names a b --filt Name=x,Values=y",
            "delete-key-pair --key-pair-id key-1 --no-cli-pager",
            "get-parameter --name /x --with-d --output table",
            "completions zsh",
            "complete zsh =--regi describe --output --registry-file",
            "man create --force",
        ];
        for line in lines {
            let long = Arguments::try_parse_from(words(line)).unwrap();
            let short = quick(&words(line)).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(format!("{short:?}"), format!("{long:?}"), "{line}");
        }
        let command = Arguments::command();
        for name in command.get_subcommands().map(clap::Command::get_name) {
            assert!(lines.iter().any(|line| line.split(' ').next() == Some(name)), "{name}");
        }
    }

    #[test]
    fn help_as_the_last_word_shows_help_in_the_aws_spelling() {
        let kind = |line: &str| Arguments::parse_words(&words(line)).map_err(|error| error.kind());
        for command in AWS_SPELLING {
            for line in [
                format!("{command} help"),
                format!("--output text {command} help"),
                format!("{command} --region x help"),
            ] {
                assert_eq!(kind(&line).unwrap_err(), ErrorKind::DisplayHelp, "{line}");
            }
            for line in [
                format!("{command} web"),
                format!("{command} help web"),
                format!("{command} web help"),
                format!("{command} -- help"),
                format!("{command} --unknown help"),
            ] {
                assert_eq!(kind(&line).unwrap_err(), ErrorKind::UnknownArgument, "{line}");
            }
        }
        for line in [
            "create-key-pair --key-name help",
            "describe-key-pairs --key-names a help",
            "delete-key-pair --key-name help",
            "describe help",
        ] {
            assert!(kind(line).is_ok(), "{line}");
        }
        assert_eq!(kind("prune help").unwrap_err(), ErrorKind::UnknownArgument);
    }

    #[test]
    fn what_is_wrong_goes_the_long_way() {
        for line in
            ["", "frob", "create --typ rsa", "create --help", "verify", "--output text describe"]
        {
            assert!(quick(&words(line)).is_none(), "{line}");
        }
    }
}
