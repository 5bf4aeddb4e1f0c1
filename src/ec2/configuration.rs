//! What the environment and the AWS CLI's files say, and nobody is asked.
//!
//! The order is that of the SDK's own chain
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>), the reader of the
//! files is the SDK's; the files are read here, so that nothing is waited for that is no file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use aws_config::profile::{self, Profile, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

use super::settings::Ec2Settings;
use crate::file::{self, Facts, FileError, Kind};

/// What the environment says of AWS. A variable that is empty says that, where the SDK takes it so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// Whether `AWS_ACCESS_KEY_ID` has a value.
    pub has_access_key_id: bool,
    /// Whether `AWS_SECRET_ACCESS_KEY` has a value.
    pub has_secret_access_key: bool,
    /// Whether `AWS_WEB_IDENTITY_TOKEN_FILE` is set.
    pub has_web_identity: bool,
    /// Whether `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI` is set.
    pub has_container: bool,
    /// Whether `AWS_EC2_METADATA_DISABLED` forbids to ask the machine for its role.
    pub forbids_instance_role: bool,
    /// `AWS_REGION`, or else `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_PROFILE`.
    pub profile: Option<String>,
    /// `AWS_CONFIG_FILE`.
    pub config_file: Option<PathBuf>,
    /// `AWS_SHARED_CREDENTIALS_FILE`.
    pub credentials_file: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
}

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
    /// A file that is none of the AWS CLI's.
    #[error("{} cannot be understood: {message}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the SDK says.
        message: String,
    },
    /// Nothing has credentials.
    #[error("no credentials are found")]
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
pub fn configuration(settings: &Ec2Settings, variables: &Variables) -> Configuration {
    let mut found = Configuration::default();
    let profiles = profiles(settings, variables, &mut found);
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

    found.credentials = credentials(settings, variables, &profiles, &mut found.faults);
    // What is broken in one place is told, and not that there is nothing in the others.
    if found.credentials.is_none() && found.faults.iter().all(ConfigurationFault::is_absence) {
        let may_be_of_instance = !variables.forbids_instance_role;
        found.faults.push(ConfigurationFault::NoCredentials { may_be_of_instance });
    }
    found
}

fn credentials(
    settings: &Ec2Settings,
    variables: &Variables,
    profiles: &ProfileSet,
    faults: &mut Vec<ConfigurationFault>,
) -> Option<Source> {
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
    if variables.has_web_identity {
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
    let first = profiles.selected_profile();
    let mut profile = profiles.get_profile(first)?;
    let has = |profile: &Profile, name: &str| profile.get(name).is_some();
    let source = |kind| Some(Source::Profile { name: first.to_owned(), kind });
    let is_role = has(profile, "role_arn") && !has(profile, "web_identity_token_file");
    // As many as there are profiles: beyond that they lead in a circle.
    for _ in profiles.profiles() {
        let has = |name| has(profile, name);
        if has("role_arn") && !has("web_identity_token_file") && !has("credential_source") {
            let next = profile.get("source_profile").unwrap_or_default();
            if next != profile.name() {
                let Some(found) = profiles.get_profile(next) else {
                    let needed_by = Some(profile.name().to_owned());
                    faults.push(ConfigurationFault::NoProfile { name: next.to_owned(), needed_by });
                    return None;
                };
                profile = found;
                continue;
            }
        }
        let keys = ["aws_access_key_id", "aws_secret_access_key"];
        return match keys.map(has) {
            _ if is_role => source("a role"),
            _ if has("credential_source") => source("a role"),
            _ if has("web_identity_token_file") => source("a web identity"),
            _ if has("sso_session") || has("sso_start_url") => source("SSO"),
            _ if has("login_session") => source("a login"),
            _ if has("credential_process") => source("a program"),
            [true, true] => source("access keys"),
            [false, false] => None,
            [has_id, _] => {
                let name = profile.name().to_owned();
                let place = Source::Profile { name, kind: "access keys" };
                faults.push(half_a_key(place, keys, has_id));
                None
            }
        };
    }
    None
}

/// Reads the files, each for itself, so that a fault is found where it is.
fn profiles(
    settings: &Ec2Settings,
    variables: &Variables,
    found: &mut Configuration,
) -> ProfileSet {
    let selected = settings.profile.clone().or_else(|| variables.profile.clone());
    let selected = selected.unwrap_or_else(|| "default".to_owned());
    let mut contents = HashMap::new();
    let named = [
        (CONFIG, &variables.config_file, ".aws/config"),
        (CREDENTIALS, &variables.credentials_file, ".aws/credentials"),
    ];
    for (variable, given, usual) in named {
        let home = variables.home.as_deref();
        let path = match given {
            Some(path) => Some(expanded(path, home)),
            None => home.map(|home| home.join(usual)),
        };
        let Some(path) = path else { continue };
        let text = match read(&path) {
            Ok(text) => text,
            Err(FileError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound && given.is_none() =>
            {
                continue;
            }
            Err(error) => {
                found.faults.push(ConfigurationFault::Unreadable(error));
                continue;
            }
        };
        if text.windows(SECRET.len()).any(|window| window == SECRET) {
            found.secret_files.push(path.clone());
        }
        let one = HashMap::from([(OsString::from(variable), text)]);
        match parse(one.clone(), &selected) {
            Ok(_) => contents.extend(one),
            Err(message) => found.faults.push(ConfigurationFault::Malformed { path, message }),
        }
    }
    // What can be read for itself can be read together.
    parse(contents, &selected).unwrap_or_default()
}

/// The SDK takes plain bytes, and copies them; the allocator of the program wipes what is freed.
fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let path = file::resolved(path)?;
    if let Some(Facts { kind: Kind::Other(found), .. }) = Facts::of(&path)? {
        return Err(FileError::NotAFile { path, found });
    }
    Ok(file::read(&path, MOST_BYTES)?.expose().to_vec())
}

/// Returns the profiles in files that bear the names of the variables which name them.
fn parse(contents: HashMap<OsString, Vec<u8>>, selected: &str) -> Result<ProfileSet, String> {
    if contents.values().any(|text| std::str::from_utf8(text).is_err()) {
        return Err("it is not UTF-8".to_owned());
    }
    let environment = Env::from_slice(&[(CONFIG, CONFIG), (CREDENTIALS, CREDENTIALS)]);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let selected = Some(Cow::Owned(selected.to_owned()));
    let files = Fs::from_raw_map(contents);
    let usual = Default::default();
    let loaded = runtime.block_on(profile::load(&files, &environment, &usual, selected));
    loaded.map_err(|error| {
        // The SDK's own name for the file is one of those above.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let text = cause.to_string();
        let text = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason);
        text.chars().take(MOST_CHARACTERS).collect()
    })
}

fn expanded(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(below), Some(home)) => home.join(below),
        _ => path.to_owned(),
    }
}

const CONFIG: &str = "AWS_CONFIG_FILE";
const CREDENTIALS: &str = "AWS_SHARED_CREDENTIALS_FILE";
const SECRET: &[u8] = b"aws_secret_access_key";
const MOST_BYTES: usize = 1 << 20;
const MOST_CHARACTERS: usize = 160;

#[cfg(test)]
mod tests;
