//! Finds the region and the credentials in the environment and in the files of the AWS CLI, without
//! any request.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::credentials::{Source, TokenFile};
use super::in_force::{self, InForce};
use super::settings::{Ec2Settings, InvalidValue};
use crate::profile::{Given, ProfileFile, ProfileFileError};
use crate::registry::{Cause, CredentialFault, TokenOrigin};

#[derive(Debug, Default)]
pub struct Configuration {
    pub region: Option<Given<String>>,
    /// `None` if only a request could find credentials.
    pub credentials: Option<CredentialPlace>,
    /// The settings that are not defaults.
    pub in_force: Vec<InForce>,
    /// The files that contain secrets.
    pub secret_files: Vec<PathBuf>,
    pub faults: Vec<ConfigurationFault>,
}

/// The place of the credentials, which may be invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialPlace {
    Container,
    Environment,
    /// A file of an older tool.
    File(PathBuf),
    Profile {
        name: String,
        /// For example `access keys` or `a role`.
        kind: &'static str,
    },
    WebIdentity,
}

impl fmt::Display for CredentialPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container => formatter.write_str("the container"),
            Self::Environment => formatter.write_str("the environment"),
            Self::File(path) => path.display().fmt(formatter),
            Self::Profile { name, kind } => write!(formatter, "the profile {name} ({kind})"),
            Self::WebIdentity => formatter.write_str("a web identity"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigurationFault {
    #[error(transparent)]
    Credentials(CredentialFault),
    /// A file with a token that the SDK must not open.
    #[error("cannot read the token for AWS: {source}")]
    InvalidToken { origin: TokenOrigin, source: Cause },
    #[error("no credentials found")]
    NoCredentials {
        /// True if the machine may have a role. Only a request could tell.
        may_be_of_instance: bool,
    },
    #[error("cannot find the profile {name}")]
    NoProfile { name: String },
    #[error("no region is configured")]
    NoRegion,
    #[error("invalid value for {}: `{}`; expected {}", .0.name, .0.value, .0.expected)]
    Value(InvalidValue),
    #[error(transparent)]
    ProfileFile(Arc<ProfileFileError>),
}

impl ConfigurationFault {
    /// Returns whether a setting is only missing, which matters only with EC2.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::NoCredentials { .. } | Self::NoRegion)
    }
}

/// Returns the region and credentials that EC2 requests would use, without any request.
#[must_use]
pub fn configuration(settings: &Ec2Settings) -> Configuration {
    let in_force = in_force::in_force(settings);
    let mut found = Configuration { in_force, ..Configuration::default() };
    let selected = &settings.profile;
    for file in [ProfileFile::Config, ProfileFile::Credentials] {
        if let Some(path) = settings.paths.of(file)
            && selected.all().has_secret_key(file)
        {
            found.secret_files.push(path.path.clone());
        }
    }
    let faults = selected.all().faults.iter().cloned();
    found.faults.extend(faults.map(ConfigurationFault::ProfileFile));
    found.faults.extend(settings.invalid.iter().cloned().map(ConfigurationFault::Value));
    if selected.is_missing() {
        let name = selected.name().to_owned();
        found.faults.push(ConfigurationFault::NoProfile { name });
    }

    found.region = settings.region.clone().filter(|region| !region.value.is_empty());
    if found.region.is_none() {
        found.faults.push(ConfigurationFault::NoRegion);
    }

    match settings.plan() {
        Ok(source) => {
            if let Some(Err(fault)) = source.as_ref().map(Source::check_token) {
                let TokenFile { origin, source } = fault;
                let source = source.into();
                found.faults.push(ConfigurationFault::InvalidToken { origin, source });
            }
            found.credentials =
                source.as_ref().and_then(|source| CredentialPlace::of(source, selected.name()));
            // A broken source hides the others.
            if found.credentials.is_none()
                && found.faults.iter().all(ConfigurationFault::is_absence)
            {
                let may_be_of_instance = source.is_some();
                found.faults.push(ConfigurationFault::NoCredentials { may_be_of_instance });
            }
        }
        Err(fault) => found.faults.push(ConfigurationFault::Credentials(fault)),
    }
    found
}

impl CredentialPlace {
    /// Returns the place of a source. Only a request could find the role of an instance.
    fn of(source: &Source, selected: &str) -> Option<Self> {
        let profile = |kind| Some(Self::Profile { name: selected.to_owned(), kind });
        match source {
            Source::Container(_) => Some(Self::Container),
            Source::Environment(_) => Some(Self::Environment),
            Source::Instance(_) => None,
            Source::KeyFile { path, .. } => Some(Self::File(path.clone())),
            Source::Keys { .. } => profile("access keys"),
            Source::Login { .. } => profile("a login"),
            Source::Process { .. } => profile("a program"),
            Source::Role(_) => profile("a role"),
            Source::Sso(_) => profile("SSO"),
            Source::WebIdentity(identity) if identity.is_of_profile() => profile("a web identity"),
            Source::WebIdentity(_) => Some(Self::WebIdentity),
        }
    }
}

#[cfg(test)]
mod tests;
