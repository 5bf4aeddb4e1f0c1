//! An open folder: once it is open, no rename of it or of a folder above it leads astray.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, Stat};
use rustix::io::{Errno, retry_on_intr};

use super::error::{Action, FileError};

/// An open folder and the path it was opened by; clones share the one descriptor.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    descriptor: Rc<OwnedFd>,
    path: PathBuf,
}

impl Folder {
    /// Opens the folder.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor =
            retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty())).map_err(|source| {
                match source {
                    Errno::NOENT => FileError::NoFolder { folder: path.to_owned() },
                    Errno::NOTDIR => FileError::NotAFolder { path: path.to_owned() },
                    source => FileError::io(Action::Examine, path, source),
                }
            })?;
        Ok(Self { descriptor: Rc::new(descriptor), path: path.to_owned() })
    }

    /// Opens the folder of a file, and returns the file's name in it.
    pub(super) fn of(path: &Path) -> Result<(Self, &OsStr), FileError> {
        // `PathBuf` drops a slash at the end, with which only a folder can be meant.
        let folder_meant = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let name = path.file_name().filter(|_| !folder_meant);
        let name = name.ok_or_else(|| FileError::NoName { path: path.to_owned() })?;
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        Ok((Self::open(above.unwrap_or(Path::new(".")))?, name))
    }

    /// Returns whether both are the same folder, by whatever paths they were opened.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (rustix::fs::fstat(self), rustix::fs::fstat(other)) {
            (Ok(one), Ok(two)) => (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino),
            _ => false,
        }
    }

    /// Returns what has this name, or `None`; a symbolic link is not followed.
    pub(super) fn find(&self, name: &OsStr) -> Result<Option<Stat>, Errno> {
        match rustix::fs::statat(self, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(found)),
            Err(Errno::NOENT) => Ok(None),
            Err(source) => Err(source),
        }
    }

    /// Waits until what was named, renamed and removed in the folder is on the disk.
    pub(super) fn synchronise(&self) -> Result<(), FileError> {
        match synchronise(self) {
            // Some file systems know no such thing for folders.
            Ok(()) | Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
            Err(source) => Err(FileError::io(Action::Synchronise, &self.path, source)),
        }
    }

    /// Removes a name.
    pub(super) fn remove(&self, name: &OsStr) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::unlinkat(self, name, AtFlags::empty()))
    }

    /// Gives a file another name, also one that another file has.
    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::renameat(self, from, self, to))
    }

    /// Gives a file one more name, which must be free; a symbolic link is itself named, not followed.
    pub(super) fn link(&self, old: &OsStr, new: &OsStr) -> Result<(), Errno> {
        retry_on_intr(|| rustix::fs::linkat(self, old, self, new, AtFlags::empty()))
    }

    /// Opens and locks the file that has this name, if there is one that can be opened; waits until
    /// no other process is about to replace it.
    pub(super) fn lock(&self, name: &OsStr) -> Option<OwnedFd> {
        loop {
            let descriptor = self.open_to_lock(name)?;
            retry_on_intr(|| rustix::fs::flock(&descriptor, FlockOperation::LockExclusive)).ok()?;
            // Whoever held the lock may have given the name to another file.
            if self.is_named(name, &descriptor) {
                return Some(descriptor);
            }
        }
    }

    /// Returns whether the name belongs to this open file.
    pub(super) fn is_named(&self, name: &OsStr, descriptor: &impl AsFd) -> bool {
        match (self.find(name), rustix::fs::fstat(descriptor)) {
            (Ok(Some(named)), Ok(own)) => (named.st_dev, named.st_ino) == (own.st_dev, own.st_ino),
            _ => false,
        }
    }

    /// Returns whether two names belong to one file.
    pub(super) fn is_one_file(&self, one: &OsStr, other: &OsStr) -> bool {
        match (self.find(one), self.find(other)) {
            (Ok(Some(one)), Ok(Some(other))) => {
                (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
            }
            _ => false,
        }
    }

    pub(super) fn open_to_lock(&self, name: &OsStr) -> Option<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        retry_on_intr(|| rustix::fs::openat(self, name, flags, Mode::empty())).ok()
    }

    /// Returns whether a living process has locked the file of this name, or may have.
    pub(super) fn is_in_use(&self, name: &OsStr) -> bool {
        !self.is_link(name) && self.open_to_lock(name).is_none_or(|descriptor| !lock(&descriptor))
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Waits until an open file or folder is on the disk.
pub(super) fn synchronise(descriptor: &impl AsFd) -> Result<(), Errno> {
    // On Apple's systems fsync(2) stops at the drive's cache.
    #[cfg(target_vendor = "apple")]
    if rustix::fs::fcntl_fullfsync(descriptor).is_ok() {
        return Ok(());
    }
    retry_on_intr(|| rustix::fs::fsync(descriptor))
}

/// Marks an open file as in use by a living process; returns whether nobody else had.
pub(super) fn lock(descriptor: &impl AsFd) -> bool {
    retry_on_intr(|| rustix::fs::flock(descriptor, FlockOperation::NonBlockingLockExclusive))
        .is_ok()
}
