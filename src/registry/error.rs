//! The errors of a registry.

use std::io;
use std::path::{Path, PathBuf};

use super::{
    CreateTime, CredentialFault, CredentialSource, DryRunChange, Expiry, Instance,
    InstanceReference, KeyName, KeyPair, KeyPairId, Location, Mismatch, Reference, TagError,
    TokenOrigin,
};

#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Other processes held the lock for the whole time.
    #[error("{} stayed locked for {seconds} seconds", .path.display())]
    Busy { path: PathBuf, seconds: u64 },
    #[error("cannot use the certificate authorities in {}", named(.path, .variable))]
    CertificateAuthorities {
        path: PathBuf,
        /// The environment variable with the path, if the AWS CLI has no option for it.
        variable: Option<&'static str>,
        source: Cause,
    },
    #[error("cannot use the registry {}: it is damaged", .path.display())]
    Damaged { path: PathBuf, source: Cause },
    #[error("the name `{name}` is taken")]
    Duplicate { name: KeyName },
    /// A deletion of several pairs ended early.
    #[error("{source}")]
    DeletionIncomplete {
        deleted: Vec<KeyName>,
        /// The pair that the error is about.
        failed: Reference,
        source: Box<RegistryError>,
    },
    /// The registry deleted a pair by name, and the name belonged to another pair by then.
    #[error("another key pair was registered as `{name}`, and was deleted instead: {deleted}")]
    DeletedOther { name: KeyName, deleted: KeyPairId },
    /// The server answered a dry run with success: it has executed the request.
    #[error("the server ignored the dry run")]
    DryRunIgnored { change: Option<DryRunChange> },
    /// The new pair lacks its expiry tag and was deleted again.
    #[error("the registry did not keep the tag {}", Expiry::TAG)]
    ExpiryNotKept,
    #[error("cannot find credentials for EC2")]
    Credentials { profile: Option<String>, source: Cause },
    #[error("unknown key pair ID")]
    IdsNotFound { ids: Vec<KeyPairId> },
    #[error("unknown key pair name")]
    NamesNotFound { names: Vec<KeyName> },
    #[error("no instance `{reference}`")]
    InstanceNotFound { reference: InstanceReference },
    #[error("several instances have the name `{reference}`")]
    InstanceAmbiguous { reference: InstanceReference, instances: Vec<Instance> },
    #[error("this registry does not record the use of key pairs")]
    UsageUnsupported,
    #[error("this registry does not store private keys")]
    StoreUnsupported,
    #[error("this registry cannot generate keys")]
    GenerateUnsupported,
    /// The registry reports success, but its response does not match the request.
    #[error("the response does not match the request")]
    Mismatched {
        #[source]
        mismatch: Mismatch,
        /// The ID of the new pair, if the response is about that pair.
        id: Option<KeyPairId>,
    },
    #[error("The config profile ({name}) could not be found")]
    NoProfile {
        name: String,
        /// The option or variable with the name.
        origin: String,
    },
    #[error("no region is configured")]
    NoRegion,
    #[error("`{name}` ({id}) is still registered, although the registry reported its deletion")]
    NotDeleted { name: KeyName, id: KeyPairId },
    /// A rollback found the name registered with another ID and another key.
    #[error("another key pair is registered as `{name}` ({id}), and was not deleted")]
    OtherRegistered { name: KeyName, id: KeyPairId },
    /// Requests failed in some of several regions.
    #[error("{}", failed(.failures, .registered))]
    Regions {
        /// At least one.
        failures: Vec<RegionFailure>,
        /// The new pairs that are registered in other regions and were not deleted again.
        registered: Vec<KeyPair>,
    },
    #[error("{} has version {found}; the newest supported is {known}", .path.display())]
    NewerSchema { path: PathBuf, found: i64, known: i64 },
    /// The file is not a database, or a database of another program.
    #[error("{} is not a key pair registry", .path.display())]
    NotARegistry { path: PathBuf },
    /// The request was sent and may have been executed: the response is missing or unclear.
    #[error("the outcome of the request is unknown")]
    OutcomeUnknown(#[source] Cause),
    /// An error response from the server.
    #[error("{code}: {message}")]
    Refused {
        /// For example `UnauthorizedOperation`.
        code: String,
        message: String,
        /// The number of retries before the failure.
        retries: u32,
    },
    #[error(transparent)]
    CredentialSettings(Box<CredentialFault>),
    #[error("cannot {} {from}", .from.action())]
    CredentialSource {
        from: CredentialSource,
        /// The source responded with success, but its response is malformed.
        is_malformed: bool,
        /// The source responded with an error.
        is_refused: bool,
        source: Cause,
    },
    #[error("cannot use the credentials of {from}: expired at {time}")]
    ExpiredCredentials { from: CredentialSource, time: CreateTime },
    #[error("invalid value for {name}: `{value}`; expected {expected}")]
    InvalidSetting {
        /// An option, a variable, or a key with its profile.
        name: String,
        value: String,
        expected: &'static str,
    },
    /// A file with settings or credentials is unusable.
    #[error("cannot read the AWS settings")]
    SettingsFile(#[source] Cause),
    #[error("cannot read the token for AWS")]
    TokenFile { origin: TokenOrigin, source: Cause },
    #[error("cannot use the AWS settings")]
    Settings(#[source] Cause),
    #[error(transparent)]
    Tag(#[from] TagError),
    #[error("a filter has {characters} characters; the maximum is {max}")]
    FilterTooLong { characters: usize, max: usize },
    #[error("too many filter values: {count}")]
    TooManyFilterValues { count: usize },
    /// The callback could not deliver the response, so nothing was registered.
    #[error("cannot deliver the response")]
    CallbackFailed(#[source] io::Error),
    #[error("unknown filter `{name}`")]
    UnknownFilter { name: String },
    #[error("cannot reach AWS")]
    Unreachable(#[source] Cause),
    /// No trusted authority has issued the certificate of the server.
    #[error("cannot reach AWS: the certificate of {host} is not trusted")]
    Untrusted { host: String, source: Cause },
    #[error("unexpected response from the registry")]
    Unreadable(#[source] Cause),
    #[error("cannot use the registry {}", .path.display())]
    Unusable { path: PathBuf, source: Cause },
}

impl From<CredentialFault> for RegistryError {
    fn from(fault: CredentialFault) -> Self {
        Self::CredentialSettings(Box::new(fault))
    }
}

impl RegistryError {
    /// Returns whether the name is taken, as an own error or as EC2's.
    pub fn is_duplicate(&self) -> bool {
        match self {
            Self::Duplicate { .. } => true,
            Self::Refused { code, .. } => code == "InvalidKeyPair.Duplicate",
            Self::Regions { failures, registered } => {
                registered.is_empty() && failures.iter().all(|failure| failure.error.is_duplicate())
            }
            _ => false,
        }
    }

    /// Returns whether the pair may be registered despite this error.
    pub fn may_be_registered(&self) -> bool {
        match self {
            Self::Mismatched { .. } | Self::OutcomeUnknown(_) => true,
            Self::Regions { failures, registered } => {
                !registered.is_empty()
                    || failures.iter().any(|failure| failure.error.may_be_registered())
            }
            _ => false,
        }
    }

    /// Returns whether the request may have been executed, in every region that failed.
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::OutcomeUnknown(_) => true,
            Self::Regions { failures, .. } => {
                failures.iter().all(|failure| failure.error.is_outcome_unknown())
            }
            _ => false,
        }
    }

    /// Returns whether the registered pair is certainly the new one.
    pub fn is_of_own_pair(&self) -> bool {
        matches!(self, Self::Mismatched { mismatch: Mismatch::Expiry { .. }, .. })
    }

    /// Returns the ID of the pair that may be registered despite this error, if it is known.
    pub fn registered_id(&self) -> Option<&KeyPairId> {
        match self {
            Self::Mismatched { id, .. } => id.as_ref(),
            _ => None,
        }
    }

    /// Returns whether the server refused a request with this code.
    pub fn is_refused_with(&self, expected: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == expected)
    }

    /// Returns whether the name or ID is not registered, as an own error or as EC2's.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::NamesNotFound { .. } | Self::IdsNotFound { .. } => true,
            Self::DeletionIncomplete { source, .. } => source.is_not_found(),
            Self::Refused { code, .. } => code == "InvalidKeyPair.NotFound",
            Self::Regions { failures, .. } => {
                failures.iter().all(|failure| failure.error.is_not_found())
            }
            _ => false,
        }
    }
}

fn failed(failures: &[RegionFailure], registered: &[KeyPair]) -> String {
    let failed =
        failures.iter().map(|RegionFailure { location, error }| format!("{location}: {error}"));
    let places = registered.iter().filter_map(|pair| {
        pair.location.as_ref().map(|location| format!("{location}: registered as {}", pair.id))
    });
    failed.chain(places).collect::<Vec<_>>().join("; ")
}

fn named(path: &Path, variable: &Option<&'static str>) -> String {
    let path = path.display().to_string();
    match variable {
        None => path,
        Some(variable) if path.is_empty() => (*variable).to_owned(),
        Some(variable) => format!("{path} ({variable})"),
    }
}

/// The failure of a request in one region.
#[derive(Debug)]
pub struct RegionFailure {
    pub location: Location,
    pub error: RegistryError,
}

/// The error of a library, or a message.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ec2_error_codes_equal_own_errors() {
        let name = KeyName::registered("web");
        let refused = |code: &str| RegistryError::Refused {
            code: code.into(),
            message: String::new(),
            retries: 0,
        };
        let duplicate = RegistryError::Duplicate { name: name.clone() };
        let missing = RegistryError::NamesNotFound { names: vec![name] };
        for error in [duplicate, refused("InvalidKeyPair.Duplicate")] {
            assert!(error.is_duplicate() && !error.is_not_found());
        }
        for error in [missing, refused("InvalidKeyPair.NotFound")] {
            assert!(error.is_not_found() && !error.is_duplicate());
        }
        let other = refused("UnauthorizedOperation");
        assert!(!other.is_duplicate() && !other.is_not_found());
    }
}
