//! The settings that lead to credentials.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::source::Keys;
use super::time;
use super::variables::CredentialVariables;
use crate::ec2::settings::credential_fault;
use crate::ec2::url::shown_url;
use crate::profile::{ProfilePaths, Profiles, Section, Setting};
use crate::registry::{CredentialFault, Place};

pub(super) type PlanResult<T> = Result<T, CredentialFault>;

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
