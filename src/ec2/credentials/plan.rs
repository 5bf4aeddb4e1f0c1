//! The plan: the source of credentials that the settings lead to, without any request.
//!
//! The order is that of version 2 of the AWS CLI, in `create_credential_resolver` of botocore.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::cache::MAX_TOKEN;
use super::error::TokenFile;
use super::sso::Sso;
use super::variables::CredentialVariables;
use super::{key_file, metadata, role, sso, time};
use crate::ec2::settings::{credential_fault, shown_url};
use crate::file::{self, FileError};
use crate::profile::{ProfileFile, ProfilePaths, Profiles, Section, Setting};
use crate::registry::{CredentialFault, CredentialSource, Place, TokenOrigin};

/// The settings that lead to credentials.
#[derive(Clone, Copy)]
pub(in crate::ec2) struct PlanSettings<'a> {
    pub(in crate::ec2) profiles: &'a Profiles,
    pub(in crate::ec2) paths: &'a ProfilePaths,
    pub(in crate::ec2) variables: &'a CredentialVariables,
    /// The selected profile, which may not exist.
    pub(in crate::ec2) profile: &'a str,
    /// The profile was selected by `--profile`, which wins over keys in the environment.
    pub(in crate::ec2) is_explicit: bool,
    pub(in crate::ec2) home: Option<&'a Path>,
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

/// A source of credentials with everything that it needs.
#[derive(Debug)]
pub(in crate::ec2) enum Source {
    Container(metadata::Container),
    Environment(Keys),
    Instance(metadata::Instance),
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
    Role(role::Role),
    Sso(Sso),
    WebIdentity(role::WebIdentity),
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
                CredentialSource::Container { url: container.shown_url() }
            }
            Self::Environment(_) => CredentialSource::Environment,
            Self::Instance(instance) => CredentialSource::Instance { url: instance.shown_url() },
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

pub(super) type PlanResult<T> = Result<T, CredentialFault>;

/// Finds the source, or returns `None` if nothing is configured.
pub(in crate::ec2) fn plan(settings: &PlanSettings<'_>) -> PlanResult<Option<Source>> {
    // Version 2 checks these settings even if it does not ask the instance.
    let instance = metadata::Instance::of(settings)?;
    if !settings.is_explicit
        && let Some(keys) = environment(settings.variables)?
    {
        return Ok(Some(Source::Environment(keys)));
    }
    if let Some(role) = role::of_profile(settings)? {
        return Ok(Some(Source::Role(role)));
    }
    if let Some(source) = settings.source_of_profile(settings.profile, !settings.is_explicit)? {
        return Ok(Some(source));
    }
    if let Some((path, keys)) = key_file::find(settings)? {
        return Ok(Some(Source::KeyFile { path, keys }));
    }
    if let Some(container) = metadata::Container::of(settings.variables)? {
        return Ok(Some(Source::Container(container)));
    }
    Ok(instance.map(Source::Instance))
}

/// Returns the keys in the environment. A secret without an access key ID counts as unset.
pub(super) fn environment(variables: &CredentialVariables) -> PlanResult<Option<Keys>> {
    let [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let Some(given) = variables.get(id) else { return Ok(None) };
    let key = |name: &str| checked(name.to_owned(), variables.get(name));
    let partial = || CredentialFault::Partial { provider: "env", missing: secret, place: None };
    let given = checked(id.to_owned(), Some(given))?;
    let secret = key(secret)?.ok_or_else(partial)?;
    let token = match key("AWS_SECURITY_TOKEN")? {
        None => key("AWS_SESSION_TOKEN")?,
        token => token,
    };
    let name = "AWS_CREDENTIAL_EXPIRATION";
    let expiry = variables.get(name).map(|text| {
        time::parse(text).ok_or_else(|| CredentialFault::InvalidValue {
            name: name.to_owned(),
            value: shown_url(text),
            expected: "a time, for example 2026-01-31T12:00:00Z",
        })
    });
    let expiry = expiry.transpose()?;
    Ok(given.map(|id| Keys { id, secret, token, expiry }))
}

/// Copies a credential that a request can carry.
pub(super) fn checked(name: String, value: Option<&str>) -> PlanResult<Option<Zeroizing<String>>> {
    match value.and_then(credential_fault) {
        Some(fault) => Err(CredentialFault::InvalidKey { name, fault }),
        None => Ok(value.map(|value| Zeroizing::new(value.to_owned()))),
    }
}

impl<'a> PlanSettings<'a> {
    pub(super) fn section(&self, profile: &str) -> Option<&'a Section> {
        self.profiles.profile(profile)
    }

    pub(super) fn place(&self, setting: &Setting) -> Place {
        let path = self.paths.of(setting.file).map(|file| file.path.clone()).unwrap_or_default();
        Place { path, line: setting.line }
    }

    /// Returns a path with `~` replaced by the home directory.
    pub(super) fn expanded(&self, path: &str) -> PathBuf {
        match (Path::new(path).strip_prefix("~"), self.home) {
            (Ok(below), Some(home)) => home.join(below),
            _ => path.into(),
        }
    }

    /// Returns the source of a profile that assumes no role.
    pub(super) fn source_of_profile(
        &self,
        profile: &str,
        takes_environment: bool,
    ) -> PlanResult<Option<Source>> {
        if let Some(identity) = role::web_identity(self, profile, takes_environment)? {
            return Ok(Some(Source::WebIdentity(identity)));
        }
        let Some(section) = self.section(profile) else { return Ok(None) };
        let name = || profile.to_owned();
        if let Some(sso) = sso::of_profile(self, profile, section)? {
            return Ok(Some(Source::Sso(sso)));
        }
        if let Some(keys) = self.keys(ProfileFile::Credentials, profile)? {
            return Ok(Some(Source::Keys { profile: name(), keys }));
        }
        if let Some(session) = section.get("login_session") {
            let token = super::login::token_file(self, session);
            return Ok(Some(Source::Login { profile: name(), token }));
        }
        if let Some(command) = section.get("credential_process") {
            let command = Zeroizing::new(command.to_owned());
            return Ok(Some(Source::Process { profile: name(), command }));
        }
        let keys = self.keys(ProfileFile::Config, profile)?;
        Ok(keys.map(|keys| Source::Keys { profile: name(), keys }))
    }

    /// Returns the keys of a profile in one of the files.
    fn keys(&self, file: ProfileFile, profile: &str) -> PlanResult<Option<Keys>> {
        let setting = |key: &str| self.profiles.setting_in(file, profile, key);
        let value = |key: &str| {
            let name = format!("{key} in the profile {profile}");
            checked(name, setting(key).map(Setting::value))
        };
        let Some(id) = setting("aws_access_key_id") else { return Ok(None) };
        let partial = || CredentialFault::Partial {
            provider: match file {
                ProfileFile::Config => "config-file",
                ProfileFile::Credentials => "shared-credentials-file",
            },
            missing: "aws_secret_access_key",
            place: Some(self.place(id)),
        };
        let secret = value("aws_secret_access_key")?.ok_or_else(partial)?;
        let token = match value("aws_security_token")? {
            None => value("aws_session_token")?,
            token => token,
        };
        let token = token.filter(|token| !token.is_empty());
        Ok(value("aws_access_key_id")?.map(|id| Keys { id, secret, token, expiry: None }))
    }
}

#[cfg(test)]
mod tests;
