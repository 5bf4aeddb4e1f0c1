//! The profiles in the config and credentials files of the AWS CLI, as its version 2 reads them.
//!
//! Version 2 parses both files with Python's `configparser`. It splits the names of sections in the
//! config file like a shell, and merges the credentials file into the profiles
//! (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html>). A pipe or a device
//! is refused: reading it could block or never end.

mod error;
mod ini;
mod words;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

pub use error::{ProfileFileError, SyntaxFault};

use self::ini::Ini;
use crate::file::{self, FileError};

/// The paths of the two files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfilePaths {
    /// `AWS_CONFIG_FILE`, or `~/.aws/config`. `None` without a home directory.
    pub config: Option<PathBuf>,
    /// `AWS_SHARED_CREDENTIALS_FILE`, or `~/.aws/credentials`.
    pub credentials: Option<PathBuf>,
}

impl ProfilePaths {
    /// Returns the path of a file.
    #[must_use]
    pub fn of(&self, file: ProfileFile) -> Option<&Path> {
        match file {
            ProfileFile::Config => self.config.as_deref(),
            ProfileFile::Credentials => self.credentials.as_deref(),
        }
    }
}

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileFile {
    Config,
    Credentials,
}

/// The sections of both files.
#[derive(Debug, Default)]
pub struct Profiles {
    profiles: BTreeMap<String, Section>,
    sso_sessions: BTreeMap<String, Section>,
    services: BTreeMap<String, Section>,
    /// The existing files that could not be opened. Version 2 ignores them.
    pub unreadable: Vec<FileError>,
}

impl Profiles {
    /// Reads both files. A missing file has no profiles.
    ///
    /// # Errors
    ///
    /// Fails if a file is not a regular file, is too large, or cannot be parsed.
    pub fn read(paths: &ProfilePaths) -> Result<Self, ProfileFileError> {
        let mut profiles = Self::default();
        for file in [ProfileFile::Config, ProfileFile::Credentials] {
            let Some(path) = paths.of(file) else { continue };
            match file::read_regular(path, MAX_BYTES) {
                Ok(text) => profiles.add(file, path, text.expose())?,
                Err(FileError::Io { source, .. }) if is_absence(source.kind()) => {}
                Err(error @ FileError::Io { .. }) => profiles.unreadable.push(error),
                // The usual way to have no file.
                Err(FileError::NotAFile { path, .. })
                    if file::canonicalize(&path)
                        .is_ok_and(|path| path == Path::new("/dev/null")) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(profiles)
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
                    self.profiles.entry(name).or_default().settings.extend(section.settings);
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

    /// Returns the names of the profiles in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }
}

fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The settings of a section. Keys are in lower case.
#[derive(Clone, Debug, Default)]
pub struct Section {
    settings: BTreeMap<String, Setting>,
}

impl Section {
    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.setting(key).map(Setting::value)
    }

    /// Returns a setting by its key.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key)
    }

    /// Returns the settings in alphabetical order of their keys.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.settings.iter().map(|(key, setting)| (key.as_str(), setting))
    }
}

/// A value with its place. The debug output omits the value, which may be secret.
#[derive(Clone)]
pub struct Setting {
    value: Zeroizing<String>,
    pub file: ProfileFile,
    /// The line of the key, starting at 1.
    pub line: usize,
}

impl Setting {
    /// Returns the value. The lines of a block start after a line break.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns the value of a key in an indented block.
    #[must_use]
    pub fn nested(&self, key: &str) -> Option<&str> {
        let block = self.value.strip_prefix('\n')?;
        let pairs = block.lines().filter_map(|line| line.split_once('='));
        pairs.filter(|(name, _)| name.trim() == key).last().map(|(_, value)| value.trim())
    }
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}:{}", self.file, self.line)
    }
}

/// The name of the profile that is selected by default.
pub const DEFAULT: &str = "default";

/// A thousand times the size of usual files.
const MAX_BYTES: usize = 16 << 20;

#[cfg(test)]
mod tests;
