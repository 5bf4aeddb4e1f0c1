//! Reads the files of the AWS CLI and their profiles.
//!
//! The SDK would open pipes and devices and read them to the end. This module reads regular files
//! only and passes their contents to the SDK.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use aws_config::profile::{self, Profile, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};
use sha1::{Digest, Sha1};

use super::document::{self, Fault};
use super::server_text;
use super::settings::{Ec2Settings, Variables};
use crate::file::{self, FileError};
use crate::registry::TokenOrigin;
use crate::secret::Secret;

/// A file with profiles.
pub(super) struct ProfileFile {
    pub(super) kind: ProfileFileKind,
    pub(super) path: PathBuf,
    /// True if a variable contains the path.
    pub(super) is_named: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProfileFileKind {
    Config,
    Credentials,
}

impl ProfileFileKind {
    /// Returns the variable with the path.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Config => "AWS_CONFIG_FILE",
            Self::Credentials => "AWS_SHARED_CREDENTIALS_FILE",
        }
    }
}

impl ProfileFile {
    /// Returns the paths of the two files.
    pub(super) fn all(variables: &Variables) -> Vec<Self> {
        let Variables { config_file, credentials_file, home, .. } = variables;
        let home = home.as_deref();
        let named = [
            (ProfileFileKind::Config, config_file, ".aws/config"),
            (ProfileFileKind::Credentials, credentials_file, ".aws/credentials"),
        ];
        let files = named.into_iter().filter_map(|(kind, named, usual)| {
            let path = match named {
                Some(path) => expanded(path, home),
                None => home?.join(usual),
            };
            Some(Self { kind, path, is_named: named.is_some() })
        });
        files.collect()
    }

    pub(super) fn read(&self) -> Result<Secret, ProfileFileError> {
        let contents = file::read_regular(&self.path, MAX_BYTES)?;
        let too_many =
            |unit, max| Err(ProfileFileError::TooMany { path: self.path.clone(), unit, max });
        match count(contents.expose()) {
            (sections, _) if sections > MAX_SECTIONS => too_many("sections", MAX_SECTIONS),
            (_, properties) if properties > MAX_PROPERTIES => too_many("lines", MAX_PROPERTIES),
            _ => Ok(contents),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ProfileFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{} has more than {max} {unit}", .path.display())]
    TooMany { path: PathBuf, unit: &'static str, max: usize },
}

/// Returns the numbers of sections and other lines that the SDK would keep. Each takes much more
/// memory than its bytes.
fn count(text: &[u8]) -> (usize, usize) {
    let lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    lines.fold((0, 0), |(sections, others), line| match line.first() {
        None | Some(b'#' | b';') => (sections, others),
        Some(b'[') => (sections + 1, others),
        Some(_) => (sections, others + 1),
    })
}

fn expanded(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(below), Some(home)) => home.join(below),
        _ => path.to_owned(),
    }
}

/// Reads the files for the SDK. A file that cannot be opened counts as empty.
pub(super) fn read_files(variables: &Variables) -> Result<EnvConfigFiles, ProfileFileError> {
    // The builder panics without files.
    let mut files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, "");
    for file in ProfileFile::all(variables) {
        let kind = match file.kind {
            ProfileFileKind::Config => EnvConfigFileKind::Config,
            ProfileFileKind::Credentials => EnvConfigFileKind::Credentials,
        };
        match file.read() {
            Ok(contents) => {
                // The SDK takes a `String`. The program's allocator wipes it after use.
                let text = std::str::from_utf8(contents.expose()).unwrap_or_default();
                files = files.with_contents(kind, text);
            }
            Err(ProfileFileError::File(FileError::Io { .. })) => {}
            // The usual way to have no file.
            Err(ProfileFileError::File(FileError::NotAFile { path, .. }))
                if file::canonicalize(&path).is_ok_and(|path| path == Path::new("/dev/null")) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files.build())
}

/// Returns the name of the selected profile.
pub(super) fn selected(settings: &Ec2Settings) -> String {
    let selected = settings.profile.clone().or_else(|| settings.variables.profile.clone());
    selected.unwrap_or_else(|| "default".to_owned())
}

/// Parses the profiles of the files. A file that the SDK cannot parse has no profiles.
pub(super) fn parse_files(files: &EnvConfigFiles, selected: String) -> ProfileSet {
    load(&Fs::from_raw_map(HashMap::new()), &Env::from_slice(&[]), files, selected)
        .unwrap_or_default()
}

/// Parses the contents of files by their variables.
pub(super) fn parse(
    contents: HashMap<OsString, Vec<u8>>,
    selected: String,
) -> Result<ProfileSet, String> {
    if contents.values().any(|text| std::str::from_utf8(text).is_err()) {
        return Err("it is not UTF-8".to_owned());
    }
    let variables = [ProfileFileKind::Config, ProfileFileKind::Credentials]
        .map(|kind| (kind.variable(), kind.variable()));
    let files = Fs::from_raw_map(contents);
    load(&files, &Env::from_slice(&variables), &EnvConfigFiles::default(), selected)
}

fn load(
    file_system: &Fs,
    environment: &Env,
    files: &EnvConfigFiles,
    selected: String,
) -> Result<ProfileSet, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let selected = Some(Cow::Owned(selected));
    let loaded = runtime.block_on(profile::load(file_system, environment, files, selected));
    loaded.map_err(|error| {
        // The SDK names the file by its variable.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let text = cause.to_string();
        let text = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason);
        server_text::words(text, MAX_CHARACTERS)
    })
}

/// The roles that a profile assumes, in reverse order of assumption, and the profile with the base
/// credentials.
pub(super) struct Chain<'a> {
    pub(super) roles: Vec<Role<'a>>,
    pub(super) base: &'a Profile,
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
pub(super) fn chain(profiles: &ProfileSet) -> Result<Chain<'_>, BrokenChain<'_>> {
    let mut base =
        profiles.get_profile(profiles.selected_profile()).ok_or(BrokenChain::UnknownProfile)?;
    let mut roles = Vec::new();
    // More steps than profiles form a cycle.
    for step in 0..=profiles.profiles().count() {
        let get = |name| base.get(name);
        let has_keys = ACCESS_KEYS.iter().all(|name| get(name).is_some());
        let role = get("role_arn").filter(|_| get("web_identity_token_file").is_none());
        let is_source = step > 0;
        let Some(arn) = role.filter(|_| !(is_source && has_keys)) else {
            return Ok(Chain { roles, base, is_source });
        };
        let (external_id, session_name) = (get("external_id"), get("role_session_name"));
        roles.push(Role { arn, external_id, session_name });
        let next = get("source_profile").unwrap_or_default();
        if get("credential_source").is_some() || next == base.name() {
            return Ok(Chain { roles, base, is_source });
        }
        let needed_by = base.name();
        base = profiles
            .get_profile(next)
            .ok_or(BrokenChain::UnknownSource { name: next, needed_by })?;
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
    profiles: &ProfileSet,
) -> Result<(), InvalidToken> {
    let variable = |name: &str| TokenOrigin::Setting(name.to_owned());
    let mut files = vec![
        (variables.web_identity_token_file.clone(), variable("AWS_WEB_IDENTITY_TOKEN_FILE")),
        (
            variables.container_token_file.clone(),
            variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        ),
    ];
    if let Ok(Chain { base, .. }) = chain(profiles) {
        let (key, profile) = ("web_identity_token_file", base.name().to_owned());
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
pub(super) fn sso_token_file(variables: &Variables, profile: &Profile) -> Option<PathBuf> {
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

/// A thousand times the size of usual files.
const MAX_BYTES: usize = 16 << 20;
/// More than the number of accounts in the largest organization.
const MAX_SECTIONS: usize = 50_000;
const MAX_PROPERTIES: usize = 200_000;
pub(super) const MAX_TOKEN: usize = 1 << 20;
const MAX_CHARACTERS: usize = 160;
