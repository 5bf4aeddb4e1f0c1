//! Files on Windows.
//!
//! A private file has a protected access control list with a single entry, for its owner: nothing
//! is inherited from the directory. Administrators and SYSTEM can still grant themselves access, as
//! root can on Unix.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "this module owns files")]

mod calls;
mod descriptor;
mod directory;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsHandle;
use std::path::{Component, Path, PathBuf, Prefix};

use winapi_util::{console as win_console, file as win_file};
use windows_sys::Win32::Foundation::GENERIC_WRITE;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ALL_ACCESS, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_READ_ATTRIBUTES, FILE_WRITE_DATA, READ_CONTROL, SECURITY_IDENTIFICATION,
};

pub use self::calls::{read_console, write_console};
pub use self::descriptor::{Permissions, UserId};
pub use self::directory::Directory;
use super::{EphemeralInfo, Examined, FileKind, Links, Status};

/// An open file or directory.
pub type Handle = File;

/// Returns the user that this process runs as.
pub fn current_user() -> io::Result<UserId> {
    let (bytes, offset) = calls::token_user()?;
    let user = bytes.get(offset..).and_then(UserId::read);
    user.ok_or_else(|| ErrorKind::InvalidData.into())
}

/// Returns the users that may own files in world-writable directories.
pub fn trusted_users() -> io::Result<Vec<UserId>> {
    Ok([current_user()?].into_iter().chain(descriptor::system_users()).collect())
}

fn open(path: &Path, access: u32, links: Links) -> io::Result<File> {
    let flags = FILE_FLAG_BACKUP_SEMANTICS | link_flag(links);
    OpenOptions::new().access_mode(access).custom_flags(flags).open(path)
}

fn link_flag(links: Links) -> u32 {
    match links {
        Links::Follow => 0,
        Links::Keep => FILE_FLAG_OPEN_REPARSE_POINT,
    }
}

fn unless_missing<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Returns the status of a path, or `None` if it does not exist.
pub fn status(path: &Path, links: Links) -> io::Result<Option<Status>> {
    let file = open(path, FILE_READ_ATTRIBUTES, links);
    unless_missing(file.and_then(|file| status_of_file(&file)))
}

pub fn status_of(open: &impl AsHandle) -> io::Result<Status> {
    status_of_file(&duplicate(open)?)
}

fn status_of_file(file: &File) -> io::Result<Status> {
    let device = win_file::typ(file)?;
    if !device.is_disk() {
        let found = if device.is_pipe() { "a pipe" } else { "a device" };
        return Ok(Status { kind: FileKind::Other(found), identity: (0, 0), length: 0, names: 1 });
    }
    let found = win_file::information(file)?;
    let file_type = file.metadata()?.file_type();
    let kind = if file_type.is_symlink() {
        FileKind::Symlink
    } else if file_type.is_dir() {
        FileKind::Directory
    } else {
        FileKind::File
    };
    Ok(Status {
        kind,
        identity: (found.volume_serial_number(), found.file_index()),
        length: found.file_size(),
        names: found.number_of_links(),
    })
}

/// Returns whether an entry of a directory is an open file of the same directory. Compares the file
/// index only: some systems return no volume for a file that was renamed while open.
pub fn is_same_file(entry: Status, open: Status) -> bool {
    entry.identity.1 == open.identity.1
}

/// Duplicates a handle.
fn duplicate(open: &impl AsHandle) -> io::Result<File> {
    Ok(open.as_handle().try_clone_to_owned()?.into())
}

/// Returns status, owner and permissions of a path, or `None` if it does not exist.
pub fn examine(path: &Path, links: Links) -> io::Result<Option<Examined>> {
    let file = open(path, FILE_READ_ATTRIBUTES | READ_CONTROL, links);
    unless_missing(file.and_then(|file| examine_file(&file)))
}

pub fn examine_open(open: &impl AsHandle) -> io::Result<Examined> {
    examine_file(&duplicate(open)?)
}

fn examine_file(file: &File) -> io::Result<Examined> {
    let status = status_of_file(file)?;
    let descriptor = calls::security_descriptor(file)?;
    let found = descriptor::read(&descriptor, current_user()?, status.kind == FileKind::Directory);
    let (owner, permissions) = match (found, status.kind) {
        (Some(found), _) => found,
        // Some devices have no owner. The kind rejects every device, so the owner does not matter.
        (None, FileKind::Other(_)) => (current_user()?, Permissions::FULL_ACCESS_FOR_EVERYONE),
        _ => return Err(ErrorKind::InvalidData.into()),
    };
    Ok(Examined { status, owner, permissions })
}

/// Opens a path for reading, even if it is a device or a pipe. The server of a pipe can identify
/// this user, but cannot impersonate it.
pub fn open_to_read(path: &Path) -> io::Result<Handle> {
    OpenOptions::new().read(true).security_qos_flags(SECURITY_IDENTIFICATION).open(path)
}

/// Opens a path for reading.
pub fn open_nonblocking(path: &Path, links: Links) -> io::Result<Handle> {
    OpenOptions::new().read(true).custom_flags(link_flag(links)).open(path)
}

/// Reads up to `chunk.len()` bytes; returns 0 at the end.
pub fn read(mut handle: &Handle, chunk: &mut [u8]) -> io::Result<usize> {
    handle.read(chunk)
}

/// Writes some of the bytes, and returns their number.
pub fn write(mut handle: &Handle, bytes: &[u8]) -> io::Result<usize> {
    handle.write(bytes)
}

/// Removes the verbatim prefix `\\?\`
/// (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>) where the path means
/// the same without it.
pub fn simplify_path(path: PathBuf) -> PathBuf {
    let mut parts = path.components();
    let Some(Component::Prefix(prefix)) = parts.next() else {
        return path;
    };
    let mut simple = match prefix.kind() {
        Prefix::VerbatimDisk(disk) => OsString::from(format!("{}:", char::from(disk))),
        Prefix::VerbatimUNC(server, share) => {
            let mut start = OsString::from(r"\\");
            start.push(server);
            start.push(r"\");
            start.push(share);
            start
        }
        _ => return path,
    };
    simple.push(parts.as_path());
    let simple = PathBuf::from(simple);
    // Long paths, and names with a trailing dot, need the prefix.
    let is_same = std::path::absolute(&simple).is_ok_and(|same| same == simple);
    if is_same && simple.as_os_str().len() < calls::MAX_PLAIN_PATH { simple } else { path }
}

pub fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Waits until the contents of an open file are on the disk.
pub fn sync(handle: &Handle) -> io::Result<()> {
    handle.sync_all()
}

/// Returns `false`: Windows has no call that syncs a whole file system.
pub fn sync_file_system(_handle: &Handle) -> bool {
    false
}

/// Locks an open file exclusively, without waiting.
///
/// # Errors
///
/// [`ErrorKind::WouldBlock`] if another process has locked it, and other errors if the file system
/// has no locks.
pub fn lock(handle: &Handle) -> io::Result<()> {
    match handle.try_lock() {
        Err(TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
        Err(TryLockError::Error(error)) => Err(error),
        Ok(()) => Ok(()),
    }
}

/// Locks an open file exclusively; returns `false` if another process has locked it.
pub fn try_lock(handle: &Handle) -> bool {
    lock(handle).is_ok()
}

/// Takes a shared lock on an open file. Returns `false` only if another process has locked it
/// exclusively: a file system without locks counts as unlocked.
pub fn try_lock_shared(handle: &Handle) -> bool {
    !matches!(handle.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Fails if this user cannot write to a file, or create files in a directory.
pub fn can_write(path: &Path) -> io::Result<()> {
    open(path, FILE_WRITE_DATA, Links::Follow).map(|_| ())
}

/// Returns the maximum number of open files: Windows has no relevant limit.
pub fn max_open_files() -> usize {
    usize::MAX
}

/// Creates a directory that only its owner can access; its entries inherit that.
pub fn create_private_directory(path: &Path) -> io::Result<()> {
    let descriptor = descriptor::owner_only(&current_user()?, FILE_ALL_ACCESS, true);
    calls::create_directory(path, &descriptor)
}

/// Creates an empty file that only its owner can read and write.
pub fn create_private_file(path: &Path) -> io::Result<()> {
    let descriptor = descriptor::owner_only(&current_user()?, FILE_ALL_ACCESS, false);
    calls::create_file(path, &descriptor, GENERIC_WRITE).map(|_| ())
}

/// True if an open file can be removed, and its name given to another file. NTFS can since 2016,
/// but other file systems cannot.
pub const CAN_REPLACE_OPEN: bool = false;

/// Examines an ephemeral directory of this user. Its lock is the file `marker`, if that exists.
/// Returns `None` for a directory of another user, and does not list it.
pub fn ephemeral_info(path: &Path, marker: &OsStr) -> io::Result<Option<EphemeralInfo>> {
    let found = examine(path, Links::Keep)?.ok_or(ErrorKind::NotFound)?;
    if found.status.kind != FileKind::Directory {
        return Err(ErrorKind::NotADirectory.into());
    }
    if found.owner != current_user()? {
        return Ok(None);
    }
    let lock = unless_missing(open_nonblocking(&path.join(marker), Links::Keep))?;
    let names = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name()));
    Ok(Some(EphemeralInfo { names: names.collect::<Result<_, _>>()?, lock }))
}

/// Marks a new directory, and locks the marker. Returns `None` if another process has locked it.
pub fn claim_directory(path: &Path, marker: &OsStr) -> io::Result<Option<Handle>> {
    let marker = path.join(marker);
    create_private_file(&marker)?;
    Ok(Some(open_nonblocking(&marker, Links::Keep)?).filter(try_lock))
}

/// Removes the contents of an ephemeral directory except the files `kept`. Does not follow symbolic
/// links.
pub fn remove_contents(path: &Path, kept: &[&str], _lock: Option<&Handle>) -> io::Result<()> {
    let mut directories = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            directories.push(entry.path());
        } else if !kept.iter().any(|kept| entry.file_name() == *kept) {
            fs::remove_file(entry.path())?;
        }
    }
    // Files first: the keys are gone even if a directory made by the command cannot be removed.
    directories.iter().try_for_each(fs::remove_dir_all)
}

/// Removes an ephemeral directory with its contents, the files `last` at the end and in order. The
/// caller has closed the lock.
pub fn remove_directory(path: &Path, last: &[&str], lock: Option<&Handle>) -> io::Result<()> {
    remove_contents(path, last, lock)?;
    for name in last {
        unless_missing(fs::remove_file(path.join(name)))?;
    }
    fs::remove_dir(path)
}

/// Connects to a named pipe of this machine. Its server can identify this user, but cannot
/// impersonate it.
///
/// Any user can create a pipe of an unused name, so secrets may only go to a pipe that belongs to
/// this user, to an administrator or to SYSTEM.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] for any other path, [`ErrorKind::PermissionDenied`] for a pipe of
/// another user, and errors of the system.
pub fn open_pipe(path: &Path) -> io::Result<File> {
    let is_pipe = path.as_os_str().as_encoded_bytes().get(..PIPES.len()).is_some_and(|start| {
        let start = start.iter().map(|&byte| if byte == b'/' { b'\\' } else { byte });
        start.map(|byte| byte.to_ascii_lowercase()).eq(PIPES.bytes())
    });
    if !is_pipe {
        return Err(ErrorKind::InvalidInput.into());
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).security_qos_flags(SECURITY_IDENTIFICATION);
    let pipe = options.open(path)?;
    // `..` in the path may have led elsewhere.
    if !win_file::typ(&pipe)?.is_pipe() {
        return Err(ErrorKind::InvalidInput.into());
    }
    match descriptor::owner(&calls::security_descriptor(&pipe)?) {
        Some(owner) if !trusted_users()?.contains(&owner) => {
            Err(ErrorKind::PermissionDenied.into())
        }
        // On Windows every pipe has an owner. Wine reports none, but has a single user.
        _ => Ok(pipe),
    }
}

const PIPES: &str = r"\\.\pipe\";

/// Opens the console of this process: its input and its output. Fails if it has none.
pub fn open_console() -> io::Result<(File, File)> {
    let open = |name| OpenOptions::new().read(true).write(true).open(name);
    Ok((open("CONIN$")?, open("CONOUT$")?))
}

/// Returns whether output to it is lost: it is the null device, or not open.
pub fn is_null_device(open: impl AsHandle) -> bool {
    let Ok(file) = duplicate(&open) else {
        return true;
    };
    match win_file::typ(&file) {
        // A console is a character device, too.
        Ok(device) => device.is_char() && win_console::mode(&file).is_err(),
        Err(_) => true,
    }
}

/// Accepts any handle: a write to one without access fails.
pub fn check_open_for_writing(_: impl AsHandle) -> io::Result<()> {
    Ok(())
}
