//! The profiles and other sections of both files.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::ProfileFileError;
use super::ini::Ini;
use super::section::{ProfileFile, Section, Setting};
use super::words;
use crate::file::{self, FileError};

/// The paths of the two files. `None` without a home directory, or if a variable is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfilePaths {
    /// `AWS_CONFIG_FILE`, or `~/.aws/config`.
    pub config: Option<ProfilePath>,
    /// `AWS_SHARED_CREDENTIALS_FILE`, or `~/.aws/credentials`.
    pub credentials: Option<ProfilePath>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfilePath {
    pub path: PathBuf,
    /// True if a variable contains the path.
    pub is_named: bool,
}

impl ProfilePaths {
    /// Returns the path of a file.
    #[must_use]
    pub fn of(&self, file: ProfileFile) -> Option<&ProfilePath> {
        match file {
            ProfileFile::Config => self.config.as_ref(),
            ProfileFile::Credentials => self.credentials.as_ref(),
        }
    }
}

/// The sections of both files.
#[derive(Debug, Default)]
pub struct Profiles {
    profiles: BTreeMap<String, Section>,
    /// The settings of the config file that the credentials file replaces.
    replaced: BTreeMap<String, Section>,
    sso_sessions: BTreeMap<String, Section>,
    services: BTreeMap<String, Section>,
    /// The files that could not be used, and the reasons.
    pub faults: Vec<Arc<ProfileFileError>>,
}

impl Profiles {
    /// Reads both files. A missing file has no profiles, as has one with a fault.
    #[must_use]
    pub fn read(paths: &ProfilePaths) -> Self {
        let mut profiles = Self::default();
        for file in [ProfileFile::Config, ProfileFile::Credentials] {
            let Some(ProfilePath { path, is_named }) = paths.of(file) else { continue };
            let read = file::read_regular(path, MAX_BYTES).map_err(ProfileFileError::from);
            match read.and_then(|text| profiles.add(file, path, text.expose())) {
                Ok(()) => {}
                Err(ProfileFileError::File(FileError::Io { source, .. }))
                    if !is_named && is_absence(source.kind()) => {}
                // The usual way to have no file.
                Err(ProfileFileError::File(FileError::NotAFile { path, .. }))
                    if file::canonicalize(&path)
                        .is_ok_and(|path| path == Path::new("/dev/null")) => {}
                Err(error) => profiles.faults.push(Arc::new(error)),
            }
        }
        profiles
    }

    /// Adds the sections of a file.
    fn add(&mut self, file: ProfileFile, path: &Path, text: &[u8]) -> Result<(), ProfileFileError> {
        let syntax =
            |(line, fault)| ProfileFileError::Syntax { path: path.to_owned(), line, fault };
        let sections = Ini::parse(file, text).map_err(syntax)?.sections();
        for (name, section) in sections {
            match file {
                ProfileFile::Config => self.add_section(&name, section),
                // Settings of the credentials file win.
                ProfileFile::Credentials => {
                    let profile = self.profiles.entry(name.clone()).or_default();
                    for (key, setting) in section.settings {
                        if let Some(replaced) = profile.settings.insert(key.clone(), setting) {
                            let section = self.replaced.entry(name.clone()).or_default();
                            section.settings.insert(key, replaced);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds a section of the config file. Version 2 ignores sections of other kinds and names.
    fn add_section(&mut self, header: &str, section: Section) {
        if header == DEFAULT {
            self.profiles.insert(header.to_owned(), section);
            return;
        }
        let sections = if header.starts_with("profile") {
            &mut self.profiles
        } else if header.starts_with("sso-session") {
            &mut self.sso_sessions
        } else if header.starts_with("services") {
            &mut self.services
        } else {
            return;
        };
        if let Some([_, name]) = words::split(header).as_deref() {
            sections.insert(name.clone(), section);
        }
    }

    /// Returns a profile by its name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Section> {
        self.profiles.get(name)
    }

    /// Returns a setting as one of the files has it. Version 2 does not combine an access key of one
    /// file with a secret of the other.
    #[must_use]
    pub fn setting_in(&self, file: ProfileFile, profile: &str, key: &str) -> Option<&Setting> {
        let sections = [self.profiles.get(profile), self.replaced.get(profile)];
        let mut settings = sections.into_iter().flatten().filter_map(|found| found.setting(key));
        settings.find(|setting| setting.file == file)
    }

    /// Returns the section `[sso-session NAME]`.
    #[must_use]
    pub fn sso_session(&self, name: &str) -> Option<&Section> {
        self.sso_sessions.get(name)
    }

    /// Returns the section `[services NAME]`.
    #[must_use]
    pub fn services(&self, name: &str) -> Option<&Section> {
        self.services.get(name)
    }

    /// Returns whether a file contains a secret access key.
    #[must_use]
    pub fn has_secret_key(&self, file: ProfileFile) -> bool {
        let mut keys = self.profiles.values().filter_map(|found| found.setting(SECRET_KEY));
        keys.any(|setting| setting.file == file)
    }

    /// Returns the names of the profiles in alphabetical order.
    #[cfg(test)]
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }
}

fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The name of the profile that is selected by default.
pub const DEFAULT: &str = "default";

const SECRET_KEY: &str = "aws_secret_access_key";

/// A thousand times the size of usual files.
const MAX_BYTES: usize = 16 << 20;

#[cfg(test)]
mod tests;
