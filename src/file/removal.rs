//! Removing a file, but no other file that has taken its name.
//!
//! Operating systems remove names, not open files. So the file is renamed to a temporary name in
//! one step and examined there. If it is another file, it gets its name back.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::error::{Action, FileError, vanished};
use super::read::read_open;
use super::system::{self, Directory, FileKind, Handle, Links};
use super::temporary::{MAX_WAIT, NameUse};
use crate::secret::Secret;

/// A file that was opened and read to be removed later. Until it is dropped it is locked like a
/// file that is being replaced, so no other process of this program replaces or removes it.
#[derive(Debug)]
pub struct OpenFile {
    directory: Directory,
    name: OsString,
    path: PathBuf,
    contents: Secret,
    handle: Rc<Handle>,
    lock: Option<Handle>,
}

impl OpenFile {
    /// Opens, locks and reads a file of at most `limit` bytes. Rejects a symbolic link.
    ///
    /// # Errors
    ///
    /// [`FileError::HardLinks`] if the file would keep another name, [`FileError::NotAFile`],
    /// [`FileError::TooLarge`] and [`FileError::Io`].
    pub fn open(path: &Path, limit: usize) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Read, path, source);
        let check = |kind: FileKind| match kind {
            FileKind::File => Ok(()),
            kind => Err(FileError::NotAFile { path: path.to_owned(), found: kind.description() }),
        };
        let (directory, name) = Directory::of_file(path)?;
        // Opening a device can have side effects.
        let found = directory.find(name, Links::Keep).map_err(failed)?;
        check(found.ok_or_else(|| failed(vanished()))?.kind)?;
        let lock = directory.lock_for_replacement(name, MAX_WAIT);
        let lock = lock.map_err(|source| FileError::io(Action::Remove, path, source))?;
        let handle = directory.open_nofollow(name).map_err(failed)?;
        check(system::status_of(&handle).map_err(failed)?.kind)?;
        let others = directory.other_links(name).map_err(failed)?;
        if others > 0 {
            return Err(FileError::HardLinks { path: path.to_owned(), names: others + 1 });
        }
        let contents = read_open(&handle, path, limit)?;
        let (name, path, handle) = (name.to_owned(), path.to_owned(), Rc::new(handle));
        Ok(Self { directory, name, path, contents, handle, lock })
    }

    pub fn contents(&self) -> &Secret {
        &self.contents
    }

    /// Removes the file and stale files for it, and syncs the directory. Returns the paths of files
    /// that killed commands left without their name.
    ///
    /// # Errors
    ///
    /// [`FileError::Changed`] if the name belongs to another file or the contents have changed, and
    /// [`FileError::Io`].
    pub fn remove(self) -> Result<Vec<PathBuf>, FileError> {
        let Self { directory, name, path, contents, handle, lock } = self;
        // A program that writes to the file in place does not change its inode number.
        let is_unchanged = |name: &OsStr| {
            let handle = directory.open_nofollow(name)?;
            match read_open(&handle, &path, contents.len()) {
                Ok(found) => Ok(found.expose() == contents.expose()),
                Err(FileError::Io { source, .. }) => Err(source),
                Err(_) => Ok(false),
            }
        };
        let gone = system::status_of(&*handle).ok().map(|status| status.identity);
        let removed = directory.remove_if_same(&name, handle, lock.as_ref(), is_unchanged);
        match removed.map_err(|source| FileError::io(Action::Remove, &path, source))? {
            Removal::Done => {}
            Removal::Kept(name) => {
                return Err(FileError::Changed { kept: path.with_file_name(name), path });
            }
        }
        let lock = lock.filter(|_| !system::CAN_REPLACE_OPEN);
        let recovered = directory.sweep(&name, lock.as_ref(), gone);
        directory.sync()?;
        Ok(recovered.into_iter().map(|name| path.with_file_name(name)).collect())
    }
}

/// The result of [`Directory::remove_if_same`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Removal {
    Done,
    /// Another file had the name, or the contents had changed: that file has this name now.
    Kept(OsString),
}

impl Directory {
    /// Removes the file `name` if it is the open one and `is_unchanged`, which gets the file's
    /// current name. `lock` is the result of [`Directory::lock_for_replacement`].
    pub(super) fn remove_if_same(
        &self,
        name: &OsStr,
        own: Rc<Handle>,
        lock: Option<&Handle>,
        is_unchanged: impl Fn(&OsStr) -> io::Result<bool>,
    ) -> io::Result<Removal> {
        let expected = system::status_of(&*own)?;
        let is_own = |name: &OsStr| -> io::Result<bool> {
            let found = self.find(name, Links::Keep)?.ok_or_else(vanished)?;
            Ok(system::is_same_file(found, expected) && is_unchanged(name)?)
        };
        if !is_own(name)? {
            return Ok(Removal::Kept(name.to_owned()));
        }
        let rename = |temporary: &OsStr| self.rename_noreplace_atomic(name, temporary);
        let temporary = match self.link_temporary(name, NameUse::Existing, lock, rename) {
            Ok(temporary) => temporary,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(error),
            // The file system does not support it, or is full.
            Err(_) => {
                // On Windows an open file keeps its name.
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

    /// Gives a file its name back, or if that is taken, the name with a number; returns the name.
    fn put_back(&self, temporary: &OsStr, name: &OsStr) -> io::Result<OsString> {
        match self.rename_noreplace_atomic(temporary, name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            renamed => return renamed.map(|()| name.to_owned()),
        }
        numbered(name, |numbered| self.rename_noreplace_atomic(temporary, numbered))
    }

    /// Gives a file the final name with a number; returns that name.
    pub(super) fn rename_to_number(&self, temporary: &OsStr, name: &OsStr) -> io::Result<OsString> {
        numbered(name, |numbered| self.rename_noreplace(temporary, numbered))
    }

    /// Gives a replaced file its name back; `own` is the file that replaced it.
    pub(super) fn restore(&self, old: &OsStr, name: &OsStr, own: Rc<Handle>) -> io::Result<()> {
        match self.exchange(old, name) {
            Ok(()) if self.refers_to(old, &own) => self.remove(old),
            // Another file had taken the name.
            Ok(()) => self.exchange(old, name),
            // The file system does not support it.
            Err(_) => {
                if !system::CAN_REPLACE_OPEN {
                    drop(own);
                }
                self.rename(old, name, None)
            }
        }
    }
}

/// Returns the first name with a number that `rename` can give.
fn numbered(name: &OsStr, rename: impl Fn(&OsStr) -> io::Result<()>) -> io::Result<OsString> {
    for number in 1..=MAX_SUFFIX {
        let mut numbered = name.to_owned();
        numbered.push(format!(".{number}"));
        match rename(&numbered) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            renamed => return renamed.map(|()| numbered),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

const MAX_SUFFIX: u32 = 9;
