//! The sources of credentials.

use std::fmt;
use std::path::PathBuf;

/// The setting that leads to a file with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOrigin {
    /// A variable, or a key with its profile.
    Setting(String),
    /// The cache of the AWS CLI for the single sign-on session of a profile.
    SsoCache { profile: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// The container endpoint. The URL is set after a request.
    Container { url: Option<String> },
    /// The environment variables with the keys.
    Environment,
    /// A file of an older tool with keys.
    File { path: PathBuf },
    /// The instance metadata service. The URL is set after a request.
    Instance { url: Option<String> },
    /// The session of `aws login`.
    Login { profile: String },
    /// The `credential_process` of a profile.
    Process { profile: String },
    /// A profile with any other source.
    Profile { name: String },
    /// A role of the Security Token Service. The profile is `None` for a role in the environment.
    Role { arn: String, profile: Option<String> },
    /// The single sign-on session of a profile.
    Sso { profile: String },
}

impl CredentialSource {
    /// Returns the verb of an error message.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Role { .. } => "assume",
            _ => "get credentials from",
        }
    }
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = |formatter: &mut fmt::Formatter<'_>, name: &str, url: &Option<String>| {
            formatter.write_str(name)?;
            url.as_ref().map_or(Ok(()), |url| write!(formatter, " {url}"))
        };
        match self {
            Self::Container { url } => with(formatter, "the container endpoint", url),
            Self::Environment => formatter.write_str("the environment"),
            Self::Instance { url } => with(formatter, "the instance metadata service", url),
            Self::File { path } => write!(formatter, "{}", path.display()),
            Self::Login { profile } => {
                write!(formatter, "the login session of the profile `{profile}`")
            }
            Self::Process { profile } => {
                write!(formatter, "credential_process of the profile `{profile}`")
            }
            Self::Profile { name } => write!(formatter, "the profile `{name}`"),
            Self::Role { arn, profile: None } => write!(formatter, "the role {arn}"),
            Self::Role { arn, profile: Some(profile) } => {
                write!(formatter, "the role {arn} of the profile `{profile}`")
            }
            Self::Sso { profile } => {
                write!(formatter, "the SSO session of the profile `{profile}`")
            }
        }
    }
}
