//! The faults in the settings of credentials, worded as in version 2 of the AWS CLI.

use std::fmt;
use std::path::PathBuf;

/// The place of a setting in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    /// Starts at 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, line {}", self.path.display(), self.line)
    }
}

/// The reason why the settings lead to no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFault {
    #[error(
        "The profile \"{profile}\" contains both source_profile and credential_source ({place})"
    )]
    BothSources { profile: String, place: Place },
    #[error(
        "The value for {key} is inconsistent between profile ({in_profile}) and sso-session \
         ({in_session}) ({place})"
    )]
    InconsistentSso { key: String, in_profile: String, in_session: String, place: Place },
    #[error("invalid value for {name}: {fault}")]
    InvalidKey {
        /// A variable, or a key with its profile.
        name: String,
        /// For example `contains a line break`; never the value.
        fault: &'static str,
    },
    #[error(
        "The credential source \"{source_name}\" referenced in profile \"{profile}\" is not valid \
         ({place})"
    )]
    InvalidSource { source_name: String, profile: String, place: Place },
    #[error("invalid value for {name}: `{value}`; expected {expected}")]
    InvalidValue {
        /// A variable, or a key with its profile.
        name: String,
        value: String,
        expected: &'static str,
    },
    #[error(
        "Infinite loop in credential configuration detected. Attempting to load from profile \
         {name} which has already been visited. Visited profiles: {} ({place})",
        .visited.join(", ")
    )]
    Loop { name: String, visited: Vec<String>, place: Place },
    /// `credential_source = Environment`, or a container, without its variables.
    #[error(
        "Error when retrieving credentials from {source_name}: No credentials found in \
         credential_source referenced in profile {profile}"
    )]
    NoneInSource { source_name: &'static str, profile: String },
    #[error("The source profile \"{profile}\" must have credentials ({place})")]
    NoneInSourceProfile {
        profile: String,
        /// The place of `source_profile`.
        place: Place,
    },
    #[error(
        "{place} is configured to assume role with web identity but has no role ARN configured"
    )]
    NoRoleArn {
        /// A variable, or a key with its profile.
        place: String,
    },
    #[error(
        "The source_profile \"{name}\" referenced in the profile \"{needed_by}\" does not exist \
         ({place})"
    )]
    NoSourceProfile { name: String, needed_by: String, place: Place },
    #[error("The specified sso-session does not exist: \"{session}\" ({place})")]
    NoSsoSession { session: String, place: Place },
    #[error("Partial credentials found in {provider}, missing: {missing}{}", at(.place))]
    Partial {
        /// The AWS CLI's name of the source, for example `env`.
        provider: &'static str,
        missing: &'static str,
        /// The place of the other key, unless it is a variable.
        place: Option<Place>,
    },
    #[error(
        "The profile \"{profile}\" is configured to use SSO but is missing required \
         configuration: {} ({place})",
        .missing.join(", ")
    )]
    PartialSso { profile: String, missing: Vec<&'static str>, place: Place },
    #[error("cannot read the credentials in {name}: {reason}")]
    UnreadableFile {
        /// A variable or a path.
        name: String,
        reason: String,
    },
    #[error(
        "Unsupported host '{host}'. Can only retrieve metadata from a loopback address or one of \
         these hosts: 169.254.170.2, 169.254.170.23, fd00:ec2::23, localhost: {url}"
    )]
    UnsupportedHost { host: String, url: String },
}

fn at(place: &Option<Place>) -> String {
    place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default()
}
