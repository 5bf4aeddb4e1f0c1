//! Why a command did not do what was asked.

use std::io;
use std::path::PathBuf;

use super::ConflictError;
use crate::agent::{AgentError, AgentServerError};
use crate::file::FileError;
use crate::format::FormatError;
use crate::key::GenerateError;
use crate::registry::{Cause, KeyName, KeyUser, NameError, RegistryError};
use crate::secret::Secret;

/// Why a command did not do what was asked. Unless a variant says otherwise, nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The agent that was to hold the key does not.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The pair was not made, but the agent still has its key, or may have.
    #[error("the agent may still hold the key of `{name}`: {source}")]
    AgentKeyNotRemoved {
        /// The name that the pair was to have.
        name: KeyName,
        /// Why the pair was not made.
        cause: Box<OperationError>,
        /// Why the agent did not let go of it.
        source: AgentError,
    },
    /// The name is registered, but not with what was asked for.
    #[error(transparent)]
    Conflict(Box<ConflictError>),
    /// The registration may be gone or not.
    #[error("could not confirm that {names} was deleted")]
    DeletionUnknown {
        /// The pairs that were to be deregistered, as the user named them.
        names: String,
        source: Cause,
    },
    /// The registrations are gone, as asked, but the private key file could not be removed.
    #[error("the registration was removed, the private key file was not")]
    FileNotRemoved(#[source] FileError),
    /// A file could not be read or made.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file of a private key is there, and no pair is registered under the name.
    #[error("`{name}` is not registered, and {} already exists", .path.display())]
    FileWithoutPair { name: KeyName, path: PathBuf },
    #[error("interrupted")]
    Interrupted,
    /// Of a series of pairs, some are made, and no more.
    #[error("{made} of {wanted} pairs are made")]
    Incomplete {
        made: usize,
        wanted: usize,
        /// The last that is made.
        last: Option<KeyName>,
        source: Box<OperationError>,
    },
    /// The key cannot be written in the format that was asked for.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The registry may have created a pair, and its private key did not arrive.
    #[error("could not confirm that `{name}` was created; if it was, its private key is lost")]
    GenerationUnknown { name: KeyName, source: Cause },
    /// The registry made a pair whose private key could not be kept, and did not take it back.
    #[error("`{name}` is registered, but its private key is lost: {cause}")]
    KeyLost {
        name: KeyName,
        /// Why the private key could not be kept.
        cause: Box<OperationError>,
        /// Why the pair could not be removed.
        source: RegistryError,
    },
    /// The registry created a pair, and the private key in its response is that of another.
    #[error("the response holds another private key than that of `{name}`")]
    MaterialMismatch { name: KeyName },
    /// The registry made a pair whose private key could not be kept, and took it back.
    #[error("`{name}` was removed again: {cause}")]
    RolledBack {
        name: KeyName,
        /// Why the private key could not be kept.
        cause: Box<OperationError>,
    },
    /// No key could be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// What was read is no key that we accept.
    #[error("{origin}")]
    NotAKey {
        /// Where it came from: a path, or the name of a stream or an option.
        origin: String,
        source: FormatError,
    },
    /// A private key file belongs to another pair than the one that was named.
    #[error("{} is not the private key of `{name}`", .path.display())]
    KeyMismatch { path: PathBuf, name: KeyName },
    /// The pair may be registered or not. A private key that was to be written to a file is there.
    #[error("could not confirm that `{name}` was registered")]
    OutcomeUnknown {
        name: KeyName,
        /// Whether the pair under the name is certainly this one.
        is_own: bool,
        /// Its private key file, if there is one.
        path: Option<PathBuf>,
        /// Whether an agent holds its private key.
        in_agent: bool,
        /// The private key file's contents, if they go to the user.
        private_key: Option<Secret>,
        source: Cause,
    },
    /// The answer could not be handed over; there was nothing else to do.
    #[error("the answer could not be written")]
    Output(#[source] io::Error),
    /// All was changed as asked, but the answer could not be handed over.
    #[error("everything was done, but the answer could not be written")]
    OutputAfterChange(#[source] io::Error),
    /// A private key was to be had of the registry's store, and is not there.
    #[error("cannot fetch the private key of `{name}`")]
    Parameter { name: KeyName, parameter: String, source: RegistryError },
    /// What the registry's store holds as the private key of a pair is none.
    #[error("{parameter} holds no private key")]
    ParameterNotPrivate { parameter: String },
    /// What the registry's store holds as the private key of a pair is that of another.
    #[error("{parameter} holds another private key than that of `{name}`")]
    ParameterMismatch { name: KeyName, parameter: String },
    /// The registry shows neither a public key nor EC2's fingerprint of the pair.
    #[error("cannot verify the private key: the description of `{name}` has {}", .shown.as_str())]
    PrivateKeyNotVerified { name: KeyName, parameter: String, shown: Shown },
    /// The registry refused.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A program could not be run.
    #[error("cannot run `{program}`")]
    CannotRun { program: String, source: io::Error },
    /// A name that cannot be one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// There is no agent of our own.
    #[error(transparent)]
    AgentServer(#[from] AgentServerError),
    /// Signals cannot be caught, so that nothing could be taken back after one.
    #[error("signals cannot be caught")]
    Signals(#[source] io::Error),
    /// A signal came before the program was run; nothing is left.
    #[error("interrupted")]
    Signalled { signal: u8 },
    /// A pair that was to live as long as a command is still registered.
    #[error("`{name}` is still registered")]
    StillRegistered { name: KeyName, source: Box<RegistryError> },
    /// The private and the public key were to be written to one file.
    #[error("{} cannot hold both keys", .path.display())]
    SameFile { path: PathBuf },
    /// The pair is there, but the answer could not be handed over.
    #[error("the answer could not be written")]
    OutputAfterCreate {
        name: KeyName,
        /// Its private key file, if there is one.
        path: Option<PathBuf>,
        /// Whether an agent holds its private key.
        in_agent: bool,
        source: io::Error,
    },
    /// The pair's name cannot be that of its file, and no other file was named.
    #[error("`{name}` is no safe file name")]
    UnsafeFileName { name: KeyName },
    /// Which pairs are in use cannot be found out.
    #[error("could not determine which key pairs are in use")]
    UsageUnknown {
        /// What was looked at.
        by: KeyUser,
        source: RegistryError,
    },
}

/// A description without EC2's fingerprint and without the public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A fingerprint of a form that EC2 does not use for the key, and no public key.
    Fingerprint,
    /// No fingerprint and no public key.
    Nothing,
}

impl Shown {
    fn as_str(self) -> &'static str {
        match self {
            Self::Fingerprint => "no public key, and another fingerprint",
            Self::Nothing => "neither a public key nor a fingerprint",
        }
    }
}

impl OperationError {
    /// Returns the failure of a registration that may have been carried out nevertheless, with the places in
    /// which its private key is kept.
    pub(super) fn unconfirmed(
        name: KeyName,
        error: RegistryError,
        path: Option<PathBuf>,
        in_agent: bool,
        private_key: Option<Secret>,
    ) -> Self {
        Self::OutcomeUnknown {
            name,
            is_own: error.is_of_own_pair(),
            path,
            in_agent,
            private_key,
            source: match error {
                RegistryError::OutcomeUnknown(source) => source,
                error => error.into(),
            },
        }
    }
}
