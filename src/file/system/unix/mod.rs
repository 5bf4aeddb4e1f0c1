//! Files as POSIX has them.

mod directory;
mod ephemeral;

pub(in super::super) use directory::Directory;
pub(in super::super) use ephemeral::{claim_of, remove_folder};

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::{Errno, retry_on_intr};

use super::{Examined, FileKind, Links, Status};

/// An open file or folder.
pub(in super::super) type Handle = OwnedFd;

/// A user, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserId(u32);

impl UserId {
    /// Returns whether it is one whose folders a system consists of: root, and whom a user namespace shows in
    /// the place of those that it does not know (user_namespaces(7)).
    #[must_use]
    pub fn is_system(self) -> bool {
        matches!(self.0, 0 | 65534)
    }

    /// Returns whether what is this owner's is that user's.
    pub(in super::super) fn is_of(self, user: Self) -> bool {
        self == user
    }

    #[cfg(test)]
    pub(in super::super) fn numbered(number: u32) -> Self {
        Self(number)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Returns whom this process runs for.
pub(in super::super) fn user() -> io::Result<UserId> {
    Ok(UserId(rustix::process::geteuid().as_raw()))
}

/// Returns who may own what lies where everybody can write.
pub(in super::super) fn trusted() -> io::Result<Vec<UserId>> {
    Ok(vec![UserId(0), user()?])
}

/// The mode of a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Permissions(Mode);

impl Permissions {
    /// Returns whether others than the owner can read it.
    pub(in super::super) fn let_others_read(self) -> bool {
        self.0.intersects(Mode::RGRP | Mode::ROTH)
    }

    /// Returns whether others than the owner can write to it.
    pub(in super::super) fn let_others_write(self) -> bool {
        self.0.intersects(Mode::WGRP | Mode::WOTH)
    }

    /// Returns whether everybody can write to it.
    pub(in super::super) fn let_all_write(self) -> bool {
        self.0.contains(Mode::WOTH)
    }

    /// Returns whether it is a folder in which everybody renames and removes only what is theirs.
    pub(in super::super) fn protect_entries(self) -> bool {
        self.0.contains(Mode::SVTX)
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "mode {:04o}", self.0.bits() & 0o7777)
    }
}

impl From<&Stat> for Status {
    fn from(found: &Stat) -> Self {
        Self {
            kind: kind(FileType::from_raw_mode(found.st_mode)),
            identity: (number(found.st_dev), found.st_ino),
            length: number(found.st_size),
            names: number(found.st_nlink),
        }
    }
}

/// Returns a number whose type differs from system to system.
fn number(found: impl TryInto<u64>) -> u64 {
    found.try_into().unwrap_or_default()
}

impl From<&Stat> for Examined {
    fn from(found: &Stat) -> Self {
        Self {
            status: found.into(),
            owner: UserId(found.st_uid),
            permissions: Permissions(Mode::from_raw_mode(found.st_mode)),
        }
    }
}

fn kind(found: FileType) -> FileKind {
    match found {
        FileType::RegularFile => FileKind::File,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        FileType::Fifo => FileKind::Other("a pipe"),
        FileType::Socket => FileKind::Other("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => FileKind::Other("a device"),
        FileType::Unknown => FileKind::Other("something unknown"),
    }
}

/// Returns what has this name, or `None`.
pub(in super::super) fn status(path: &Path, links: Links) -> io::Result<Option<Status>> {
    Ok(find(CWD, path, links)?.map(|found| Status::from(&found)))
}

/// Returns what is open.
pub(in super::super) fn status_of(handle: &impl AsFd) -> io::Result<Status> {
    Ok(Status::from(&rustix::fs::fstat(handle)?))
}

/// Returns what has this name and who may do what with it, or `None`.
pub(in super::super) fn examine(path: &Path, links: Links) -> io::Result<Option<Examined>> {
    Ok(find(CWD, path, links)?.map(|found| Examined::from(&found)))
}

/// Returns what is open and who may do what with it.
pub(in super::super) fn examine_open(handle: &impl AsFd) -> io::Result<Examined> {
    Ok(Examined::from(&rustix::fs::fstat(handle)?))
}

fn find(folder: impl AsFd, name: impl rustix::path::Arg, links: Links) -> io::Result<Option<Stat>> {
    let flags = match links {
        Links::Follow => AtFlags::empty(),
        Links::Keep => AtFlags::SYMLINK_NOFOLLOW,
    };
    match rustix::fs::statat(folder, name, flags) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT) => Ok(None),
        Err(source) => Err(source.into()),
    }
}

/// Returns whether what has a name is what is open in the same folder.
pub(in super::super) fn is_named(named: Status, open: Status) -> bool {
    named.identity == open.identity
}

/// Opens what has this name, a device or a pipe too, for reading.
pub(in super::super) fn open_to_read(path: &Path) -> io::Result<Handle> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?)
}

/// Opens what has this name for reading, and does not wait for somebody at the other end of a pipe.
pub(in super::super) fn open_to_look(path: &Path, links: Links) -> io::Result<Handle> {
    let follow = match links {
        Links::Follow => OFlags::empty(),
        Links::Keep => OFlags::NOFOLLOW,
    };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | follow;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Reads some bytes, none at the end.
pub(in super::super) fn read(handle: &Handle, chunk: &mut [u8]) -> io::Result<usize> {
    Ok(retry_on_intr(|| rustix::io::read(handle, &mut *chunk))?)
}

/// Writes some bytes, and returns how many.
pub(in super::super) fn write(handle: &Handle, bytes: &[u8]) -> io::Result<usize> {
    Ok(retry_on_intr(|| rustix::io::write(handle, bytes))?)
}

/// Returns a path as a person names it.
pub(in super::super) fn as_named(path: PathBuf) -> PathBuf {
    path
}

/// Removes a file.
pub(in super::super) fn remove(path: &Path) -> io::Result<()> {
    Ok(retry_on_intr(|| rustix::fs::unlinkat(CWD, path, AtFlags::empty()))?)
}

/// Waits until an open file or folder is on the disk.
pub(in super::super) fn sync(handle: &impl AsFd) -> io::Result<()> {
    // On Apple's systems fsync(2) stops at the drive's cache.
    #[cfg(target_vendor = "apple")]
    if rustix::fs::fcntl_fullfsync(handle).is_ok() {
        return Ok(());
    }
    Ok(retry_on_intr(|| rustix::fs::fsync(handle))?)
}

/// Waits until all of the file system that an open file is in is on the disk; returns whether that could be
/// had. Since Linux 5.8 what could not be written is known then (syncfs(2)).
pub(in super::super) fn sync_file_system(handle: &Handle) -> bool {
    #[cfg(target_os = "linux")]
    return retry_on_intr(|| rustix::fs::syncfs(handle)).is_ok();
    #[cfg(not(target_os = "linux"))]
    {
        let _ = handle;
        false
    }
}

/// Locks an open file or folder unless another process has; returns whether that was done.
pub(in super::super) fn try_lock(handle: &impl AsFd) -> bool {
    retry_on_intr(|| rustix::fs::flock(handle, FlockOperation::NonBlockingLockExclusive)).is_ok()
}

/// Returns whether another process has locked an open file for itself alone; if not, it is locked together
/// with others. Some file systems know no locks.
pub(in super::super) fn try_lock_shared(handle: &Handle) -> bool {
    let shared = FlockOperation::NonBlockingLockShared;
    rustix::fs::flock(handle, shared) != Err(Errno::WOULDBLOCK)
}

/// Locks an open file, and waits for that; returns whether it could be done.
pub(in super::super) fn wait_for_lock(handle: &Handle) -> bool {
    retry_on_intr(|| rustix::fs::flock(handle, FlockOperation::LockExclusive)).is_ok()
}

/// Fails if this user may not write to a file, or make files in a folder.
pub(in super::super) fn can_write(path: &Path) -> io::Result<()> {
    let access = rustix::fs::Access::WRITE_OK;
    Ok(rustix::fs::accessat(CWD, path, access, AtFlags::EACCESS)?)
}

/// Returns how many files this process may have open at once.
pub(in super::super) fn max_open_files() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Makes a folder for its owner alone (mode 0700).
pub(in super::super) fn create_private_directory(path: &Path) -> io::Result<()> {
    retry_on_intr(|| rustix::fs::mkdir(path, Mode::RWXU))?;
    // The umask may have taken more than it should.
    let changed = retry_on_intr(|| rustix::fs::chmod(path, Mode::RWXU));
    Ok(changed.inspect_err(|_| {
        rustix::fs::rmdir(path).ok();
    })?)
}

/// Makes an empty file that its owner alone can read and write (mode 0600).
pub(in super::super) fn create_private_file(path: &Path) -> io::Result<()> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let descriptor = retry_on_intr(|| rustix::fs::open(path, flags, mode))?;
    // The umask may have taken more than it should.
    Ok(retry_on_intr(|| rustix::fs::fchmod(&descriptor, mode))?)
}

/// Leaves a file that is there to its owner alone (mode 0600).
pub(in super::super) fn restrict_to_owner(path: &Path) -> io::Result<()> {
    Ok(retry_on_intr(|| rustix::fs::chmod(path, Mode::RUSR | Mode::WUSR))?)
}

/// Whether a file can be removed, and another be given its name, while it is open.
pub(in super::super) const CAN_REPLACE_OPEN: bool = true;

/// Opens the terminal that controls this process, for reading and writing.
///
/// # Errors
///
/// Whatever the system says, because there is none above all.
pub fn open_terminal() -> io::Result<Handle> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open("/dev/tty", flags, Mode::empty())?)
}

/// Returns whether what is written to it is lost: it is the null device.
pub(in super::super) fn is_null_device(descriptor: impl AsFd) -> bool {
    match (rustix::fs::fstat(descriptor), rustix::fs::stat("/dev/null")) {
        (Ok(found), Ok(null)) => {
            FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice
                && found.st_rdev == null.st_rdev
        }
        _ => false,
    }
}
