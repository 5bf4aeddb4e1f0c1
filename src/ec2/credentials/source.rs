//! The sources of credentials, each with everything that it needs.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::error::{MAX_TOKEN, TokenFile};
use crate::ec2::settings::VariableUrl;
use crate::ec2::url::{shown_url, without_query};
use crate::file::{self, FileError};
use crate::registry::{CredentialSource, TokenOrigin};

/// A source of credentials with everything that it needs.
#[derive(Debug)]
pub(in crate::ec2) enum Source {
    Container(Container),
    Environment(Keys),
    Instance(Instance),
    /// A file of `AWS_CREDENTIAL_FILE` or of boto.
    KeyFile {
        path: PathBuf,
        keys: Keys,
    },
    Keys {
        profile: String,
        keys: Keys,
    },
    Login {
        profile: String,
        /// The cached token.
        token: PathBuf,
    },
    Process {
        profile: String,
        command: Zeroizing<String>,
    },
    Role(Role),
    Sso(Sso),
    WebIdentity(WebIdentity),
}

impl Source {
    /// Returns the URL of the container or instance.
    pub(in crate::ec2) fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Container(container) => Some(&container.url),
            Self::Instance(instance) => Some(&instance.url),
            Self::Role(role) => role.source.endpoint(),
            _ => None,
        }
    }

    /// Checks that the file with a token is a regular file, if it exists.
    pub(in crate::ec2) fn check_token(&self) -> Result<(), TokenFile> {
        let (path, origin) = match self {
            Self::Role(role) => return role.source.check_token(),
            Self::Sso(Sso { token: Some(path), profile, .. }) => {
                (path, TokenOrigin::SsoCache { profile: profile.clone() })
            }
            Self::WebIdentity(identity) => (&identity.token, identity.origin.clone()),
            _ => return Ok(()),
        };
        match file::check_regular(path, MAX_TOKEN) {
            Ok(()) | Err(FileError::Io { .. }) => Ok(()),
            Err(source) => Err(TokenFile { origin, source }),
        }
    }

    /// Returns the source for error messages.
    pub(in crate::ec2) fn name(&self) -> CredentialSource {
        match self {
            Self::Container(container) => {
                CredentialSource::Container { url: Some(without_query(&container.url)) }
            }
            Self::Environment(_) => CredentialSource::Environment,
            Self::Instance(instance) => {
                CredentialSource::Instance { url: Some(shown_url(&instance.url)) }
            }
            Self::KeyFile { path, .. } => CredentialSource::File { path: path.clone() },
            Self::Keys { profile, .. } => CredentialSource::Profile { name: profile.clone() },
            Self::Login { profile, .. } => CredentialSource::Login { profile: profile.clone() },
            Self::Process { profile, .. } => CredentialSource::Process { profile: profile.clone() },
            Self::Role(role) => CredentialSource::Role {
                arn: role.arn.clone(),
                profile: Some(role.profile.clone()),
            },
            Self::Sso(sso) => CredentialSource::Sso { profile: sso.profile.clone() },
            Self::WebIdentity(identity) => CredentialSource::Role {
                arn: identity.arn.clone(),
                profile: identity.profile.clone(),
            },
        }
    }
}

/// An access key and its session token.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::ec2) struct Keys {
    pub(super) id: Zeroizing<String>,
    pub(super) secret: Zeroizing<String>,
    pub(super) token: Option<Zeroizing<String>>,
    pub(super) expiry: Option<SystemTime>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// The endpoint of a container.
#[derive(Debug)]
pub(in crate::ec2) struct Container {
    /// It may contain a token.
    pub(super) url: VariableUrl,
    pub(super) token: ContainerToken,
}

/// The `Authorization` of the requests to a container endpoint.
pub(super) enum ContainerToken {
    File(PathBuf),
    None,
    Value(Zeroizing<String>),
}

impl std::fmt::Debug for ContainerToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ContainerToken").finish_non_exhaustive()
    }
}

/// The endpoint of an instance.
#[derive(Debug)]
pub(in crate::ec2) struct Instance {
    pub(super) url: String,
    pub(super) attempts: u32,
    pub(super) timeout: Duration,
    /// Requests without a token (version 1 of the protocol) are not allowed.
    pub(super) needs_token: bool,
}

/// A role that a profile assumes.
#[derive(Debug)]
pub(in crate::ec2) struct Role {
    pub(super) arn: String,
    pub(super) profile: String,
    pub(super) duration_seconds: Option<i32>,
    pub(super) external_id: Option<String>,
    /// The device with the code.
    pub(super) mfa_serial: Option<String>,
    pub(super) session_name: Option<String>,
    /// The credentials that assume the role.
    pub(super) source: Box<Source>,
}

/// A role that is assumed with a token from a file.
#[derive(Debug)]
pub(in crate::ec2) struct WebIdentity {
    pub(super) arn: String,
    /// `None` for a role in the environment.
    pub(super) profile: Option<String>,
    pub(super) session_name: Option<String>,
    pub(super) token: PathBuf,
    pub(super) origin: TokenOrigin,
}

impl WebIdentity {
    pub(in crate::ec2) fn is_of_profile(&self) -> bool {
        self.profile.is_some()
    }
}

/// A role of IAM Identity Center.
#[derive(Debug)]
pub(in crate::ec2) struct Sso {
    pub(super) profile: String,
    /// The name of the section `[sso-session NAME]`. Older profiles have none, and their tokens
    /// cannot be refreshed.
    pub(super) session: Option<String>,
    pub(super) account_id: String,
    pub(super) role_name: String,
    pub(super) start_url: String,
    pub(super) region: String,
    /// The cached token. `None` without a home directory.
    pub(super) token: Option<PathBuf>,
}
