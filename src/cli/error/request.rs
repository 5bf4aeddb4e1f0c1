//! Why a command line is no request, as a person reads it.

use std::io::ErrorKind;

use super::{ExitStatus, Failure, Hint, chain};
use crate::cli::input::RequestError;
use crate::cli::shell::ShellCommand;

impl From<&RequestError> for Failure {
    fn from(error: &RequestError) -> Self {
        let usage = |sentence: String| Self::new(ExitStatus::Usage, sentence, error);
        let plain = || chain(error);
        match error {
            RequestError::File(source) => Self::of_file(source),
            RequestError::NoAgent => Self::of_no_agent(error),
            RequestError::NoAgentOfOurOwn => usage(format!("`--agent` is not supported: {error}"))
                .hint("without it, KEYPAIR_PRIVATE_KEY_FILE names a file that the command can use"),
            RequestError::NoHolder => usage(format!("bad value for --out: {error}"))
                .hint("`--add-to-agent` adds it to the ssh-agent; a file of that name is `./none`"),
            RequestError::NothingToEncrypt => {
                usage(plain()).hint("the agent has the key as it is; leave the passphrase out")
            }
            RequestError::Filter(source) => source.into(),
            RequestError::Name(source) => {
                Self::new(ExitStatus::NotAccepted, format!("bad key name: {source}"), error)
                    .hint("a name has 1 to 255 ASCII characters and no space at either end")
            }
            RequestError::PassphraseText { .. } => {
                Self::new(ExitStatus::NotAccepted, plain(), error)
                    .hint("save the file as UTF-8, or as UTF-16 with a byte order mark")
            }
            RequestError::PrimeFilter(source) => {
                usage(plain()).hint(format!("the filters are {}", source.available.join(", ")))
            }
            RequestError::Prompt(source) => Self::of_prompt(source),
            RequestError::Tag(source) => Self::of_tag(source),
            RequestError::TagResource { resource } => {
                let message = format!(
                    "'{resource}' is not a valid taggable resource type for this operation."
                );
                Self::refused(ExitStatus::Refused, "InvalidParameterValue", message, error)
                    .hint("the resource type is key-pair")
            }
            RequestError::Input(source) if source.kind() == ErrorKind::FileTooLarge => {
                let sentence = "stdin is larger than any key file";
                Self::new(ExitStatus::NotAccepted, sentence, error)
            }
            RequestError::Input(_) => Self::new(ExitStatus::Other, plain(), error),
            RequestError::BitsOfEd25519 => {
                usage(format!("`--bits` goes with `--type rsa`: {error}"))
            }
            RequestError::BitsOfEc2 { .. } => usage(format!("bad value for --bits: {error}"))
                .hint("without `--generate ec2` this machine makes them"),
            RequestError::GeneratedWithoutEc2 => {
                usage(format!("bad value for --generate: {error}"))
                    .hint("`--generate ec2` goes with `--registry ec2`")
            }
            RequestError::BitsUnknown { .. } => usage(format!("bad value for --bits: {error}")),
            RequestError::Comment(_) => usage(format!("bad value for --comment: {}", plain())),
            RequestError::Cost(source) => Self::of_cost(*source, error),
            RequestError::CostOfNothing => {
                usage(format!("`--kdf-rounds` and `--kdf-memory` need a passphrase: {error}"))
            }
            RequestError::NeverEncrypted => usage(plain()).hint(
                Hint::from("use ")
                    .command(ShellCommand::keypair("create"))
                    .text(" to encrypt it, or pass `--no-passphrase` to accept that"),
            ),
            RequestError::NotEncrypted { .. } => usage(plain()).hint(
                "pass `--new-passphrase` to encrypt the new file, or `--no-passphrase` to leave it without encryption",
            ),
            RequestError::Count { .. } => usage(format!("bad value for --count: {error}")),
            RequestError::SeriesOfEc2 => usage(format!("bad value for --generate: {error}"))
                .hint("with `--count`, this machine makes them"),
            RequestError::SeriesToOutput => usage(format!("bad value for --out: {error}"))
                .hint("with `--count`, `--out` names their folder"),
            RequestError::EnsuredByEc2 => {
                usage(format!("`--if-not-exists` does not go with `--generate ec2`: {error}"))
            }
            RequestError::EnsuredToOutput => {
                usage(format!("`--if-not-exists` does not go with `--out -`: {error}"))
                    .hint("`--out PATH` keeps it in a file")
            }
            RequestError::EnsuredWithoutName => {
                usage(format!("`--if-not-exists` goes with NAME: {error}"))
            }
            RequestError::Expiry { option, source } => {
                usage(format!("bad value for {option}: {source}"))
            }
            RequestError::FilterForm => usage(format!("bad value for --filters: {error}")),
            RequestError::PpkVersionOfOther => {
                usage(format!("`--ppk-version` goes with `--format ppk`: {error}"))
            }
            RequestError::PpkVersionUnknown { .. } => {
                usage(format!("bad value for --ppk-version: {error}"))
            }
            RequestError::PublicKeyToOutput => {
                let describe = ShellCommand::keypair("describe").word("NAME");
                let describe = describe.word("--include-public-key");
                usage(format!("bad value for --public-out: {error}"))
                    .hint(Hint::run(describe).text(" to print it"))
            }
            RequestError::TagForm { .. } => usage(format!("bad value for --tag: {error}"))
                .hint("a tag has the form KEY=VALUE; the value may be empty"),
            RequestError::TagSpecificationForm => {
                usage(format!("bad value for --tag-specifications: {error}"))
            }
            RequestError::BinaryToTerminal => {
                usage(plain()).hint("pass `--out PATH` to write it to a file")
            }
            RequestError::PublicOverPrivate { .. } => {
                usage(plain()).hint("`--out` with another path keeps both")
            }
            RequestError::InputTwice => usage(plain()),
            RequestError::NoOutput => usage(plain())
                .hint("`--out PATH` says where the private key goes; `--out -` is stdout"),
            RequestError::NoKeyMaterial
            | RequestError::OneFileForSeveralPairs { .. }
            | RequestError::Shorthand { .. }
            | RequestError::TextFile { .. }
            | RequestError::TwoNames => usage(plain()),
        }
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        Self::from(&error)
    }
}
