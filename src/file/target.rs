//! The path of a file to be created.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Action, FileError};
use super::info::canonicalize;
use super::name::FileNameError;
use super::system::{self, Directory, FileKind, Links, Status};
use super::trust;

/// The treatment of a file that already has the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the operation fails.
    Keep,
    /// The new file replaces it, once complete and durable.
    Replace,
}

/// Returns the path of an existing file that is to be replaced. Follows a link to it, unless another
/// user may have planted the link.
pub fn replaceable(path: &Path) -> Result<PathBuf, FileError> {
    Target::new(path, Existing::Replace)?;
    let link = system::status(path, Links::Keep);
    let is_link = link.is_ok_and(|found| found.is_some_and(|it| it.kind == FileKind::Symlink));
    if is_link { canonicalize(path) } else { Ok(path.to_owned()) }
}

/// A name in an open directory. It did not exist, or may be replaced, when it was checked.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) directory: Directory,
    pub(super) name: OsString,
    pub(super) existing: Existing,
    pub(super) path: PathBuf,
}

impl Target {
    /// Checks that a file can be created at `path`: the directory is writable, and the name is free
    /// or may be replaced.
    ///
    /// # Errors
    ///
    /// [`FileError::NoName`], [`FileError::BadName`], [`FileError::MissingDirectory`],
    /// [`FileError::Exists`], [`FileError::Foreign`] if another user may have planted a link on the
    /// way, [`FileError::NotAFile`] if the name belongs to a directory or device, and
    /// [`FileError::Io`].
    pub fn new(path: &Path, existing: Existing) -> Result<Self, FileError> {
        let (directory, name) = Directory::of_file(path)?;
        trust::check_links(&directory)?;
        if cfg!(windows)
            && let Some(source) = FileNameError::on_windows(&name.to_string_lossy())
        {
            return Err(FileError::BadName { path: path.to_owned(), source });
        }
        let target = Self { directory, name: name.to_owned(), existing, path: path.to_owned() };
        target.check()?;
        Ok(target)
    }

    /// Returns the path as the caller gave it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether both would be the same file, or are hard links to the same one: each is locked
    /// until both are replaced.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let identity = |target: &Self| Some(target.find().ok()??.identity);
        self.name == other.name && self.directory.is_same_directory(&other.directory)
            || identity(self).is_some_and(|found| identity(other) == Some(found))
    }

    fn find(&self) -> io::Result<Option<Status>> {
        self.directory.find(&self.name, Links::Keep)
    }

    pub(super) fn check(&self) -> Result<(), FileError> {
        let found = self.find();
        if let Some(found) =
            found.map_err(|source| FileError::io(Action::Examine, &self.path, source))?
        {
            let mut kind = found.kind;
            if kind == FileKind::Symlink {
                // A link to a file may be replaced; a link to a device counts as the device.
                let linked = self.directory.find(&self.name, Links::Follow);
                kind = linked.ok().flatten().map_or(kind, |found| found.kind);
            }
            if !kind.is_replaceable() {
                let found = kind.description();
                return Err(FileError::NotAFile { path: self.path.clone(), found });
            }
            if self.existing == Existing::Keep {
                return Err(FileError::Exists { path: self.path.clone() });
            }
        }
        let access = self.directory.can_write();
        access.map_err(|source| FileError::io(Action::Create, &self.path, source))
    }
}
