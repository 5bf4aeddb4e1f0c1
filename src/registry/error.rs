//! What a registry can say no with.

use std::io;
use std::path::{Path, PathBuf};

use super::{DryRunChange, Expiry, KeyName, KeyPairId, Mismatch, TagError};

/// Why a registry did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The registry is used by others and did not become free in time.
    #[error("{} stayed locked for {seconds} seconds", .path.display())]
    Busy {
        /// The registry file.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The file of the certificate authorities to trust cannot be used.
    #[error("cannot use the certificate authorities in {}", named(.path, .variable))]
    CertificateAuthorities {
        /// The file.
        path: PathBuf,
        /// The variable that names it, if the AWS CLI has no option for it.
        variable: Option<&'static str>,
        /// Why not.
        source: Cause,
    },
    /// The registry file is not what was written to it.
    #[error("cannot use the registry {}: it is damaged", .path.display())]
    Damaged {
        /// The registry file.
        path: PathBuf,
        /// How that was found.
        source: Cause,
    },
    /// The name is taken.
    #[error("the name `{name}` is taken")]
    Duplicate {
        /// The name.
        name: KeyName,
    },
    /// The registry deleted the pair that had the name, which was another one by then.
    #[error("another key pair was registered as `{name}`, and was deleted instead: {deleted}")]
    DeletedOther {
        /// The name.
        name: KeyName,
        /// The id of the pair that is gone.
        deleted: KeyPairId,
    },
    /// The server answered a dry run with success, which is to say that it carried the request out.
    #[error("the server ignored the dry run")]
    DryRunIgnored {
        /// What was changed, if anything.
        change: Option<DryRunChange>,
    },
    /// The registry did not keep the tag with the expiry, so the pair was deleted again.
    #[error("the registry did not keep the tag {}", Expiry::TAG)]
    ExpiryNotKept,
    /// No credentials were found, or those found cannot be used.
    #[error("there are no credentials for EC2")]
    Credentials {
        /// The profile that was asked for.
        profile: Option<String>,
        /// What the library said.
        source: Cause,
    },
    /// No pair has one of the ids.
    #[error("no key pair has the id")]
    IdsNotFound {
        /// The ids that no pair has.
        ids: Vec<KeyPairId>,
    },
    /// No pair has one of the names.
    #[error("no key pair has the name")]
    NamesNotFound {
        /// The names that no pair has.
        names: Vec<KeyName>,
    },
    /// The registry keeps public keys, and is not told who uses them.
    #[error("this registry does not know where pairs are used")]
    UsageUnsupported,
    /// The registry keeps public keys and makes none.
    #[error("this registry makes no keys")]
    GenerateUnsupported,
    /// The registry reports a registration as done, and its response does not match the request.
    #[error("the response does not match the request")]
    Mismatched {
        /// The difference.
        #[source]
        mismatch: Mismatch,
        /// The id of the new pair, if the response is about that pair.
        id: Option<KeyPairId>,
    },
    /// Nothing says which region is meant.
    #[error("there is no region")]
    NoRegion,
    /// The registry reported the deletion of a pair that is still there.
    #[error("`{name}` ({id}) is still registered, although the registry reported its deletion")]
    NotDeleted {
        /// The name.
        name: KeyName,
        /// The id.
        id: KeyPairId,
    },
    /// A new pair was to be deleted again, and its name is registered with another id and another key.
    #[error("another key pair is registered as `{name}` ({id}), and was not deleted")]
    OtherRegistered {
        /// The name.
        name: KeyName,
        /// The id of the other pair.
        id: KeyPairId,
    },
    /// The registry file was written by a newer version of the program.
    #[error("{} has version {found}; the newest known is {known}", .path.display())]
    NewerSchema {
        /// The registry file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The file is no registry: not a database, or one of another program.
    #[error("{} is not a key pair registry", .path.display())]
    NotARegistry {
        /// The file.
        path: PathBuf,
    },
    /// The request was sent and may have been carried out: the response is missing or unclear.
    #[error("the outcome of the request is unknown")]
    OutcomeUnknown(#[source] Cause),
    /// The registry refused, in its own words.
    #[error("{code}: {message}")]
    Refused {
        /// The word for the error, such as `UnauthorizedOperation`.
        code: String,
        /// The sentence.
        message: String,
        /// How often the request was repeated in vain; zero if it was not.
        retries: u32,
    },
    /// The program that prints the credentials did not.
    #[error("cannot get credentials from credential_process{}", of_profile(.profile))]
    CredentialProcess {
        /// The profile that was asked for.
        profile: Option<String>,
        /// Why not.
        source: Cause,
    },
    /// A setting that cannot be used.
    #[error("invalid value for {name}: `{value}`; expected {expected}")]
    InvalidSetting {
        /// The option or variable, or the key and its profile.
        name: String,
        /// Its value.
        value: String,
        /// What it can be.
        expected: &'static str,
    },
    /// A credential that cannot be part of a request.
    #[error("invalid value for {name}: {fault}")]
    InvalidCredential {
        /// The variable, or the key and its profile.
        name: String,
        /// Why, without the value: `contains a line break`.
        fault: &'static str,
    },
    /// A file with settings, credentials or a token cannot be used.
    #[error("cannot read the AWS settings")]
    SettingsFile(#[source] Cause),
    /// The settings say where the registry is and who asks it, and cannot be used.
    #[error("the AWS settings cannot be used")]
    Settings(#[source] Cause),
    /// A tag breaks a rule.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// A filter is longer than anything that it could match.
    #[error("a filter has {characters} characters; the most is {most}")]
    FilterTooLong {
        /// The length found.
        characters: usize,
        /// The longest allowed.
        most: usize,
    },
    /// The filters have too many values together.
    #[error("the filters have {count} values")]
    TooManyFilterValues {
        /// The number found.
        count: usize,
    },
    /// The answer could not be handed over, so nothing was registered.
    #[error("the answer could not be handed over")]
    CallbackFailed(#[source] io::Error),
    /// There is no filter of that name.
    #[error("there is no filter `{name}`")]
    UnknownFilter {
        /// The name.
        name: String,
    },
    /// The registry could not be asked, or did not answer.
    #[error("AWS cannot be reached")]
    Unreachable(#[source] Cause),
    /// The registry's response cannot be understood.
    #[error("unexpected response from the registry")]
    Unreadable(#[source] Cause),
    /// The registry file cannot be read or written.
    #[error("cannot use the registry {}", .path.display())]
    Unusable {
        /// The registry file.
        path: PathBuf,
        /// What the system or the database said.
        source: Cause,
    },
}

impl RegistryError {
    /// Returns whether it is that the name is taken, in our words or in EC2's.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        match self {
            Self::Duplicate { .. } => true,
            Self::Refused { code, .. } => code == "InvalidKeyPair.Duplicate",
            _ => false,
        }
    }

    /// Returns whether the pair that was to be registered may be registered nevertheless.
    #[must_use]
    pub fn may_be_registered(&self) -> bool {
        matches!(self, Self::Mismatched { .. } | Self::OutcomeUnknown(_))
    }

    /// Returns the id of the pair that may be registered nevertheless, if it is known.
    #[must_use]
    pub fn registered_id(&self) -> Option<&KeyPairId> {
        match self {
            Self::Mismatched { id, .. } => id.as_ref(),
            _ => None,
        }
    }

    /// Returns whether it is that no pair has the name or the id, in our words or in EC2's.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::NamesNotFound { .. } | Self::IdsNotFound { .. } => true,
            Self::Refused { code, .. } => code == "InvalidKeyPair.NotFound",
            _ => false,
        }
    }
}

/// Returns a path and the variable that names it.
fn named(path: &Path, variable: &Option<&'static str>) -> String {
    let path = path.display().to_string();
    match variable {
        None => path,
        Some(variable) if path.is_empty() => (*variable).to_owned(),
        Some(variable) => format!("{path} ({variable})"),
    }
}

fn of_profile(profile: &Option<String>) -> String {
    profile.as_ref().map(|profile| format!(" of the profile `{profile}`")).unwrap_or_default()
}

/// What a library said.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ec2s_words_mean_what_ours_do() {
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
