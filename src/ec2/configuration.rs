//! Finds the region and the credentials in the environment and in the files of the AWS CLI, without
//! any request.
//!
//! The order is that of the SDK's chain
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::profiles::{self, ACCESS_KEYS, BrokenChain, InvalidToken};
use super::settings::{Ec2Settings, InvalidValue};
use crate::profile::{Given, ProfileFile, ProfileFileError, ProfileOrigin, SelectedProfile};
use crate::registry::{Cause, TokenOrigin};

#[derive(Debug, Default)]
pub struct Configuration {
    pub region: Option<Given<String>>,
    /// `None` if only a request could find credentials.
    pub credentials: Option<CredentialPlace>,
    /// The files that contain secrets.
    pub secret_files: Vec<PathBuf>,
    pub faults: Vec<ConfigurationFault>,
}

/// The place of the credentials, which may be invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialPlace {
    Container,
    Environment,
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
            Self::Profile { name, kind } => write!(formatter, "the profile {name} ({kind})"),
            Self::WebIdentity => formatter.write_str("a web identity"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigurationFault {
    /// An access key ID without a secret access key, or the reverse.
    #[error("{place} has {found} without {missing}")]
    IncompleteKey { place: CredentialPlace, found: &'static str, missing: &'static str },
    /// A file with a token that the SDK must not open.
    #[error("cannot read the token for AWS: {source}")]
    InvalidToken { origin: TokenOrigin, source: Cause },
    #[error("no credentials found")]
    NoCredentials {
        /// True if the machine may have a role. Only a request could tell.
        may_be_of_instance: bool,
    },
    #[error("cannot find the profile {name}")]
    NoProfile {
        name: String,
        /// The profile that refers to it. `None` for the selected profile.
        needed_by: Option<String>,
    },
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
    let mut found = Configuration::default();
    let variables = &settings.variables;
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
        found.faults.push(ConfigurationFault::NoProfile { name, needed_by: None });
    }

    found.region = settings.region.clone().filter(|region| !region.value.is_empty());
    if found.region.is_none() {
        found.faults.push(ConfigurationFault::NoRegion);
    }

    if let Err(error) = profiles::check_token_files(variables, selected) {
        let InvalidToken { origin, source } = error;
        found.faults.push(ConfigurationFault::InvalidToken { origin, source: source.into() });
    }
    found.credentials = credentials(settings, &mut found.faults);
    // A broken source hides the others.
    if found.credentials.is_none() && found.faults.iter().all(ConfigurationFault::is_absence) {
        let may_be_of_instance = !variables.forbids_instance_role;
        found.faults.push(ConfigurationFault::NoCredentials { may_be_of_instance });
    }
    found
}

fn credentials(
    settings: &Ec2Settings,
    faults: &mut Vec<ConfigurationFault>,
) -> Option<CredentialPlace> {
    let variables = &settings.variables;
    // `--profile` wins over the environment.
    if settings.profile.origin() != ProfileOrigin::Option {
        match (variables.has_access_key_id, variables.has_secret_access_key) {
            (true, true) => return Some(CredentialPlace::Environment),
            (false, false) => {}
            (has_id, _) => {
                let variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
                faults.push(incomplete_key(CredentialPlace::Environment, variables, has_id));
            }
        }
    }
    if let Some(source) = profile_credentials(&settings.profile, faults) {
        return Some(source);
    }
    if variables.web_identity_token_file.is_some() {
        return Some(CredentialPlace::WebIdentity);
    }
    variables.has_container.then_some(CredentialPlace::Container)
}

fn incomplete_key(
    place: CredentialPlace,
    [id, secret]: [&'static str; 2],
    has_id: bool,
) -> ConfigurationFault {
    let (found, missing) = if has_id { (id, secret) } else { (secret, id) };
    ConfigurationFault::IncompleteKey { place, found, missing }
}

/// Returns the credentials of the selected profile, following `source_profile`.
fn profile_credentials(
    selected: &SelectedProfile,
    faults: &mut Vec<ConfigurationFault>,
) -> Option<CredentialPlace> {
    let chain = match profiles::chain(selected) {
        Ok(chain) => chain,
        Err(BrokenChain::UnknownSource { name, needed_by }) => {
            let (name, needed_by) = (name.to_owned(), Some(needed_by.to_owned()));
            faults.push(ConfigurationFault::NoProfile { name, needed_by });
            return None;
        }
        Err(BrokenChain::UnknownProfile | BrokenChain::Cycle) => return None,
    };
    let name = selected.name().to_owned();
    let has = |name| chain.base.get(name).is_some();
    let kind = match ACCESS_KEYS.map(has) {
        _ if !chain.roles.is_empty() || has("credential_source") => "a role",
        _ if has("web_identity_token_file") => "a web identity",
        _ if has("sso_session") || has("sso_start_url") => "SSO",
        _ if has("login_session") => "a login",
        _ if chain.credential_process().is_some() => "a program",
        [true, true] => "access keys",
        [false, false] => return None,
        [has_id, _] => {
            let place = CredentialPlace::Profile { name, kind: "access keys" };
            faults.push(incomplete_key(place, ACCESS_KEYS, has_id));
            return None;
        }
    };
    Some(CredentialPlace::Profile { name, kind })
}

#[cfg(test)]
mod tests;
