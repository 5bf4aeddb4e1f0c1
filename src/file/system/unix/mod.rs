//! Files on Unix.

mod directory;
mod ephemeral;

pub use directory::Directory;
pub use ephemeral::{claim_directory, ephemeral_info, remove_contents, remove_directory};

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::{Errno, retry_on_intr};

use super::{Examined, FileKind, Links, Status};

/// An open file or folder.
pub type Handle = OwnedFd;

/// A user by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserId(u32);

impl UserId {
    /// Returns whether it owns directories of the operating system: root, or the overflow user that
    /// stands for unmapped users in a user namespace (user_namespaces(7)).
    pub fn is_system(self) -> bool {
        matches!(self.0, 0 | 65534)
    }

    /// Returns whether a file of this owner is the user's.
    pub fn counts_as(self, user: Self) -> bool {
        self == user
    }

    #[cfg(test)]
    pub fn from_raw(number: u32) -> Self {
        Self(number)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Returns the user that this process runs as.
pub fn current_user() -> io::Result<UserId> {
    Ok(UserId(rustix::process::geteuid().as_raw()))
}

/// Returns the users that may own files in world-writable directories.
pub fn trusted_users() -> io::Result<Vec<UserId>> {
    Ok(vec![UserId(0), current_user()?])
}

/// The mode of a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions(Mode);

impl Permissions {
    /// Returns whether users other than the owner can read it.
    pub fn others_can_read(self) -> bool {
        self.0.intersects(Mode::RGRP | Mode::ROTH)
    }

    /// Returns whether users other than the owner can write to it.
    pub fn others_can_write(self) -> bool {
        self.0.intersects(Mode::WGRP | Mode::WOTH)
    }

    /// Returns whether it is world-writable.
    pub fn anyone_can_write(self) -> bool {
        self.0.contains(Mode::WOTH)
    }

    /// Returns whether it is a directory that lets users rename and remove only their own files.
    pub fn restricts_deletion(self) -> bool {
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

/// Converts a number of a system-dependent type.
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

/// Returns the status of a path, or `None` if it does not exist.
pub fn status(path: &Path, links: Links) -> io::Result<Option<Status>> {
    Ok(find(CWD, path, links)?.map(|found| Status::from(&found)))
}

pub fn status_of(handle: &impl AsFd) -> io::Result<Status> {
    Ok(Status::from(&rustix::fs::fstat(handle)?))
}

/// Returns status, owner and permissions of a path, or `None` if it does not exist.
pub fn examine(path: &Path, links: Links) -> io::Result<Option<Examined>> {
    Ok(find(CWD, path, links)?.map(|found| Examined::from(&found)))
}

pub fn examine_open(handle: &impl AsFd) -> io::Result<Examined> {
    Ok(Examined::from(&rustix::fs::fstat(handle)?))
}

fn find(
    directory: impl AsFd,
    name: impl rustix::path::Arg,
    links: Links,
) -> io::Result<Option<Stat>> {
    let flags = match links {
        Links::Follow => AtFlags::empty(),
        Links::Keep => AtFlags::SYMLINK_NOFOLLOW,
    };
    match rustix::fs::statat(directory, name, flags) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT) => Ok(None),
        Err(source) => Err(source.into()),
    }
}

/// Returns whether an entry of a directory is an open file of the same directory.
pub fn is_same_file(entry: Status, open: Status) -> bool {
    entry.identity == open.identity
}

/// Opens a path for reading, even if it is a device or a pipe.
pub fn open_to_read(path: &Path) -> io::Result<Handle> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?)
}

/// Opens a path for reading, without waiting for a writer if it is a pipe.
pub fn open_nonblocking(path: &Path, links: Links) -> io::Result<Handle> {
    let follow = match links {
        Links::Follow => OFlags::empty(),
        Links::Keep => OFlags::NOFOLLOW,
    };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | follow;
    Ok(retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?)
}

/// Reads up to `chunk.len()` bytes; returns 0 at the end.
pub fn read(handle: &Handle, chunk: &mut [u8]) -> io::Result<usize> {
    Ok(retry_on_intr(|| rustix::io::read(handle, &mut *chunk))?)
}

/// Writes some of the bytes, and returns their number.
pub fn write(handle: &Handle, bytes: &[u8]) -> io::Result<usize> {
    Ok(retry_on_intr(|| rustix::io::write(handle, bytes))?)
}

/// Returns the path itself; Windows simplifies it.
pub fn simplify_path(path: PathBuf) -> PathBuf {
    path
}

pub fn remove(path: &Path) -> io::Result<()> {
    Ok(retry_on_intr(|| rustix::fs::unlinkat(CWD, path, AtFlags::empty()))?)
}

/// Waits until an open file or directory is on the disk.
pub fn sync(handle: &impl AsFd) -> io::Result<()> {
    // On Apple systems, fsync(2) stops at the cache of the drive.
    #[cfg(target_vendor = "apple")]
    if rustix::fs::fcntl_fullfsync(handle).is_ok() {
        return Ok(());
    }
    Ok(retry_on_intr(|| rustix::fs::fsync(handle))?)
}

/// Waits until the whole file system of an open file is on the disk; returns `false` if that is not
/// supported. Since Linux 5.8, syncfs(2) reports write errors.
pub fn sync_file_system(handle: &Handle) -> bool {
    #[cfg(target_os = "linux")]
    return retry_on_intr(|| rustix::fs::syncfs(handle)).is_ok();
    #[cfg(not(target_os = "linux"))]
    {
        let _ = handle;
        false
    }
}

/// Locks an open file or directory exclusively, without waiting.
///
/// # Errors
///
/// [`io::ErrorKind::WouldBlock`] if another process has locked it, and other errors if the file
/// system has no locks.
pub fn lock(handle: &impl AsFd) -> io::Result<()> {
    let exclusive = FlockOperation::NonBlockingLockExclusive;
    Ok(retry_on_intr(|| rustix::fs::flock(handle, exclusive))?)
}

/// Locks an open file or directory exclusively; returns `false` if another process has locked it.
pub fn try_lock(handle: &impl AsFd) -> bool {
    lock(handle).is_ok()
}

/// Takes a shared lock on an open file. Returns `false` only if another process has locked it
/// exclusively: a file system without locks counts as unlocked.
pub fn try_lock_shared(handle: &Handle) -> bool {
    let shared = FlockOperation::NonBlockingLockShared;
    rustix::fs::flock(handle, shared) != Err(Errno::WOULDBLOCK)
}

/// Fails if this user cannot write to a file, or create files in a directory.
pub fn can_write(path: &Path) -> io::Result<()> {
    let access = rustix::fs::Access::WRITE_OK;
    Ok(rustix::fs::accessat(CWD, path, access, AtFlags::EACCESS)?)
}

/// Returns the maximum number of open files of this process.
pub fn max_open_files() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Creates a directory that only its owner can access (mode 0700).
pub fn create_private_directory(path: &Path) -> io::Result<()> {
    retry_on_intr(|| rustix::fs::mkdir(path, Mode::RWXU))?;
    // The umask may have cleared owner bits.
    let changed = retry_on_intr(|| rustix::fs::chmod(path, Mode::RWXU));
    Ok(changed.inspect_err(|_| {
        rustix::fs::rmdir(path).ok();
    })?)
}

/// Creates an empty file that only its owner can read and write (mode 0600).
pub fn create_private_file(path: &Path) -> io::Result<()> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let descriptor = retry_on_intr(|| rustix::fs::open(path, flags, mode))?;
    // The umask may have cleared owner bits.
    Ok(retry_on_intr(|| rustix::fs::fchmod(&descriptor, mode))?)
}

/// Makes a file accessible to its owner only (mode 0600).
pub fn restrict_to_owner(path: &Path) -> io::Result<()> {
    Ok(retry_on_intr(|| rustix::fs::chmod(path, Mode::RUSR | Mode::WUSR))?)
}

/// True if an open file can be removed, and its name given to another file.
pub const CAN_REPLACE_OPEN: bool = true;

/// Opens the controlling terminal of this process. Fails if it has none.
pub fn open_terminal() -> io::Result<Handle> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(retry_on_intr(|| rustix::fs::open("/dev/tty", flags, Mode::empty()))?)
}

/// Returns whether it is the null device, which discards all output.
pub fn is_null_device(descriptor: impl AsFd) -> bool {
    match (rustix::fs::fstat(descriptor), rustix::fs::stat("/dev/null")) {
        (Ok(found), Ok(null)) => {
            FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice
                && found.st_rdev == null.st_rdev
        }
        _ => false,
    }
}

/// Checks that it is open for writing. A path-only descriptor (`O_PATH`) is not.
pub fn check_open_for_writing(descriptor: impl AsFd) -> io::Result<()> {
    match rustix::fs::fcntl_getfl(descriptor)? & OFlags::RWMODE {
        OFlags::WRONLY | OFlags::RDWR => Ok(()),
        _ => Err(Errno::BADF.into()),
    }
}
