//! Errors in the arguments of a command and their inputs.

use std::io;
use std::path::PathBuf;

use super::shorthand::ShorthandError;
use crate::cli::settings::UnknownPrimeFilter;
use crate::cli::terminal::PromptError;
use crate::file::FileError;
use crate::format::{CostError, FormatError};
use crate::registry::{
    Cause, ExpiryError, InvalidInstance, InvalidOsUser, NameError, RegistryError, TagError,
};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    #[error("the length of an ED25519 key is fixed")]
    BitsOfEd25519,
    #[error("unsupported RSA length {bits}; choose 2048, 3072 or 4096")]
    BitsUnknown { bits: u32 },
    /// The AWS CLI has bytes for `fileb://PATH`, and these values are texts.
    #[error("invalid value for {option}: expected file:// instead of fileb://")]
    Bytes { option: &'static str },
    #[error("Error parsing parameter '{option}': Invalid {syntax} received")]
    CliInput { option: &'static str, syntax: &'static str, source: Cause },
    #[error(transparent)]
    Comment(FormatError),
    #[error(transparent)]
    Cost(#[from] CostError),
    /// A cost of key derivation without a passphrase.
    #[error("the private key is not encrypted")]
    CostOfNothing,
    /// Other programs could not take the passphrase of a new key.
    #[error("invalid passphrase: it contains a line break")]
    PassphraseLineBreak,
    #[error("invalid passphrase: OpenSSH and OpenSSL read at most {max} bytes, found {bytes}")]
    PassphraseTooLong { bytes: usize, max: usize },
    #[error("KEYPAIR_PASSPHRASE is empty")]
    EmptyVariable,
    #[error("invalid value for {option}")]
    Expiry { option: &'static str, source: ExpiryError },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("expected Name=NAME,Values=VALUE,…")]
    FilterForm,
    /// EC2 would reject a filter, or the set of them.
    #[error(transparent)]
    Filter(#[from] RegistryError),
    #[error(transparent)]
    Instance(#[from] InvalidInstance),
    #[error(transparent)]
    OsUser(#[from] InvalidOsUser),
    #[error("stdin can be read only once")]
    InputTwice,
    #[error("cannot read stdin")]
    Input(#[source] io::Error),
    #[error("Error parsing parameter '{option}': Invalid JSON")]
    Json { option: &'static str, source: Cause },
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("no ssh-agent is running: SSH_AUTH_SOCK is not set")]
    NoAgent,
    #[error("Error parsing parameter '{option}'")]
    ParameterFile { option: &'static str, source: FileError },
    #[error(transparent)]
    PrimeFilter(#[from] UnknownPrimeFilter),
    #[error("expected at most {max} characters")]
    PatternTooLong { max: usize },
    #[error("only the ppk format has versions")]
    PpkVersionOfOther,
    #[error("unsupported version {version}; choose 2 or 3")]
    PpkVersionUnknown { version: u32 },
    #[error("cannot read a passphrase from {origin}")]
    PassphraseText {
        /// The file, or stdin.
        origin: String,
        source: FormatError,
    },
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// Members of an input have the wrong names or types.
    #[error("{message}")]
    Shape { message: String },
    #[error("Error parsing parameter '{option}'")]
    Shorthand { option: &'static str, source: ShorthandError },
    #[error(transparent)]
    Tag(#[from] TagError),
    #[error("`{tag}` lacks a `=`")]
    TagForm { tag: String },
    #[error("`{resource}` is not a valid taggable resource type for this operation.")]
    TagResource { resource: String },
    #[error("Tag specification resource type must have a value")]
    TagResourceMissing,
    #[error("cannot read {}: not UTF-8 text", .path.display())]
    TextFile { path: PathBuf },
}
