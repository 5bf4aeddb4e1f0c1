//! Files as Windows has them.
//!
//! What is for its owner alone has an access control list with one entry, which does not take over what the
//! folder above lets others do. Administrators, and the system itself, can give themselves access to
//! everything, as root can.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "this module owns files")]

mod calls;
mod console;
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

use winapi_util::{console as known_console, file as known};

pub use self::console::{open_console, read_console, write_console};
pub(in super::super) use self::descriptor::Permissions;
pub use self::descriptor::UserId;
use self::descriptor::right;
pub(in super::super) use self::directory::Directory;
use super::{Claim, Examined, FileKind, Links, Status};

/// An open file or folder.
pub(in super::super) type Handle = File;

/// `FILE_FLAG_BACKUP_SEMANTICS`: a folder can be opened as well.
const FOLDERS_TOO: u32 = 0x0200_0000;
/// `FILE_FLAG_OPEN_REPARSE_POINT`: a symbolic link is itself opened.
const LINKS_THEMSELVES: u32 = 0x0020_0000;
/// `FILE_SHARE_READ` and `FILE_SHARE_WRITE`, without that to delete: what is open keeps its name.
const NAME_IS_KEPT: u32 = 0x3;
/// `SECURITY_IDENTIFICATION`: whoever is at the other end of a pipe learns who asks, and cannot act for them.
const NOT_IN_MY_NAME: u32 = 0x0001_0000;

/// Returns whom this process runs for.
pub(in super::super) fn user() -> io::Result<UserId> {
    let (bytes, offset) = calls::token_user()?;
    let user = bytes.get(offset..).and_then(UserId::read);
    user.ok_or_else(|| ErrorKind::InvalidData.into())
}

/// Returns who may own what lies where everybody can write.
pub(in super::super) fn trusted() -> io::Result<Vec<UserId>> {
    Ok([user()?].into_iter().chain(descriptor::system()).collect())
}

fn open(path: &Path, rights: u32, links: Links) -> io::Result<File> {
    let links = match links {
        Links::Follow => 0,
        Links::Keep => LINKS_THEMSELVES,
    };
    OpenOptions::new().access_mode(rights).custom_flags(FOLDERS_TOO | links).open(path)
}

fn unless_missing<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Returns what has this name, or `None`.
pub(in super::super) fn status(path: &Path, links: Links) -> io::Result<Option<Status>> {
    let file = open(path, right::READ_ATTRIBUTES, links);
    unless_missing(file.and_then(|file| status_of_file(&file)))
}

/// Returns what is open.
pub(in super::super) fn status_of(open: &impl AsHandle) -> io::Result<Status> {
    status_of_file(&own(open)?)
}

fn status_of_file(file: &File) -> io::Result<Status> {
    let sort = known::typ(file)?;
    if !sort.is_disk() {
        let found = if sort.is_pipe() { "a pipe" } else { "a device" };
        return Ok(Status { kind: FileKind::Other(found), identity: (0, 0), length: 0, names: 1 });
    }
    let found = known::information(file)?;
    let sort = file.metadata()?.file_type();
    let kind = if sort.is_symlink() {
        FileKind::Symlink
    } else if sort.is_dir() {
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

/// Returns whether what has a name is what is open in the same folder. Of a file that was renamed since it was
/// opened, not every system tells the volume.
pub(in super::super) fn is_named(named: Status, open: Status) -> bool {
    named.identity.1 == open.identity.1
}

/// Returns what is open as a file that is to be closed.
fn own(open: &impl AsHandle) -> io::Result<File> {
    Ok(open.as_handle().try_clone_to_owned()?.into())
}

/// Returns what has this name and who may do what with it, or `None`.
pub(in super::super) fn examine(path: &Path, links: Links) -> io::Result<Option<Examined>> {
    let file = open(path, right::READ_ATTRIBUTES | right::READ_CONTROL, links);
    unless_missing(file.and_then(|file| examine_file(&file)))
}

/// Returns what is open and who may do what with it.
pub(in super::super) fn examine_open(open: &impl AsHandle) -> io::Result<Examined> {
    examine_file(&own(open)?)
}

fn examine_file(file: &File) -> io::Result<Examined> {
    let status = status_of_file(file)?;
    let descriptor = calls::descriptor_of(file)?;
    let found = descriptor::read(&descriptor, user()?, status.kind == FileKind::Directory);
    let (owner, permissions) = match (found, status.kind) {
        (Some(found), _) => found,
        // Not every device says whose it is, and none is taken for a file, whoever has it.
        (None, FileKind::Other(_)) => (user()?, Permissions::EVERYTHING_FOR_EVERYBODY),
        _ => return Err(ErrorKind::InvalidData.into()),
    };
    Ok(Examined { status, owner, permissions })
}

/// Opens what has this name, a device or a pipe too, for reading.
pub(in super::super) fn open_to_read(path: &Path) -> io::Result<Handle> {
    OpenOptions::new().read(true).security_qos_flags(NOT_IN_MY_NAME).open(path)
}

/// Opens what has this name for reading.
pub(in super::super) fn open_to_look(path: &Path, links: Links) -> io::Result<Handle> {
    let links = match links {
        Links::Follow => 0,
        Links::Keep => LINKS_THEMSELVES,
    };
    OpenOptions::new().read(true).custom_flags(links).open(path)
}

/// Reads some bytes, none at the end.
pub(in super::super) fn read(mut handle: &Handle, chunk: &mut [u8]) -> io::Result<usize> {
    handle.read(chunk)
}

/// Writes some bytes, and returns how many.
pub(in super::super) fn write(mut handle: &Handle, bytes: &[u8]) -> io::Result<usize> {
    handle.write(bytes)
}

/// Returns a path as a person names it: without `\\?\` in front, by which Windows takes the rest word for word
/// (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>), where that means the same.
pub(in super::super) fn as_named(path: PathBuf) -> PathBuf {
    let mut parts = path.components();
    let Some(Component::Prefix(prefix)) = parts.next() else {
        return path;
    };
    let mut named = match prefix.kind() {
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
    named.push(parts.as_path());
    let named = PathBuf::from(named);
    // Among others those that are too long, or end with a dot.
    let is_same = std::path::absolute(&named).is_ok_and(|same| same == named);
    if is_same && named.as_os_str().len() < calls::LONGEST_NAMED { named } else { path }
}

/// Removes a file.
pub(in super::super) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Waits until an open file is on the disk.
pub(in super::super) fn sync(handle: &Handle) -> io::Result<()> {
    handle.sync_all()
}

/// That all of a file system is on the disk cannot be waited for.
pub(in super::super) fn sync_file_system(_handle: &Handle) -> bool {
    false
}

/// Locks an open file unless another process has; returns whether that was done.
pub(in super::super) fn try_lock(handle: &Handle) -> bool {
    handle.try_lock().is_ok()
}

/// Returns whether another process has locked an open file for itself alone; if not, it is locked together
/// with others. Some file systems know no locks.
pub(in super::super) fn try_lock_shared(handle: &Handle) -> bool {
    !matches!(handle.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Locks an open file, and waits for that; returns whether it could be done.
pub(in super::super) fn wait_for_lock(handle: &Handle) -> bool {
    handle.lock().is_ok()
}

/// Fails if this user may not write to a file, or make files in a folder.
pub(in super::super) fn can_write(path: &Path) -> io::Result<()> {
    open(path, right::WRITE, Links::Follow).map(|_| ())
}

/// Returns how many files this process may have open at once: there is no limit that matters.
pub(in super::super) fn max_open_files() -> usize {
    usize::MAX
}

/// Makes a folder for its owner alone, as is all that is made in it.
pub(in super::super) fn create_private_directory(path: &Path) -> io::Result<()> {
    let descriptor = descriptor::of_owner_alone(&user()?, right::ALL_OF_FILE, true);
    calls::create_folder(path, &descriptor)
}

/// Makes an empty file that its owner alone can read and write.
pub(in super::super) fn create_private_file(path: &Path) -> io::Result<()> {
    let descriptor = descriptor::of_owner_alone(&user()?, right::ALL_OF_FILE, false);
    calls::create_file(path, &descriptor, right::ANY_WRITE).map(|_| ())
}

/// Whether a file can be removed, and another be given its name, while it is open: NTFS can since 2016, others
/// cannot.
pub(in super::super) const CAN_REPLACE_OPEN: bool = false;

/// Returns the owner of a folder and what its user locks: the file `mark` in it, if that is there.
pub(in super::super) fn claim_of(folder: &Path, mark: &OsStr) -> io::Result<Claim> {
    let found = examine(folder, Links::Keep)?.ok_or(ErrorKind::NotFound)?;
    if found.status.kind != FileKind::Directory {
        return Err(ErrorKind::NotADirectory.into());
    }
    let lock = unless_missing(open_to_look(&folder.join(mark), Links::Keep))?;
    let is_marked = lock.is_some() || fs::read_dir(folder)?.count() == 0;
    Ok(Claim { owner: found.owner, is_marked, lock })
}

/// Removes a claimed folder with its contents, the file `mark` last; symbolic links are not followed. What was
/// locked is closed by then.
pub(in super::super) fn remove_folder(
    path: &Path,
    mark: &OsStr,
    _lock: Option<&Handle>,
) -> io::Result<()> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        } else if entry.file_name() != mark {
            fs::remove_file(entry.path())?;
        }
    }
    // The keys are gone, even if a folder that a command made cannot be removed.
    folders.iter().try_for_each(fs::remove_dir_all)?;
    match fs::remove_file(path.join(mark)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => fs::remove_dir(path),
    }
}

/// Connects to a named pipe of this machine. Whoever listens there learns who asks, and cannot act for them.
///
/// Everybody can make a pipe of any name that is free: only that of the user, of an administrator or of the
/// system itself is one to tell secrets to.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] for what is no such pipe, [`ErrorKind::PermissionDenied`] for one of somebody
/// else, and whatever the system says.
pub fn open_pipe(path: &Path) -> io::Result<File> {
    let is_pipe = path.as_os_str().as_encoded_bytes().get(..PIPES.len()).is_some_and(|start| {
        let start = start.iter().map(|&byte| if byte == b'/' { b'\\' } else { byte });
        start.map(|byte| byte.to_ascii_lowercase()).eq(PIPES.bytes())
    });
    if !is_pipe {
        return Err(ErrorKind::InvalidInput.into());
    }
    let pipe =
        OpenOptions::new().read(true).write(true).security_qos_flags(NOT_IN_MY_NAME).open(path)?;
    // `..` in the path may have led elsewhere.
    if !known::typ(&pipe)?.is_pipe() {
        return Err(ErrorKind::InvalidInput.into());
    }
    match descriptor::owner(&calls::descriptor_of(&pipe)?) {
        Some(owner) if !trusted()?.contains(&owner) => Err(ErrorKind::PermissionDenied.into()),
        // Every pipe of Windows has an owner. Wine tells of none, and has one user alone.
        _ => Ok(pipe),
    }
}

const PIPES: &str = r"\\.\pipe\";

/// Returns whether what is written to it is lost: it is the null device, or nothing at all.
pub(in super::super) fn is_null_device(open: impl AsHandle) -> bool {
    let Ok(file) = own(&open) else {
        return true;
    };
    match known::typ(&file) {
        // A console is such a device, too.
        Ok(sort) => sort.is_char() && known_console::mode(&file).is_err(),
        Err(_) => true,
    }
}
