//! An open folder: once it is open, no rename of it or of a folder above it leads astray.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rand::TryRng;
use rand::rngs::SysRng;
use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

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
            rustix::fs::open(path, flags, Mode::empty()).map_err(|source| match source {
                Errno::NOENT => FileError::NoFolder { folder: path.to_owned() },
                Errno::NOTDIR => FileError::NotAFolder { path: path.to_owned() },
                source => FileError::io(Action::Examine, path, source),
            })?;
        Ok(Self { descriptor: Rc::new(descriptor), path: path.to_owned() })
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

    /// Returns a name for a temporary file that will become, or has been, `name`.
    pub(super) fn temporary_name(name: &OsStr) -> Result<OsString, FileError> {
        let number = SysRng.try_next_u32().map_err(FileError::NoRandomness)?;
        let mut temporary = Self::temporary_prefix(name);
        temporary.push(format!("{number:08x}"));
        Ok(temporary)
    }

    /// Returns whether a name is one that temporary files of this program have.
    pub(super) fn is_temporary_name(name: &OsStr) -> bool {
        let is_number = |text: &[u8]| text.len() == 8 && text.iter().all(u8::is_ascii_hexdigit);
        let parts = name.as_bytes().strip_prefix(b".keypair-").and_then(|rest| {
            rest.split_at_checked(8)
                .and_then(|(digest, rest)| Some((digest, rest.strip_prefix(b"-")?)))
        });
        parts.is_some_and(|(digest, number)| is_number(digest) && is_number(number))
    }

    /// Removes the temporary files that killed processes left behind for `name`.
    ///
    /// Those of living processes are locked.
    pub(super) fn sweep(&self, name: &OsStr) {
        let prefix = Self::temporary_prefix(name);
        let Ok(entries) = Dir::read_from(self) else {
            return;
        };
        for entry in entries.flatten() {
            let found = OsStr::from_bytes(entry.file_name().to_bytes());
            let number = found.as_bytes().strip_prefix(prefix.as_bytes());
            if number.is_some_and(|number| number.len() == 8) && !self.is_in_use(found) {
                // What cannot be removed stays for a later run.
                rustix::fs::unlinkat(self, found, AtFlags::empty()).ok();
            }
        }
    }

    /// Opens and locks the file that has this name, if there is one that can be opened; waits until
    /// no other process is about to replace it.
    pub(super) fn lock(&self, name: &OsStr) -> Option<OwnedFd> {
        loop {
            let descriptor = self.open_to_lock(name)?;
            rustix::fs::flock(&descriptor, FlockOperation::LockExclusive).ok()?;
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

    fn open_to_lock(&self, name: &OsStr) -> Option<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::openat(self, name, flags, Mode::empty()).ok()
    }

    /// Returns whether a living process has locked the file of this name, or may have.
    pub(super) fn is_in_use(&self, name: &OsStr) -> bool {
        let is_link = |found: Stat| FileType::from_raw_mode(found.st_mode) == FileType::Symlink;
        let lockable = !matches!(self.find(name), Ok(Some(found)) if is_link(found));
        lockable && self.open_to_lock(name).is_none_or(|descriptor| !lock(&descriptor))
    }

    fn temporary_prefix(name: &OsStr) -> OsString {
        // A digest in the place of the name, which may be as long as names can be.
        let digest = Sha256::digest(name.as_bytes());
        let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!(".keypair-{digest}-").into()
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
    rustix::fs::fsync(descriptor)
}

/// Marks an open file as in use by a living process; returns whether nobody else had.
pub(super) fn lock(descriptor: &impl AsFd) -> bool {
    rustix::fs::flock(descriptor, FlockOperation::NonBlockingLockExclusive).is_ok()
}
