//! Finds the region and the credentials in the environment and in the files of the AWS CLI, without
//! any request.
//!
//! The order is that of the SDK's chain
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>).

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use aws_config::profile::ProfileSet;

use super::profiles::{
    self, ACCESS_KEYS, BrokenChain, InvalidToken, ProfileFile, ProfileFileError,
};
use super::settings::Ec2Settings;
use crate::file::FileError;
use crate::registry::{Cause, TokenOrigin};

#[derive(Debug, Default)]
pub struct Configuration {
    pub region: Option<(String, RegionOrigin)>,
    /// `None` if only a request could find credentials.
    pub credentials: Option<CredentialPlace>,
    /// The files that contain secrets.
    pub secret_files: Vec<PathBuf>,
    pub faults: Vec<ConfigurationFault>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionOrigin {
    /// `--region`.
    Option,
    /// `AWS_REGION` or `AWS_DEFAULT_REGION`.
    Variable,
    Profile(String),
}

impl fmt::Display for RegionOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option => formatter.write_str("--region"),
            Self::Variable => formatter.write_str("the environment"),
            Self::Profile(name) => write!(formatter, "the profile {name}"),
        }
    }
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
    #[error("cannot parse {}: {message}", .path.display())]
    Malformed {
        path: PathBuf,
        /// The SDK's error message.
        message: String,
    },
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
    #[error(transparent)]
    Unreadable(FileError),
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
    let profiles = read_profiles(settings, &mut found);
    let selected = profiles.selected_profile().to_owned();
    let is_named = settings.profile.is_some() || variables.profile.is_some();
    if is_named && profiles.get_profile(&selected).is_none() {
        let fault = ConfigurationFault::NoProfile { name: selected.clone(), needed_by: None };
        found.faults.push(fault);
    }

    let region = settings.region.clone().map(|region| (region, RegionOrigin::Option));
    let region = region
        .or_else(|| Some((variables.region.clone()?, RegionOrigin::Variable)))
        .or_else(|| Some((profiles.get("region")?.to_owned(), RegionOrigin::Profile(selected))));
    found.region = region.filter(|(region, _)| !region.is_empty());
    if found.region.is_none() {
        found.faults.push(ConfigurationFault::NoRegion);
    }

    if let Err(error) = profiles::check_token_files(variables, &profiles) {
        let InvalidToken { origin, source } = error;
        found.faults.push(ConfigurationFault::InvalidToken { origin, source: source.into() });
    }
    found.credentials = credentials(settings, &profiles, &mut found.faults);
    // A broken source hides the others.
    if found.credentials.is_none() && found.faults.iter().all(ConfigurationFault::is_absence) {
        let may_be_of_instance = !variables.forbids_instance_role;
        found.faults.push(ConfigurationFault::NoCredentials { may_be_of_instance });
    }
    found
}

fn credentials(
    settings: &Ec2Settings,
    profiles: &ProfileSet,
    faults: &mut Vec<ConfigurationFault>,
) -> Option<CredentialPlace> {
    let variables = &settings.variables;
    // `--profile` wins over the environment.
    if settings.profile.is_none() {
        match (variables.has_access_key_id, variables.has_secret_access_key) {
            (true, true) => return Some(CredentialPlace::Environment),
            (false, false) => {}
            (has_id, _) => {
                let variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
                faults.push(incomplete_key(CredentialPlace::Environment, variables, has_id));
            }
        }
    }
    if let Some(source) = profile_credentials(profiles, faults) {
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
    profiles: &ProfileSet,
    faults: &mut Vec<ConfigurationFault>,
) -> Option<CredentialPlace> {
    let chain = match profiles::chain(profiles) {
        Ok(chain) => chain,
        Err(BrokenChain::UnknownSource { name, needed_by }) => {
            let (name, needed_by) = (name.to_owned(), Some(needed_by.to_owned()));
            faults.push(ConfigurationFault::NoProfile { name, needed_by });
            return None;
        }
        Err(BrokenChain::UnknownProfile | BrokenChain::Cycle) => return None,
    };
    let name = profiles.selected_profile().to_owned();
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

/// Reads each file separately, to attribute faults to files.
fn read_profiles(settings: &Ec2Settings, found: &mut Configuration) -> ProfileSet {
    let selected = profiles::selected(settings);
    let mut contents = HashMap::new();
    for file in ProfileFile::all(&settings.variables) {
        let text = match file.read() {
            Ok(text) => text,
            Err(ProfileFileError::File(FileError::Io { source, .. }))
                if source.kind() == ErrorKind::NotFound && !file.is_named =>
            {
                continue;
            }
            Err(ProfileFileError::File(error)) => {
                found.faults.push(ConfigurationFault::Unreadable(error));
                continue;
            }
            Err(ProfileFileError::TooMany { path, unit, max }) => {
                let message = format!("it has more than {max} {unit}");
                found.faults.push(ConfigurationFault::Malformed { path, message });
                continue;
            }
        };
        if text.expose().windows(SECRET.len()).any(|window| window == SECRET) {
            found.secret_files.push(file.path.clone());
        }
        // The SDK takes plain bytes. The program's allocator wipes them after use.
        let text = text.expose().to_vec();
        let one = HashMap::from([(OsString::from(file.kind.variable()), text)]);
        match profiles::parse(one.clone(), selected.clone()) {
            Ok(_) => contents.extend(one),
            Err(message) => {
                let path = file.path;
                found.faults.push(ConfigurationFault::Malformed { path, message });
            }
        }
    }
    // Files that parse separately also parse together.
    profiles::parse(contents, selected).unwrap_or_default()
}

const SECRET: &[u8] = b"aws_secret_access_key";

#[cfg(test)]
mod tests;
