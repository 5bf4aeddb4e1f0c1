//! Failures of arguments that several commands share.

use std::io::ErrorKind;

use super::{ExitStatus, Failure, chain};
use crate::cli::input::RequestError;

impl From<&RequestError> for Failure {
    fn from(error: &RequestError) -> Self {
        let usage = |sentence: String| Self::new(ExitStatus::Usage, sentence, error);
        let plain = || chain(error);
        match error {
            RequestError::File(source) => Self::of_file(source),
            RequestError::NoAgent => Self::of_no_agent(error),
            RequestError::Filter(source) => source.into(),
            RequestError::Name(source) => {
                Self::new(ExitStatus::NotAccepted, format!("invalid key name: {source}"), error)
                    .hint("a name has 1 to 255 ASCII characters and no space at either end")
            }
            RequestError::PassphraseText { .. } => {
                Self::new(ExitStatus::NotAccepted, plain(), error)
                    .hint("save the file as UTF-8, or as UTF-16 with a byte order mark")
            }
            RequestError::PassphraseLineBreak => Self::new(ExitStatus::NotAccepted, plain(), error)
                .hint("set it without the line break"),
            RequestError::PassphraseTooLong { .. } => {
                Self::new(ExitStatus::NotAccepted, plain(), error)
            }
            RequestError::EmptyVariable => Self::new(ExitStatus::NotAccepted, plain(), error).hint(
                "unset it or pass `--no-passphrase` to write the private key without encryption",
            ),
            RequestError::PrimeFilter(source) => usage(plain())
                .hint(format!("the available filters are {}", source.available.join(", "))),
            RequestError::Prompt(source) => Self::of_prompt(source),
            RequestError::Tag(source) => Self::of_tag(source),
            RequestError::TagResource { resource } => {
                let message = format!(
                    "'{resource}' is not a valid taggable resource type for this operation."
                );
                Self::refused(ExitStatus::Refused, "InvalidParameterValue", message, error)
                    .hint("the resource type is key-pair")
            }
            RequestError::TagResourceMissing => {
                Self::refused(ExitStatus::Refused, "InvalidParameter", error.to_string(), error)
                    .hint("the resource type is key-pair")
            }
            RequestError::Input(source) if source.kind() == ErrorKind::FileTooLarge => {
                let sentence = "stdin is too large for a key file";
                Self::new(ExitStatus::NotAccepted, sentence, error)
            }
            RequestError::Input(_) => Self::new(ExitStatus::Other, plain(), error),
            RequestError::BitsOfEd25519 => {
                usage(format!("`--bits` requires `--type rsa`: {error}"))
            }
            RequestError::BitsUnknown { .. } => usage(format!("invalid value for --bits: {error}")),
            RequestError::Comment(_) => usage(format!("invalid value for --comment: {}", plain())),
            RequestError::Cost(source) => Self::of_cost(*source, error),
            RequestError::CostOfNothing => {
                usage(format!("`--kdf-rounds` and `--kdf-memory` need a passphrase: {error}"))
            }
            RequestError::Expiry { option, source } => {
                usage(format!("invalid value for {option}: {source}"))
            }
            RequestError::FilterForm => usage(format!("invalid value for --filters: {error}")),
            RequestError::PatternTooLong { .. } => {
                usage(format!("invalid value for --name: {error}"))
            }
            RequestError::PpkVersionOfOther => {
                usage(format!("`--ppk-version` requires `--format ppk`: {error}"))
            }
            RequestError::PpkVersionUnknown { .. } => {
                usage(format!("invalid value for --ppk-version: {error}"))
            }
            RequestError::TagForm { .. } => usage(format!("invalid value for --tag: {error}"))
                .hint("a tag has the form KEY=VALUE; the value may be empty"),
            RequestError::Bytes { .. }
            | RequestError::CliInput { .. }
            | RequestError::Instance(_)
            | RequestError::OsUser(_)
            | RequestError::InputTwice
            | RequestError::Json { .. }
            | RequestError::ParameterFile { .. }
            | RequestError::Shape { .. }
            | RequestError::Shorthand { .. }
            | RequestError::TextFile { .. } => usage(plain()),
        }
    }
}

impl<E: Into<RequestError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::from(&error.into())
    }
}
