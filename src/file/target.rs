//! The name that a new file is going to have.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::error::{Action, FileError};
use super::folder::Folder;
use super::name::FileNameError;
use super::system::{FileKind, Links};
use super::trust;

/// What to do with a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it alone and fail.
    Keep,
    /// Put the new file in its place, once that is complete and durable.
    Replace,
}

/// A name in an open folder, found free, or found to be a file that may be replaced.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) folder: Folder,
    pub(super) name: OsString,
    pub(super) existing: Existing,
    pub(super) path: PathBuf,
}

impl Target {
    /// Checks that a file can be made at `path`: the folder is there and writable, the name free.
    ///
    /// # Errors
    ///
    /// [`FileError::NoName`], [`FileError::BadName`], [`FileError::MissingDirectory`], [`FileError::Exists`],
    /// [`FileError::Foreign`] for a link on the way that another user may have planted,
    /// [`FileError::NotAFile`] for what is never replaced, and [`FileError::Io`].
    pub fn new(path: &Path, existing: Existing) -> Result<Self, FileError> {
        let (folder, name) = Folder::of(path)?;
        trust::check_links(&folder)?;
        if cfg!(windows)
            && let Some(source) = FileNameError::on_windows(&name.to_string_lossy())
        {
            return Err(FileError::BadName { path: path.to_owned(), source });
        }
        let target = Self { folder, name: name.to_owned(), existing, path: path.to_owned() };
        target.check()?;
        Ok(target)
    }

    /// Returns the path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether both would be the same file.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.name == other.name && self.folder.is_same_as(&other.folder)
    }

    pub(super) fn check(&self) -> Result<(), FileError> {
        let found = self.folder.find(&self.name, Links::Keep);
        if let Some(found) =
            found.map_err(|source| FileError::io(Action::Examine, &self.path, source))?
        {
            let mut kind = found.kind;
            if kind == FileKind::Symlink {
                // A link to a file may be replaced, one to a device is as good as the device.
                let led_to = self.folder.find(&self.name, Links::Follow);
                kind = led_to.ok().flatten().map_or(kind, |found| found.kind);
            }
            if let Some(found) = kind.never_replaced() {
                return Err(FileError::NotAFile { path: self.path.clone(), found });
            }
            if self.existing == Existing::Keep {
                return Err(FileError::Exists { path: self.path.clone() });
            }
        }
        let access = self.folder.can_write();
        access.map_err(|source| FileError::io(Action::Create, &self.path, source))
    }
}
