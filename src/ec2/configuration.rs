//! What the environment and the AWS CLI's files say, and nobody is asked.
//!
//! The order is that of the SDK's own chain
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>).

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use aws_config::profile::ProfileSet;

use super::profiles::{self, ACCESS_KEYS, Broken, InvalidToken, ProfileFile, ProfileFileError};
use super::settings::Ec2Settings;
use crate::file::FileError;
use crate::registry::{Cause, TokenOrigin};

/// What EC2 would be asked with.
#[derive(Debug, Default)]
pub struct Configuration {
    /// The region, and what names it.
    pub region: Option<(String, Origin)>,
    /// Where credentials come from, if they are found without asking anybody.
    pub credentials: Option<Source>,
    /// The files that hold secrets.
    pub secret_files: Vec<PathBuf>,
    /// What is wrong.
    pub faults: Vec<ConfigurationFault>,
}

/// What names a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--region`.
    Option,
    /// `AWS_REGION` or `AWS_DEFAULT_REGION`.
    Variable,
    /// The profile of this name.
    Profile(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option => formatter.write_str("--region"),
            Self::Variable => formatter.write_str("the environment"),
            Self::Profile(name) => write!(formatter, "the profile {name}"),
        }
    }
}

/// Where credentials come from. Whether they are good is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The container that this process runs in.
    Container,
    /// The variables with the keys themselves.
    Environment,
    /// A profile.
    Profile {
        /// Its name.
        name: String,
        /// What it has: `access keys`, `a role`, ….
        kind: &'static str,
    },
    /// The token of a web identity.
    WebIdentity,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container => formatter.write_str("the container"),
            Self::Environment => formatter.write_str("the environment"),
            Self::Profile { name, kind } => write!(formatter, "the profile {name} ({kind})"),
            Self::WebIdentity => formatter.write_str("a web identity"),
        }
    }
}

/// What is wrong with what the environment and the files say.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationFault {
    /// One half of an access key without the other.
    #[error("{place} has {found} without {missing}")]
    HalfAKey {
        /// Where.
        place: Source,
        /// The half that is there.
        found: &'static str,
        /// The half that is not.
        missing: &'static str,
    },
    /// A file with a token that the SDK must not open.
    #[error("cannot read the token for AWS: {source}")]
    InvalidToken {
        /// The setting that leads to it.
        origin: TokenOrigin,
        /// The reason.
        source: Cause,
    },
    /// A file that is none of the AWS CLI's.
    #[error("{} cannot be understood: {message}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the SDK says.
        message: String,
    },
    /// Nothing has credentials.
    #[error("no credentials found")]
    NoCredentials {
        /// Whether the machine itself may have a role, which it was not asked.
        may_be_of_instance: bool,
    },
    /// A profile that is named somewhere and not there.
    #[error("there is no profile {name}")]
    NoProfile {
        /// Its name.
        name: String,
        /// The profile that needs it, if it is not the one that was asked for.
        needed_by: Option<String>,
    },
    /// Nothing names a region.
    #[error("no region is named")]
    NoRegion,
    /// A file that cannot be read.
    #[error(transparent)]
    Unreadable(FileError),
}

impl ConfigurationFault {
    /// Returns whether it is that something is not there, which does not matter to who does not use EC2.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::NoCredentials { .. } | Self::NoRegion)
    }
}

/// Returns what EC2 would be asked with, as far as that is known without asking anybody.
#[must_use]
pub fn configuration(settings: &Ec2Settings) -> Configuration {
    let mut found = Configuration::default();
    let variables = &settings.variables;
    let profiles = of_files(settings, &mut found);
    let selected = profiles.selected_profile().to_owned();
    let is_named = settings.profile.is_some() || variables.profile.is_some();
    if is_named && profiles.get_profile(&selected).is_none() {
        let fault = ConfigurationFault::NoProfile { name: selected.clone(), needed_by: None };
        found.faults.push(fault);
    }

    let region = settings.region.clone().map(|region| (region, Origin::Option));
    let region = region
        .or_else(|| Some((variables.region.clone()?, Origin::Variable)))
        .or_else(|| Some((profiles.get("region")?.to_owned(), Origin::Profile(selected))));
    found.region = region.filter(|(region, _)| !region.is_empty());
    if found.region.is_none() {
        found.faults.push(ConfigurationFault::NoRegion);
    }

    if let Err(error) = profiles::check_token_files(variables, &profiles) {
        let InvalidToken { origin, source } = error;
        found.faults.push(ConfigurationFault::InvalidToken { origin, source: source.into() });
    }
    found.credentials = credentials(settings, &profiles, &mut found.faults);
    // What is broken in one place is told, and not that there is nothing in the others.
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
) -> Option<Source> {
    let variables = &settings.variables;
    // Who names a profile means its credentials.
    if settings.profile.is_none() {
        match (variables.has_access_key_id, variables.has_secret_access_key) {
            (true, true) => return Some(Source::Environment),
            (false, false) => {}
            (has_id, _) => {
                let variables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
                faults.push(half_a_key(Source::Environment, variables, has_id));
            }
        }
    }
    if let Some(source) = of_profile(profiles, faults) {
        return Some(source);
    }
    if variables.web_identity_token_file.is_some() {
        return Some(Source::WebIdentity);
    }
    variables.has_container.then_some(Source::Container)
}

fn half_a_key(place: Source, [id, secret]: [&'static str; 2], has_id: bool) -> ConfigurationFault {
    let (found, missing) = if has_id { (id, secret) } else { (secret, id) };
    ConfigurationFault::HalfAKey { place, found, missing }
}

/// Returns what the selected profile has, which may lead to others by `source_profile`.
fn of_profile(profiles: &ProfileSet, faults: &mut Vec<ConfigurationFault>) -> Option<Source> {
    let chain = match profiles::chain(profiles) {
        Ok(chain) => chain,
        Err(Broken::Missing { name, needed_by }) => {
            let (name, needed_by) = (name.to_owned(), Some(needed_by.to_owned()));
            faults.push(ConfigurationFault::NoProfile { name, needed_by });
            return None;
        }
        Err(Broken::NotThere | Broken::Circle) => return None,
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
            let place = Source::Profile { name, kind: "access keys" };
            faults.push(half_a_key(place, ACCESS_KEYS, has_id));
            return None;
        }
    };
    Some(Source::Profile { name, kind })
}

/// Reads the files, each for itself, so that a fault is found where it is.
fn of_files(settings: &Ec2Settings, found: &mut Configuration) -> ProfileSet {
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
            Err(ProfileFileError::TooMany { path, what, most }) => {
                let message = format!("it has more than {most} {what}");
                found.faults.push(ConfigurationFault::Malformed { path, message });
                continue;
            }
        };
        if text.expose().windows(SECRET.len()).any(|window| window == SECRET) {
            found.secret_files.push(file.path.clone());
        }
        // The SDK takes plain bytes; the allocator of the program wipes what is freed.
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
    // Files that can be read one by one can be read together.
    profiles::parse(contents, selected).unwrap_or_default()
}

const SECRET: &[u8] = b"aws_secret_access_key";

#[cfg(test)]
mod tests;
