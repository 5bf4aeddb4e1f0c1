//! Operations on an open directory that are the same on all systems.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;

use super::error::{Action, FileError};
use super::system::{self, Directory, Handle, Links, Status};

impl Directory {
    /// Opens a directory.
    pub(super) fn at(path: &Path) -> Result<Self, FileError> {
        Self::open(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => FileError::MissingDirectory { path: path.to_owned() },
            ErrorKind::NotADirectory => FileError::NotADirectory { path: path.to_owned() },
            _ => FileError::io(Action::Examine, path, source),
        })
    }

    /// Opens the directory of a file, and returns the file's name in it.
    pub(super) fn of_file(path: &Path) -> Result<(Self, &OsStr), FileError> {
        // `Path` ignores a trailing slash, which only a directory can have.
        let name = path.file_name().filter(|_| !system::names_a_directory(path));
        let name = name.ok_or_else(|| FileError::NoName { path: path.to_owned() })?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Ok((Self::at(parent.unwrap_or(Path::new(".")))?, name))
    }

    /// Returns whether both are the same directory, even if opened by different paths.
    pub(super) fn is_same_directory(&self, other: &Self) -> bool {
        other.status().is_ok_and(|status| self.has_identity(status))
    }

    /// Returns whether this is the directory with this status.
    pub(super) fn has_identity(&self, found: Status) -> bool {
        self.status().is_ok_and(|status| status.identity == found.identity)
    }

    /// Returns whether an entry exists and belongs to another user.
    pub(super) fn is_foreign(&self, name: &OsStr) -> bool {
        match (self.examine(name), system::current_user()) {
            (Ok(Some(found)), Ok(user)) => !found.owner.counts_as(user),
            _ => false,
        }
    }

    /// Waits until all changes to entries are on the disk.
    pub(super) fn sync(&self) -> Result<(), FileError> {
        self.sync_entries().map_err(|source| FileError::io(Action::Sync, self.path(), source))
    }

    /// Returns whether a name refers to this open file.
    pub(super) fn refers_to(&self, name: &OsStr, handle: &Handle) -> bool {
        match (self.find(name, Links::Keep), system::status_of(handle)) {
            (Ok(Some(found)), Ok(open)) => system::is_same_file(found, open),
            _ => false,
        }
    }

    /// Returns whether two names refer to one file.
    pub(super) fn are_same_file(&self, one: &OsStr, other: &OsStr) -> bool {
        match (self.find(one, Links::Keep), self.find(other, Links::Keep)) {
            (Ok(Some(one)), Ok(Some(other))) => one.identity == other.identity,
            _ => false,
        }
    }
}
