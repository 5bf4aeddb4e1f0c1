//! The errors of operations.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::ConflictError;
use super::connect::SshFault;
use super::password_error::PasswordError;
use super::store_error::StoreError;
use crate::agent::{AgentError, AgentServerError};
use crate::file::FileError;
use crate::format::FormatError;
use crate::key::GenerateError;
use crate::registry::{
    Cause, InstanceId, KeyName, KeyUser, NameError, ParameterName, ParameterNameError, Reference,
    RegistryError,
};
use crate::secret::Secret;

/// Nothing was changed, unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The pair was not created.
    #[error("the agent may still hold the key of `{name}`: {source}")]
    AgentKeyNotRemoved {
        name: KeyName,
        /// The reason for the rollback.
        cause: Box<OperationError>,
        source: AgentError,
    },
    #[error(transparent)]
    AgentServer(#[from] AgentServerError),
    #[error("cannot connect to {server}")]
    CannotConnect { server: SocketAddr, source: io::Error },
    #[error("cannot run `{program}`")]
    CannotRun { program: String, source: io::Error },
    #[error(transparent)]
    Conflict(Box<ConflictError>),
    /// Some of several pairs were deleted.
    #[error("{source}")]
    DeletionIncomplete {
        deleted: Vec<KeyName>,
        /// The pairs that were not reached.
        left: Vec<Reference>,
        source: Box<OperationError>,
    },
    #[error("could not confirm that {names} was deleted")]
    DeletionUnknown {
        /// The names or IDs as given by the user.
        names: String,
        source: Cause,
    },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "the registration and the private key file were deleted, but the file may come back after a power failure"
    )]
    RemovalNotSynced(#[source] FileError),
    #[error("the registration was deleted, the private key file was not")]
    FileNotRemoved(#[source] FileError),
    #[error("`{name}` is not registered, and {} already exists", .path.display())]
    FileWithoutPair { name: KeyName, path: PathBuf },
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error("could not confirm that `{name}` was created; if it was, its private key is lost")]
    GenerationUnknown { name: KeyName, source: Cause },
    #[error("created {made} of {wanted} key pairs")]
    Incomplete { made: usize, wanted: usize, last: Option<KeyName>, source: Box<OperationError> },
    /// A call of a command that sends several.
    #[error("{source}")]
    Instance { call: InstanceCall, source: RegistryError },
    #[error("interrupted")]
    Interrupted,
    /// The private key of a generated pair could not be saved, nor the pair be deleted.
    #[error("`{name}` is registered, but its private key is lost: {cause}")]
    KeyLost {
        name: KeyName,
        /// The reason why the private key could not be saved.
        cause: Box<OperationError>,
        source: RegistryError,
    },
    /// EC2 Instance Connect accepts RSA keys of other lengths only.
    #[error("EC2 Instance Connect does not accept RSA keys of {bits} bits")]
    KeyNotPushable { bits: u32 },
    /// The file has other contents, which its deletion would destroy.
    #[error("cannot delete {}: it contains more than a private key", .path.display())]
    KeyInText { path: PathBuf },
    #[error("{} is not the private key of `{name}`", .path.display())]
    KeyMismatch { path: PathBuf, name: KeyName },
    /// The registry generated a pair, and its response contains the private key of another one.
    #[error("the response contains another private key than that of `{name}`")]
    MaterialMismatch { name: KeyName },
    #[error(transparent)]
    Name(#[from] NameError),
    /// A mark of a block has no counterpart, or a block stands there twice.
    #[error("cannot change {}: unexpected mark of a block in line {line}", .path.display())]
    MarkUnpaired { path: PathBuf, line: usize },
    #[error("cannot log in to {id} with ssh")]
    NoSsh { id: InstanceId, fault: SshFault },
    #[error("{origin}")]
    NotAKey {
        /// A path, or the name of a stream or an option.
        origin: String,
        source: FormatError,
    },
    /// The pair may be registered. Its private key is kept.
    #[error("could not confirm that `{name}` was registered")]
    OutcomeUnknown {
        name: KeyName,
        /// True if the registered pair is certainly the new one.
        is_own: bool,
        kept: Box<KeptKey>,
        source: Cause,
    },
    /// A command that changes nothing could not deliver its response.
    #[error("cannot write the response")]
    Output(#[source] io::Error),
    /// All changes were made.
    #[error("everything was done, but the response could not be written")]
    OutputAfterChange(#[source] io::Error),
    /// The pair was created.
    #[error("cannot write the response")]
    OutputAfterCreate {
        name: KeyName,
        /// The private key file, if the key went to a file.
        path: Option<PathBuf>,
        in_agent: bool,
        source: io::Error,
    },
    #[error("cannot fetch the private key of `{name}`")]
    Parameter { name: KeyName, parameter: ParameterName, source: RegistryError },
    #[error("{parameter} holds another private key than that of `{name}`")]
    ParameterMismatch { name: KeyName, parameter: ParameterName },
    #[error(
        "the registration was deleted, but not {parameter}{}",
        .file.as_ref().map(|path| format!(" and {}", path.display())).unwrap_or_default()
    )]
    ParameterNotDeleted {
        parameter: ParameterName,
        /// The private key file, if it was not deleted either.
        file: Option<PathBuf>,
        source: RegistryError,
    },
    #[error("{parameter} holds no private key")]
    ParameterNotPrivate { parameter: ParameterName },
    #[error("the tag {} of `{name}` is not the name of a parameter", ParameterName::TAG)]
    ParameterTag { name: KeyName, source: ParameterNameError },
    /// The private key of a new pair was not stored, nor the pair deleted. The file is kept.
    #[error("`{name}` is registered, but its private key is not stored: {cause}")]
    NotStored {
        name: KeyName,
        /// The private key file.
        kept: PathBuf,
        /// The reason for the rollback.
        cause: Box<OperationError>,
        source: Box<RegistryError>,
    },
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The registry returns too little to compare the private key with the pair.
    #[error("cannot verify the private key: the description of `{name}` has {}", .missing.as_str())]
    PrivateKeyNotVerified { name: KeyName, parameter: ParameterName, missing: MissingEvidence },
    #[error("EC2 Instance Connect did not accept the key for {instance}")]
    PushRejected { instance: InstanceId },
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The private key of a generated pair could not be saved, so the pair was deleted.
    #[error("`{name}` was deleted again: {cause}")]
    RolledBack {
        name: KeyName,
        /// The reason why the private key could not be saved.
        cause: Box<OperationError>,
    },
    #[error("{} cannot hold both keys", .path.display())]
    SameFile { path: PathBuf },
    /// A signal arrived before the program was started. Everything was rolled back.
    #[error("interrupted")]
    Signalled { signal: u8 },
    #[error("cannot catch signals")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    Store(Box<StoreError>),
    /// The temporary pair of `exec` could not be deleted.
    #[error("`{name}` is still registered")]
    StillRegistered { name: KeyName, source: Box<RegistryError> },
    #[error("could not confirm that the tags of {names} were changed")]
    TaggingUnknown {
        /// The names or IDs as given by the user.
        names: String,
        source: Cause,
    },
    #[error("`{name}` cannot be used as a file name")]
    UnsafeFileName { name: KeyName },
    #[error("could not determine which key pairs are in use")]
    UsageUnknown { by: KeyUser, source: RegistryError },
}

/// A call of EC2 for a command about an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceCall {
    DescribeImages,
    DescribeInstances,
    DescribeKeyPairs,
    GetConsoleOutput,
    GetPasswordData,
    SendSshPublicKey,
}

impl InstanceCall {
    /// Returns the error of this call.
    pub(super) fn failed(self) -> impl FnOnce(RegistryError) -> OperationError {
        move |source| OperationError::Instance { call: self, source }
    }
}

impl From<StoreError> for OperationError {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}

/// The places where the private key of a pair that may be registered is kept.
#[derive(Debug, Default)]
pub struct KeptKey {
    /// The private key file, if the key went to a file.
    pub path: Option<PathBuf>,
    pub in_agent: bool,
    /// The private key, if it goes to the user.
    pub private_key: Option<Secret>,
    /// The private key files of further pairs with the same outcome.
    pub others: Vec<PathBuf>,
    /// The files that the new files replaced: their pairs may still be registered.
    pub replaced: Vec<PathBuf>,
}

/// The data that is missing in the description of a pair to verify its private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingEvidence {
    /// There is a fingerprint, but not in EC2's format for this key.
    PublicKey,
    PublicKeyAndFingerprint,
}

impl MissingEvidence {
    fn as_str(self) -> &'static str {
        match self {
            Self::PublicKey => "no public key, and another fingerprint",
            Self::PublicKeyAndFingerprint => "neither a public key nor a fingerprint",
        }
    }
}

impl OperationError {
    /// Returns whether a pair is registered without its stored private key: its private key file
    /// must stay.
    pub(super) fn keeps_file(&self) -> bool {
        match self {
            Self::NotStored { .. } => true,
            Self::Store(error) => matches!(**error, StoreError::Unknown { .. }),
            _ => false,
        }
    }

    /// Converts an error after which the pair may be registered.
    pub(super) fn unconfirmed(name: KeyName, error: RegistryError, kept: KeptKey) -> Self {
        Self::OutcomeUnknown {
            name,
            is_own: error.is_of_own_pair(),
            kept: Box::new(kept),
            source: match error {
                RegistryError::OutcomeUnknown(source) => source,
                error => error.into(),
            },
        }
    }
}
