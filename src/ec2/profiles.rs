//! Follows the profiles that lead to credentials, and checks the files with tokens.

use std::fmt::Write;
use std::path::PathBuf;

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use sha1::{Digest, Sha1};

use super::document::{self, Fault};
use super::settings::Variables;
use crate::file::{self, FileError};
use crate::profile::{Profiles, Section, SelectedProfile};
use crate::registry::TokenOrigin;

/// Writes the profiles for the SDK's parser.
pub(super) fn for_sdk(profiles: &Profiles) -> EnvConfigFiles {
    let mut text = String::new();
    let all = profiles.names().filter_map(|name| Some(("profile", name, profiles.profile(name)?)));
    for (kind, name, section) in all.chain(profiles.shared()) {
        _ = writeln!(text, "[{kind} {name}]");
        for (key, setting) in section.settings() {
            _ = writeln!(text, "{key} = {}", setting.value().replace('\n', "\n  "));
        }
    }
    EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, text).build()
}

/// The roles that a profile assumes, in reverse order of assumption, and the profile with the base
/// credentials.
pub(super) struct Chain<'a> {
    pub(super) roles: Vec<Role<'a>>,
    pub(super) base: &'a Section,
    /// The name of the base.
    pub(super) name: &'a str,
    /// True if `source_profile` led to the base.
    is_source: bool,
}

pub(super) struct Role<'a> {
    pub(super) arn: &'a str,
    pub(super) external_id: Option<&'a str>,
    pub(super) session_name: Option<&'a str>,
}

/// A chain without a base.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BrokenChain<'a> {
    UnknownProfile,
    UnknownSource { name: &'a str, needed_by: &'a str },
    Cycle,
}

/// Follows `source_profile` from the selected profile, as the SDK does.
pub(super) fn chain(selected: &SelectedProfile) -> Result<Chain<'_>, BrokenChain<'_>> {
    let mut name = selected.name();
    let mut base = selected.section().ok_or(BrokenChain::UnknownProfile)?;
    let mut roles = Vec::new();
    // More steps than profiles form a cycle.
    for step in 0..=selected.all().names().count() {
        let get = |name| base.get(name);
        let has_keys = ACCESS_KEYS.iter().all(|name| get(name).is_some());
        let role = get("role_arn").filter(|_| get("web_identity_token_file").is_none());
        let is_source = step > 0;
        let Some(arn) = role.filter(|_| !(is_source && has_keys)) else {
            return Ok(Chain { roles, base, name, is_source });
        };
        let (external_id, session_name) = (get("external_id"), get("role_session_name"));
        roles.push(Role { arn, external_id, session_name });
        let next = get("source_profile").unwrap_or_default();
        if get("credential_source").is_some() || next == name {
            return Ok(Chain { roles, base, name, is_source });
        }
        let unknown = BrokenChain::UnknownSource { name: next, needed_by: name };
        base = selected.all().profile(next).ok_or(unknown)?;
        name = next;
    }
    Err(BrokenChain::Cycle)
}

impl Chain<'_> {
    /// Returns the credential program, unless the profile has a source that the SDK prefers.
    pub(super) fn credential_process(&self) -> Option<&str> {
        let is_preferred = |name: &&str| self.base.get(name).is_some();
        let has_keys = ACCESS_KEYS.iter().all(|name| self.base.get(name).is_some());
        let process = self.base.get("credential_process")?;
        let is_other = PREFERRED.iter().any(is_preferred) || (self.is_source && has_keys);
        (!is_other).then_some(process)
    }
}

/// A file with a token that the SDK must not open.
#[derive(Debug)]
pub(super) struct InvalidToken {
    pub(super) origin: TokenOrigin,
    pub(super) source: TokenFileError,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum TokenFileError {
    #[error(transparent)]
    File(FileError),
    #[error("{} is nested too deeply", .path.display())]
    TooDeep { path: PathBuf },
}

/// Checks that the files with tokens are regular and small, and that the SDK can parse a cached
/// token.
pub(super) fn check_token_files(
    variables: &Variables,
    selected: &SelectedProfile,
) -> Result<(), InvalidToken> {
    let variable = |name: &str| TokenOrigin::Setting(name.to_owned());
    let mut files = vec![
        (variables.web_identity_token_file.clone(), variable("AWS_WEB_IDENTITY_TOKEN_FILE")),
        (
            variables.container_token_file.clone(),
            variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        ),
    ];
    if let Ok(Chain { base, name, .. }) = chain(selected) {
        let (key, profile) = ("web_identity_token_file", name.to_owned());
        let setting = TokenOrigin::Setting(format!("{key} in the profile {profile}"));
        files.push((base.get(key).map(PathBuf::from), setting));
        files.push((sso_token_file(variables, base), TokenOrigin::SsoCache { profile }));
    }
    for (path, origin) in files {
        let checked = path.map_or(Ok(()), |path| check_token_file(path, &origin));
        checked.map_err(|source| InvalidToken { origin, source })?;
    }
    Ok(())
}

fn check_token_file(path: PathBuf, origin: &TokenOrigin) -> Result<(), TokenFileError> {
    let contents = match origin {
        TokenOrigin::Setting(_) => file::check_regular(&path, MAX_TOKEN).map(|()| None),
        TokenOrigin::SsoCache { .. } => file::read_regular(&path, MAX_TOKEN).map(Some),
    };
    match contents {
        Ok(Some(text)) if document::check_json(text.expose()) == Err(Fault::TooDeep) => {
            Err(TokenFileError::TooDeep { path })
        }
        // The SDK reports a missing or malformed file if it needs the token.
        Ok(_) | Err(FileError::Io { .. }) => Ok(()),
        Err(error) => Err(TokenFileError::File(error)),
    }
}

/// Returns the AWS CLI's cache file for the token of an SSO session.
pub(super) fn sso_token_file(variables: &Variables, profile: &Section) -> Option<PathBuf> {
    let session = profile.get("sso_session").or_else(|| profile.get("sso_start_url"))?;
    let hash = Sha1::digest(session.as_bytes());
    let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let home = variables.home.as_deref()?;
    Some(home.join(".aws/sso/cache").join(name).with_extension("json"))
}

/// The sources in a profile that win over its program.
const PREFERRED: [&str; 8] = [
    "credential_source",
    "web_identity_token_file",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_start_url",
    "sso_session",
    "login_session",
];

pub(super) const ACCESS_KEYS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];

pub(super) const MAX_TOKEN: usize = 1 << 20;
