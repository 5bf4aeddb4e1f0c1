//! An open directory on Windows.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "this module owns files")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{ERROR_SHARING_VIOLATION, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_DELETE_ON_CLOSE, FILE_GENERIC_READ,
    FILE_READ_DATA, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_ATTRIBUTES,
};

use super::super::{Access, Examined, FileKind, Links, Status};
use super::{
    Handle, calls, can_write, current_user, descriptor, examine, is_same_file, open,
    open_nonblocking, status, status_of_file,
};

/// An open directory, which cannot be renamed or removed while it is open. Clones share the handle.
#[derive(Clone, Debug)]
pub struct Directory {
    handle: Rc<File>,
    path: PathBuf,
}

impl Directory {
    pub fn open(path: &Path) -> io::Result<Self> {
        let handle = OpenOptions::new()
            .access_mode(FILE_READ_DATA)
            // Without FILE_SHARE_DELETE: the directory keeps its name.
            .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
            .open(path)?;
        if !handle.metadata()?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        Ok(Self { handle: Rc::new(handle), path: path.to_owned() })
    }

    /// Returns the path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn status(&self) -> io::Result<Status> {
        status_of_file(&self.handle)
    }

    /// Returns the status of an entry, or `None` if it does not exist.
    pub fn find(&self, name: &OsStr, links: Links) -> io::Result<Option<Status>> {
        status(&self.path.join(name), links)
    }

    /// Returns status, owner and permissions of an entry, or `None`. Does not follow a symbolic
    /// link.
    pub fn examine(&self, name: &OsStr) -> io::Result<Option<Examined>> {
        examine(&self.path.join(name), Links::Keep)
    }

    /// Fails if this user cannot create files in it.
    pub fn can_write(&self) -> io::Result<()> {
        can_write(&self.path)
    }

    /// Does nothing: names are in the file system's journal, and [`Directory::rename_noreplace`]
    /// waits for the disk.
    pub fn sync_entries(&self) -> io::Result<()> {
        Ok(())
    }

    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        retry_if_held(|| fs::remove_file(self.path.join(name)))
    }

    /// Renames a file, replacing one named `to`; `second` is another name of the replaced file.
    pub fn rename(&self, from: &OsStr, to: &OsStr, second: Option<&OsStr>) -> io::Result<()> {
        let (from, to) = (self.path.join(from), self.path.join(to));
        // Windows refuses to replace a read-only file.
        let is_read_only =
            fs::symlink_metadata(&to).is_ok_and(|found| found.permissions().readonly());
        if is_read_only {
            set_read_only(&to, false)?;
        }
        // A scanner may have the replaced file open, but only for a moment.
        let renamed = retry_if_held(|| fs::rename(&from, &to));
        if is_read_only {
            let old =
                if renamed.is_ok() { second.map(|name| self.path.join(name)) } else { Some(to) };
            // A failure here is not worth failing for.
            old.map(|old| set_read_only(&old, true).ok());
        }
        renamed
    }

    /// Unsupported: an open file keeps its name.
    pub fn rename_noreplace_atomic(&self, _from: &OsStr, _to: &OsStr) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Unsupported on Windows.
    pub fn exchange(&self, _one: &OsStr, _other: &OsStr) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Renames a file, and fails if `to` exists.
    pub fn rename_noreplace(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        retry_if_held(|| calls::rename_noreplace(&self.path.join(from), &self.path.join(to)))
    }

    /// Gives a file a second name, which must not exist.
    pub fn link(&self, old: &OsStr, new: &OsStr) -> io::Result<()> {
        let (old, new) = (self.path.join(old), self.path.join(new));
        // If another process forbids renaming or removing the file, the new name could not be
        // removed.
        retry_if_held(|| open(&old, DELETE, Links::Keep))?;
        fs::hard_link(old, new)
    }

    /// Unsupported: every file has a name.
    pub fn link_unnamed(&self, _unnamed: &Handle, _name: &OsStr) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Creates a file, and opens it for writing.
    pub fn create(&self, name: &OsStr, access: Access) -> io::Result<Handle> {
        let path = self.path.join(name);
        match access {
            Access::Everyone | Access::Like(_) => {
                OpenOptions::new().write(true).create_new(true).open(path)
            }
            Access::Owner => {
                let descriptor = descriptor::owner_only(&current_user()?, PRIVATE_KEY_FILE, false);
                // A removed file keeps its name until all handles are closed.
                retry_if_held(|| calls::create_file(&path, &descriptor, GENERIC_WRITE))
            }
        }
    }

    /// Returns `None`: Windows has no unnamed files.
    pub fn create_unnamed(&self, _access: Access) -> io::Result<Option<Handle>> {
        Ok(None)
    }

    /// Opens the file that a process locks to replace `_name`: a lock file, which Windows removes
    /// when the last handle is closed.
    pub fn open_replace_lock(&self, _name: &OsStr, lock: &OsStr) -> io::Result<Handle> {
        let path = self.path.join(lock);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
        // While it is being deleted, it cannot be opened or created.
        retry_if_held(|| options.open(&path))
    }

    /// Returns whether an open file is still the one to lock to replace `_name`.
    pub fn is_replace_lock(&self, _name: &OsStr, lock: &OsStr, handle: &Handle) -> bool {
        match (self.find(lock, Links::Keep), status_of_file(handle)) {
            (Ok(found), Ok(open)) => found.is_some_and(|found| is_same_file(found, open)),
            // It is being deleted, so no other process can open or create one.
            _ => true,
        }
    }

    /// Opens a file for reading or locking. Does not follow a symbolic link.
    pub fn open_nofollow(&self, name: &OsStr) -> io::Result<Handle> {
        open_nonblocking(&self.path.join(name), Links::Keep)
    }

    /// Calls `visit` with the name and kind of each entry.
    pub fn list(&self, mut visit: impl FnMut(OsString, Option<FileKind>)) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let file_type = entry.file_type()?;
            let kind = if file_type.is_file() {
                FileKind::File
            } else if file_type.is_dir() {
                FileKind::Directory
            } else {
                FileKind::Symlink
            };
            visit(entry.file_name(), Some(kind));
        }
        Ok(())
    }
}

/// The owner's access to a private key file: reading, as with mode 0400, removing, and renaming,
/// which needs `FILE_WRITE_ATTRIBUTES`.
const PRIVATE_KEY_FILE: u32 = FILE_GENERIC_READ | DELETE | FILE_WRITE_ATTRIBUTES;

pub(super) fn set_read_only(path: &Path, read_only: bool) -> io::Result<()> {
    let mut permissions = fs::symlink_metadata(path)?.permissions();
    permissions.set_readonly(read_only);
    fs::set_permissions(path, permissions)
}

/// Retries a call that fails while another process has the file open. Virus scanners open new
/// files.
fn retry_if_held<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let start = Instant::now();
    loop {
        match attempt() {
            Err(error) if may_be_held(&error) && start.elapsed() < MAX_WAIT => {
                thread::sleep(POLL_INTERVAL);
            }
            done => return done,
        }
    }
}

fn may_be_held(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
        || error.raw_os_error() == i32::try_from(ERROR_SHARING_VIOLATION).ok()
}

const MAX_WAIT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
