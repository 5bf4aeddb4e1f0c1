//! Why a command line is no request.

use std::io;
use std::path::PathBuf;

use super::shorthand::ShorthandError;
use crate::cli::settings::UnknownPrimeFilter;
use crate::cli::terminal::PromptError;
use crate::file::FileError;
use crate::format::{CostError, FormatError};
use crate::registry::{ExpiryError, NameError, RegistryError, TagError};

/// Why the command line is no request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// ED25519 keys have one length.
    #[error("ED25519 keys have no choice of bits")]
    BitsOfEd25519,
    /// An RSA key of that length is not made.
    #[error("{bits} is none of 2048, 3072 and 4096")]
    BitsUnknown {
        /// The length asked for.
        bits: u32,
    },
    /// A comment that cannot be one.
    #[error("the comment is not allowed")]
    Comment(#[source] FormatError),
    /// A cost of the key derivation that the format cannot have.
    #[error(transparent)]
    Cost(#[from] CostError),
    /// A cost of the key derivation of a file that is not encrypted.
    #[error("the private key is not encrypted")]
    CostOfNothing,
    #[error("KEYPAIR_PASSPHRASE is empty")]
    EmptyVariable,
    /// A span of time, or a moment, that cannot be meant.
    #[error("the value of {option} cannot be meant")]
    Expiry {
        /// The option.
        option: &'static str,
        /// What is wrong with it.
        source: ExpiryError,
    },
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A filter has no name, or values that are no texts.
    #[error("a filter has the form Name=NAME,Values=VALUE,…")]
    FilterForm,
    /// A filter, or the set of them, that EC2 refuses.
    #[error(transparent)]
    Filter(#[from] RegistryError),
    /// Two things cannot both come from standard input.
    #[error("stdin can be read once")]
    InputTwice,
    /// Standard input could not be read.
    #[error("stdin cannot be read")]
    Input(#[source] io::Error),
    /// A name that is not allowed.
    #[error(transparent)]
    Name(#[from] NameError),
    /// There is no agent that could hold a key.
    #[error("no ssh-agent is running: SSH_AUTH_SOCK is not set")]
    NoAgent,
    /// No such prime filter.
    #[error(transparent)]
    PrimeFilter(#[from] UnknownPrimeFilter),
    /// A version for a format that has none.
    #[error("only the format ppk has versions")]
    PpkVersionOfOther,
    /// A version of PPK that is not written.
    #[error("{version} is neither 2 nor 3")]
    PpkVersionUnknown {
        /// The version asked for.
        version: u32,
    },
    /// A passphrase file that is not a text.
    #[error("cannot read a passphrase from {origin}")]
    PassphraseText {
        /// The file, or stdin.
        origin: String,
        /// What is wrong with it.
        source: FormatError,
    },
    /// No passphrase.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// An option's value breaks the shorthand syntax.
    #[error("the value of {option} is malformed")]
    Shorthand {
        /// The option.
        option: &'static str,
        /// Where.
        source: ShorthandError,
    },
    /// A tag that is not allowed.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// A tag without a `=`.
    #[error("`{tag}` has no `=`")]
    TagForm {
        /// The tag.
        tag: String,
    },
    /// Tags for something else than a key pair.
    #[error("`{resource}` is not a valid taggable resource type for this operation.")]
    TagResource {
        /// The resource type.
        resource: String,
    },
    /// A tag specification of another form.
    #[error(
        "a tag specification has the form ResourceType=key-pair,Tags=[{{Key=KEY,Value=VALUE}},…]"
    )]
    TagSpecificationForm,
    /// A text file that is no text.
    #[error("{} is not UTF-8", .path.display())]
    TextFile {
        /// The file.
        path: PathBuf,
    },
}
