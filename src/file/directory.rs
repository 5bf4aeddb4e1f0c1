//! An open folder: once it is open, no rename of it or of a folder above it leads astray.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::error::{Action, FileError};
use super::system::{self, Access, Directory, Handle, Links, Status};

/// An open folder and the path it was opened by; clones share the one descriptor.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    directory: Directory,
    path: PathBuf,
}

impl Folder {
    /// Opens the folder.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let directory = Directory::open(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => FileError::MissingDirectory { path: path.to_owned() },
            ErrorKind::NotADirectory => FileError::NotADirectory { path: path.to_owned() },
            _ => FileError::io(Action::Examine, path, source),
        })?;
        Ok(Self { directory, path: path.to_owned() })
    }

    /// Opens the folder of a file, and returns the file's name in it.
    pub(super) fn of(path: &Path) -> Result<(Self, &OsStr), FileError> {
        // `PathBuf` drops a slash at the end, with which only a folder can be meant.
        let name = path.file_name().filter(|_| !system::names_a_folder(path));
        let name = name.ok_or_else(|| FileError::NoName { path: path.to_owned() })?;
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        Ok((Self::open(above.unwrap_or(Path::new(".")))?, name))
    }

    /// Returns whether both are the same folder, by whatever paths they were opened.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (self.directory.status(), other.directory.status()) {
            (Ok(one), Ok(two)) => one.identity == two.identity,
            _ => false,
        }
    }

    /// Returns the path by which it was opened.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether this is the folder that was found.
    pub(super) fn is_at(&self, found: Status) -> bool {
        self.directory.status().is_ok_and(|status| status.identity == found.identity)
    }

    /// Returns what has this name, or `None`.
    pub(super) fn find(&self, name: &OsStr, links: Links) -> io::Result<Option<Status>> {
        self.directory.find(name, links)
    }

    /// Returns whether something has this name and belongs to another user.
    pub(super) fn is_foreign(&self, name: &OsStr) -> bool {
        match (self.directory.examine(name), system::user()) {
            (Ok(Some(found)), Ok(user)) => !found.owner.is_of(user),
            _ => false,
        }
    }

    /// Fails if this user may not make files in it.
    pub(super) fn can_write(&self) -> io::Result<()> {
        self.directory.can_write()
    }

    /// Makes a new file, to write to it.
    pub(super) fn create(&self, name: &OsStr, access: Access) -> io::Result<Handle> {
        self.directory.create(name, access)
    }

    /// Makes a file without a name, to write to it, where that can be had.
    pub(super) fn create_nameless(&self, access: Access) -> io::Result<Option<Handle>> {
        self.directory.create_nameless(access)
    }

    /// Shows every entry: its name, and its kind if that is known without a look at it.
    pub(super) fn list(
        &self,
        show: impl FnMut(std::ffi::OsString, Option<system::FileKind>),
    ) -> io::Result<()> {
        self.directory.list(show)
    }

    /// Waits until what was named, renamed and removed in the folder is on the disk.
    pub(super) fn sync(&self) -> Result<(), FileError> {
        let done = self.directory.sync();
        done.map_err(|source| FileError::io(Action::Sync, &self.path, source))
    }

    /// Removes a name.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        self.directory.remove(name)
    }

    /// Gives a file another name, also one that another file has; `aside` is one more name of that file.
    pub(super) fn rename(&self, from: &OsStr, to: &OsStr, aside: Option<&OsStr>) -> io::Result<()> {
        self.directory.rename(from, to, aside)
    }

    /// Gives a file another name, which must be free, in one step, where that can be done.
    pub(super) fn move_to_free(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.directory.move_to_free(from, to)
    }

    /// Exchanges the names of two files in one step, where that can be done.
    pub(super) fn exchange(&self, one: &OsStr, other: &OsStr) -> io::Result<()> {
        self.directory.exchange(one, other)
    }

    /// Gives a file another name, which must be free.
    pub(super) fn rename_to_free(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.directory.rename_to_free(from, to)
    }

    /// Gives a file one more name, which must be free; a symbolic link is itself named, not followed.
    pub(super) fn link(&self, old: &OsStr, new: &OsStr) -> io::Result<()> {
        self.directory.link(old, new)
    }

    /// Gives an open file without a name one, which must be free.
    pub(super) fn name(&self, nameless: &Handle, name: &OsStr) -> io::Result<()> {
        self.directory.name(nameless, name)
    }

    /// Opens what is locked by whoever replaces the file `name`: itself, or where that cannot be, the file `lock`.
    pub(super) fn open_to_replace(&self, name: &OsStr, lock: &OsStr) -> io::Result<Handle> {
        self.directory.open_to_replace(name, lock)
    }

    /// Returns whether what is open and locked is what keeps others from replacing the file `name`.
    pub(super) fn has_locked(&self, name: &OsStr, lock: &OsStr, own: &Handle) -> bool {
        self.directory.has_locked(name, lock, own)
    }

    /// Returns whether the name belongs to this open file.
    pub(super) fn is_named(&self, name: &OsStr, handle: &Handle) -> bool {
        match (self.find(name, Links::Keep), system::status_of(handle)) {
            (Ok(Some(named)), Ok(own)) => system::is_named(named, own),
            _ => false,
        }
    }

    /// Returns whether two names belong to one file.
    pub(super) fn is_one_file(&self, one: &OsStr, other: &OsStr) -> bool {
        match (self.find(one, Links::Keep), self.find(other, Links::Keep)) {
            (Ok(Some(one)), Ok(Some(other))) => one.identity == other.identity,
            _ => false,
        }
    }

    /// Opens a file to lock or to read it; a symbolic link is not followed, and nothing is waited for.
    pub(super) fn open_to_lock(&self, name: &OsStr) -> io::Result<Handle> {
        self.directory.open_to_lock(name)
    }
}
