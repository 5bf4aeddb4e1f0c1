//! Removing a file and no other that has its name by then.
//!
//! Operating systems remove names, not open files. So a file is first moved to a temporary name, in one step, and
//! looked at there: if it is another one, it gets its name back.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::error::{Action, FileError};
use super::folder::Folder;
use super::system::{self, FileKind, Handle, Links};
use super::temporary::OF_WHO_REPLACES;
use crate::secret::Secret;

/// A file that was opened and read to be removed later. Until it is dropped, it is locked as one that is about to
/// be replaced, so that no other process of this program replaces or removes it.
#[derive(Debug)]
pub struct OpenFile {
    folder: Folder,
    name: OsString,
    path: PathBuf,
    contents: Secret,
    handle: Rc<Handle>,
    lock: Option<Handle>,
}

impl OpenFile {
    /// Opens, locks and reads a file of at most `limit` bytes; a symbolic link to one is refused.
    ///
    /// # Errors
    ///
    /// [`FileError::NotAFile`], [`FileError::TooLarge`], [`FileError::NoName`], [`FileError::MissingDirectory`],
    /// [`FileError::NotADirectory`] and [`FileError::Io`].
    pub fn open(path: &Path, limit: usize) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Read, path, source);
        let check = |kind: FileKind| match kind {
            FileKind::File => Ok(()),
            FileKind::Symlink => Err("a symbolic link"),
            kind => Err(kind.never_replaced().unwrap_or_default()),
        };
        let check = |kind| {
            check(kind).map_err(|found| FileError::NotAFile { path: path.to_owned(), found })
        };
        let (folder, name) = Folder::of(path)?;
        // To open a device may do something to it.
        let found = folder.find(name, Links::Keep).map_err(failed)?;
        check(found.ok_or_else(|| failed(ErrorKind::NotFound.into()))?.kind)?;
        let lock = folder.lock(name);
        let handle = folder.open_to_lock(name).map_err(failed)?;
        check(system::status_of(&handle).map_err(failed)?.kind)?;
        let contents = super::read_open(&handle, path, limit)?;
        let (name, path, handle) = (name.to_owned(), path.to_owned(), Rc::new(handle));
        Ok(Self { folder, name, path, contents, handle, lock })
    }

    /// Returns the contents.
    #[must_use]
    pub fn contents(&self) -> &Secret {
        &self.contents
    }

    /// Removes the file durably, with stale copies of it.
    ///
    /// # Errors
    ///
    /// [`FileError::Changed`] if its name belongs to another file by now, or it has other contents; and
    /// [`FileError::Io`].
    pub fn remove(self) -> Result<(), FileError> {
        let Self { folder, name, path, contents, handle, lock } = self;
        // A program that writes to the file in place does not give it another number.
        let is_unchanged = |name: &OsStr| {
            let handle = folder.open_to_lock(name)?;
            match super::read_open(&handle, &path, contents.len()) {
                Ok(found) => Ok(found.expose() == contents.expose()),
                Err(FileError::Io { source, .. }) => Err(source),
                Err(_) => Ok(false),
            }
        };
        let removed = folder.remove_exactly(&name, handle, lock.as_ref(), is_unchanged);
        match removed.map_err(|source| FileError::io(Action::Remove, &path, source))? {
            Removal::Done => {}
            Removal::Kept(name) => {
                return Err(FileError::Changed { kept: path.with_file_name(name), path });
            }
        }
        let lock = lock.filter(|_| !system::CAN_REPLACE_OPEN);
        folder.sweep(&name, lock.as_ref());
        folder.sync()
    }
}

/// What became of a file that was to be removed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// It is removed.
    Done,
    /// Its name belongs to another file, or its contents have changed: that file is kept, under this name.
    Kept(OsString),
}

impl Folder {
    /// Removes the file `name` if it is the open one and `is_unchanged`, which is called with the name it has then.
    /// `lock` is what [`Folder::lock`] has returned for it.
    pub(super) fn remove_exactly(
        &self,
        name: &OsStr,
        own: Rc<Handle>,
        lock: Option<&Handle>,
        is_unchanged: impl Fn(&OsStr) -> io::Result<bool>,
    ) -> io::Result<Removal> {
        let expected = system::status_of(&*own)?;
        let is_own = |name: &OsStr| -> io::Result<bool> {
            let found = self.find(name, Links::Keep)?.ok_or(ErrorKind::NotFound)?;
            Ok(system::is_named(found, expected) && is_unchanged(name)?)
        };
        if !is_own(name)? {
            return Ok(Removal::Kept(name.to_owned()));
        }
        let take = |temporary: &OsStr| self.move_to_free(name, temporary);
        let temporary = match self.name_temporarily(name, OF_WHO_REPLACES, lock, take) {
            Ok(temporary) => temporary,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(error),
            // Not every file system can do that, nor can one without room for a name.
            Err(_) => {
                // On Windows a file that is open keeps its name.
                drop(own);
                return self.remove(name).map(|()| Removal::Done);
            }
        };
        let removed = match is_own(&temporary) {
            Ok(true) => self.remove(&temporary).map(|()| true),
            other => other,
        };
        match removed {
            Ok(true) => Ok(Removal::Done),
            Ok(false) => Ok(Removal::Kept(self.put_back(&temporary, name)?)),
            Err(error) => Err(self.put_back(&temporary, name).err().unwrap_or(error)),
        }
    }

    /// Gives a file its name back, or if that is taken, one beside it; returns the name.
    fn put_back(&self, temporary: &OsStr, name: &OsStr) -> io::Result<OsString> {
        let beside = (1..=MOST_BESIDE).map(|number| {
            let mut beside = name.to_owned();
            beside.push(format!(".{number}"));
            beside
        });
        for name in [name.to_owned()].into_iter().chain(beside) {
            match self.move_to_free(temporary, &name) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                moved => return moved.map(|()| name),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Puts an old file back in the place of the open one that has replaced it as `name`.
    pub(super) fn restore(&self, old: &OsStr, name: &OsStr, own: Rc<Handle>) -> io::Result<()> {
        match self.exchange(old, name) {
            Ok(()) if self.is_named(old, &own) => self.remove(old),
            // Another file had taken the name.
            Ok(()) => self.exchange(old, name),
            // Not every file system can do that.
            Err(_) => {
                if !system::CAN_REPLACE_OPEN {
                    drop(own);
                }
                self.rename(old, name, None)
            }
        }
    }
}

const MOST_BESIDE: u32 = 9;
