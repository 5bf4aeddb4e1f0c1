//! An open directory on Unix.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
use rustix::fs::RenameFlags;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::super::{Access, Examined, FileKind, Links, Status};
use super::{Handle, Permissions, find, kind, status_of, sync};

/// An open directory. All operations use the descriptor, so renaming the directory or one of its
/// parents does not redirect them. Clones share the descriptor.
#[derive(Clone, Debug)]
pub struct Directory {
    descriptor: Rc<OwnedFd>,
    path: PathBuf,
}

impl Directory {
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?;
        Ok(Self { descriptor: Rc::new(descriptor), path: path.to_owned() })
    }

    /// Returns the path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn status(&self) -> io::Result<Status> {
        status_of(&self.descriptor)
    }

    /// Returns the status of an entry, or `None` if it does not exist.
    pub fn find(&self, name: &OsStr, links: Links) -> io::Result<Option<Status>> {
        Ok(find(&self.descriptor, name, links)?.map(|found| Status::from(&found)))
    }

    /// Returns status, owner and permissions of an entry, or `None`. Does not follow a symbolic
    /// link.
    pub fn examine(&self, name: &OsStr) -> io::Result<Option<Examined>> {
        Ok(find(&self.descriptor, name, Links::Keep)?.map(|found| Examined::from(&found)))
    }

    /// Fails if this user cannot create files in it.
    pub fn can_write(&self) -> io::Result<()> {
        let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        Ok(rustix::fs::accessat(&self.descriptor, ".", access, AtFlags::EACCESS)?)
    }

    /// Waits until all changes to entries are on the disk.
    pub fn sync_entries(&self) -> io::Result<()> {
        match sync(&self.descriptor) {
            // Some file systems cannot sync a directory.
            Err(error) if UNSUPPORTED.contains(&Errno::from_io_error(&error)) => Ok(()),
            done => done,
        }
    }

    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(retry_on_intr(|| rustix::fs::unlinkat(&self.descriptor, name, AtFlags::empty()))?)
    }

    /// Renames a file, replacing one named `to`. Only Windows needs `second`, another name of the
    /// replaced file.
    pub fn rename(&self, from: &OsStr, to: &OsStr, _second: Option<&OsStr>) -> io::Result<()> {
        let Self { descriptor, .. } = self;
        Ok(retry_on_intr(|| rustix::fs::renameat(descriptor, from, descriptor, to))?)
    }

    /// Renames a file in one step, and fails if `to` exists. Not every system and file system can.
    pub fn rename_noreplace_atomic(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let Self { descriptor, .. } = self;
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        return Ok(retry_on_intr(|| {
            rustix::fs::renameat_with(descriptor, from, descriptor, to, RenameFlags::NOREPLACE)
        })?);
        #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
        {
            let _ = (descriptor, from, to);
            Err(Errno::NOSYS.into())
        }
    }

    /// Exchanges the names of two files in one step, on the systems and file systems that support
    /// [`Directory::rename_noreplace_atomic`].
    pub fn exchange(&self, one: &OsStr, other: &OsStr) -> io::Result<()> {
        let Self { descriptor, .. } = self;
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        return Ok(retry_on_intr(|| {
            rustix::fs::renameat_with(descriptor, one, descriptor, other, RenameFlags::EXCHANGE)
        })?);
        #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
        {
            let _ = (descriptor, one, other);
            Err(Errno::NOSYS.into())
        }
    }

    /// Renames a file, and fails if `to` exists.
    pub fn rename_noreplace(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.link(from, to)?;
        // If this fails, the next run for the same target removes it.
        self.remove(from).ok();
        Ok(())
    }

    /// Gives a file a second name, which must not exist. A symbolic link itself gets the name.
    pub fn link(&self, old: &OsStr, new: &OsStr) -> io::Result<()> {
        let Self { descriptor, .. } = self;
        let link = || rustix::fs::linkat(descriptor, old, descriptor, new, AtFlags::empty());
        Ok(retry_on_intr(link)?)
    }

    /// Gives an unnamed file a name, which must not exist.
    pub fn link_unnamed(&self, unnamed: &Handle, name: &OsStr) -> io::Result<()> {
        // open(2) describes this as the way for unprivileged processes.
        let itself = format!("/proc/self/fd/{}", unnamed.as_raw_fd());
        let flags = AtFlags::SYMLINK_FOLLOW;
        Ok(retry_on_intr(|| rustix::fs::linkat(CWD, &itself, &self.descriptor, name, flags))?)
    }

    /// Creates a file, and opens it for writing.
    pub fn create(&self, name: &OsStr, access: Access) -> io::Result<Handle> {
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(&self.descriptor, name, flags, mode(access));
        let descriptor = retry_on_intr(open)?;
        set_mode(&descriptor, access).inspect_err(|_| {
            self.remove(name).ok();
        })?;
        Ok(descriptor)
    }

    /// Creates an unnamed file (`O_TMPFILE`) for writing. Returns `None` if the system or the file
    /// system has none, or if `/proc`, which is needed to name it later, is missing.
    #[cfg(target_os = "linux")]
    pub fn create_unnamed(&self, access: Access) -> io::Result<Option<Handle>> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(&self.descriptor, ".", flags, mode(access));
        let Ok(descriptor) = retry_on_intr(open) else {
            return Ok(None);
        };
        let itself = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
        if rustix::fs::statat(CWD, itself, AtFlags::SYMLINK_NOFOLLOW).is_err() {
            return Ok(None);
        }
        set_mode(&descriptor, access)?;
        Ok(Some(descriptor))
    }

    #[cfg(not(target_os = "linux"))]
    pub fn create_unnamed(&self, _access: Access) -> io::Result<Option<Handle>> {
        Ok(None)
    }

    /// Opens the file that a process locks to replace `name`: on Unix, `name` itself.
    pub fn open_replace_lock(&self, name: &OsStr, _lock: &OsStr) -> io::Result<Handle> {
        self.open_nofollow(name)
    }

    /// Returns whether an open file is still the one to lock to replace `name`.
    pub fn is_replace_lock(&self, name: &OsStr, _lock: &OsStr, handle: &Handle) -> bool {
        self.refers_to(name, handle)
    }

    /// Opens a file for reading or locking. Does not follow a symbolic link, and does not block.
    pub fn open_nofollow(&self, name: &OsStr) -> io::Result<Handle> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(retry_on_intr(|| rustix::fs::openat(&self.descriptor, name, flags, Mode::empty()))?)
    }

    /// Calls `visit` with the name of each entry, and with its kind if the file system lists it.
    pub fn list(&self, mut visit: impl FnMut(OsString, Option<FileKind>)) -> io::Result<()> {
        for entry in Dir::read_from(&self.descriptor)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            match entry.file_type() {
                FileType::Unknown => visit(name, None),
                found => visit(name, Some(kind(found))),
            }
        }
        Ok(())
    }
}

const UNSUPPORTED: [Option<Errno>; 2] = [Some(Errno::INVAL), Some(Errno::NOTSUP)];

fn mode(access: Access) -> Mode {
    match access {
        Access::Everyone => Mode::from(0o644),
        Access::Owner => Mode::RUSR,
        Access::Like(_) => Mode::RUSR | Mode::WUSR,
    }
}

/// Sets the exact mode of a private key file: the umask may have cleared owner bits.
fn set_mode(descriptor: &OwnedFd, access: Access) -> io::Result<()> {
    match access {
        Access::Everyone => Ok(()),
        Access::Owner => Ok(retry_on_intr(|| rustix::fs::fchmod(descriptor, Mode::RUSR))?),
        Access::Like(None) => Ok(()),
        Access::Like(Some(Permissions(mode))) => {
            Ok(retry_on_intr(|| rustix::fs::fchmod(descriptor, mode))?)
        }
    }
}
