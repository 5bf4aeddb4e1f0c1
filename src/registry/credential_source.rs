//! Where credentials come from.

use std::fmt;

/// A source of credentials that was used, or was to be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// The endpoint that gives credentials to a container.
    Container {
        /// Its URL, if one was requested.
        url: Option<String>,
    },
    /// The environment variables with the keys.
    Environment,
    /// The instance metadata service.
    Instance {
        /// The URL, if one was requested.
        url: Option<String>,
    },
    /// The `credential_process` of a profile.
    Process {
        /// The profile.
        profile: String,
    },
    /// A profile with anything else.
    Profile {
        /// Its name.
        name: String,
    },
    /// A role, assumed at the Security Token Service.
    Role {
        /// Its Amazon Resource Name.
        arn: String,
        /// The profile that leads to it, if it is not the environment.
        profile: Option<String>,
    },
    /// The single sign-on session of a profile.
    Sso {
        /// The profile.
        profile: String,
    },
    /// The web identity token that the environment names.
    WebIdentity,
}

impl CredentialSource {
    /// Returns what is done to get credentials: `get credentials from`.
    #[must_use]
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
            Self::WebIdentity => formatter.write_str("the web identity token"),
        }
    }
}
