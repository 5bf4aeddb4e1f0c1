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
    /// DER is not for people.
    #[error("DER is not for a terminal")]
    BinaryToTerminal,
    /// ED25519 keys have one length.
    #[error("ED25519 keys have no choice of bits")]
    BitsOfEd25519,
    /// An RSA key of that length is not made.
    #[error("{bits} is none of 2048, 3072 and 4096")]
    BitsUnknown {
        /// The length asked for.
        bits: u32,
    },
    /// An RSA key of that length is not made by EC2.
    #[error("EC2 makes RSA keys of 2048 bits, not of {bits}")]
    BitsOfEc2 {
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
    /// A series of no pairs, or of too many.
    #[error("{count} is not between 1 and 100000")]
    Count {
        /// The number of pairs asked for.
        count: u32,
    },
    /// EC2 makes a pair before its private key is in a file.
    #[error("EC2 registers a pair before its private key is in a file")]
    EnsuredByEc2,
    /// What went to standard output is gone.
    #[error("a private key that went to stdout cannot be found again")]
    EnsuredToOutput,
    /// Without a name there is nothing to look for.
    #[error("without a name the pair is always a new one")]
    EnsuredWithoutName,
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
    /// EC2 makes keys that it registers.
    #[error("EC2 makes keys for its own registry only")]
    GeneratedWithoutEc2,
    /// Two things cannot both come from standard input.
    #[error("stdin can be read once")]
    InputTwice,
    /// Standard input could not be read.
    #[error("stdin cannot be read")]
    Input(#[source] io::Error),
    /// A name that is not allowed.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A passphrase for a private key that is never encrypted.
    #[error(
        "KEYPAIR_PASSPHRASE is set, and `create-key-pair` returns the private key without encryption"
    )]
    NeverEncrypted,
    /// `KEYPAIR_PASSPHRASE` is set, and the file to convert is not encrypted.
    #[error("{origin} is not encrypted, and KEYPAIR_PASSPHRASE gives a passphrase")]
    NotEncrypted {
        /// The file.
        origin: String,
    },
    /// There is no agent that could hold a key.
    #[error("no ssh-agent is running: SSH_AUTH_SOCK is not set")]
    NoAgent,
    /// This system has no agent for a command alone.
    #[error("on this system there is no agent for a command alone")]
    NoAgentOfOurOwn,
    /// A private key that nobody would have.
    #[error("a private key without a file needs an agent that holds it")]
    NoHolder,
    /// A passphrase for a file that is not written.
    #[error("there is no private key file to encrypt")]
    NothingToEncrypt,
    /// No such prime filter.
    #[error(transparent)]
    PrimeFilter(#[from] UnknownPrimeFilter),
    /// No key to import.
    #[error("there is no key to import")]
    NoKeyMaterial,
    /// A private key goes to standard output only when that is said.
    #[error("a key from stdin needs `--out`")]
    NoOutput,
    /// One private key cannot be that of several pairs.
    #[error("one private key file cannot belong to {pairs} pairs")]
    OneFileForSeveralPairs {
        /// How many pairs are named.
        pairs: usize,
    },
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
    /// A public key that would replace the private key that it is made of.
    #[error("the public key would replace the private key in {}", .path.display())]
    PublicOverPrivate {
        /// The file of both.
        path: PathBuf,
    },
    /// Only the private key can go to standard output.
    #[error("the public key cannot go to stdout")]
    PublicKeyToOutput,
    /// EC2 makes keys one at a time.
    #[error("EC2 makes keys one at a time")]
    SeriesOfEc2,
    /// The private keys of a series have a file each.
    #[error("the private keys of several pairs have a file each")]
    SeriesToOutput,
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
    /// A pair has one name.
    #[error("the pair is named twice")]
    TwoNames,
    /// A text file that is no text.
    #[error("{} is not UTF-8", .path.display())]
    TextFile {
        /// The file.
        path: PathBuf,
    },
}
