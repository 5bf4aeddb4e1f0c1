//! An open folder of a POSIX system.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
use rustix::fs::RenameFlags;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::super::{Access, Examined, FileKind, Links, Status};
use super::{Handle, find, kind, status_of, sync};

/// An open folder; clones share the one descriptor.
#[derive(Clone, Debug)]
pub(in super::super::super) struct Directory(Rc<OwnedFd>);

impl Directory {
    pub(in super::super::super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?;
        Ok(Self(Rc::new(descriptor)))
    }

    pub(in super::super::super) fn status(&self) -> io::Result<Status> {
        status_of(&self.0)
    }

    /// Returns what has this name, or `None`.
    pub(in super::super::super) fn find(
        &self,
        name: &OsStr,
        links: Links,
    ) -> io::Result<Option<Status>> {
        Ok(find(&self.0, name, links)?.map(|found| Status::from(&found)))
    }

    /// Returns what has this name and who may do what with it, or `None`; a symbolic link is not followed.
    pub(in super::super::super) fn examine(&self, name: &OsStr) -> io::Result<Option<Examined>> {
        Ok(find(&self.0, name, Links::Keep)?.map(|found| Examined::from(&found)))
    }

    /// Fails if this user may not make files in it.
    pub(in super::super::super) fn can_write(&self) -> io::Result<()> {
        let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        Ok(rustix::fs::accessat(&self.0, ".", access, AtFlags::EACCESS)?)
    }

    /// Waits until what was named, renamed and removed in it is on the disk.
    pub(in super::super::super) fn sync(&self) -> io::Result<()> {
        match sync(&self.0) {
            // Some file systems know no such thing for folders.
            Err(error) if NO_SUCH_THING.contains(&Errno::from_io_error(&error)) => Ok(()),
            done => done,
        }
    }

    /// Removes a name.
    pub(in super::super::super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(retry_on_intr(|| rustix::fs::unlinkat(&self.0, name, AtFlags::empty()))?)
    }

    /// Gives a file another name, also one that another file has; `aside` is one more name of that file.
    pub(in super::super::super) fn rename(
        &self,
        from: &OsStr,
        to: &OsStr,
        _aside: Option<&OsStr>,
    ) -> io::Result<()> {
        Ok(retry_on_intr(|| rustix::fs::renameat(&self.0, from, &self.0, to))?)
    }

    /// Gives a file another name, which must be free, in one step. Not every system and file system can.
    pub(in super::super::super) fn move_to_free(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        return Ok(retry_on_intr(|| {
            rustix::fs::renameat_with(&self.0, from, &self.0, to, RenameFlags::NOREPLACE)
        })?);
        #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
        {
            let _ = (from, to);
            Err(Errno::NOSYS.into())
        }
    }

    /// Exchanges the names of two files in one step, where [`Directory::move_to_free`] can be done.
    pub(in super::super::super) fn exchange(&self, one: &OsStr, other: &OsStr) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        return Ok(retry_on_intr(|| {
            rustix::fs::renameat_with(&self.0, one, &self.0, other, RenameFlags::EXCHANGE)
        })?);
        #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
        {
            let _ = (one, other);
            Err(Errno::NOSYS.into())
        }
    }

    /// Gives a file another name, which must be free.
    pub(in super::super::super) fn rename_to_free(
        &self,
        from: &OsStr,
        to: &OsStr,
    ) -> io::Result<()> {
        self.link(from, to)?;
        // If it cannot be removed now, the next run for this name does.
        self.remove(from).ok();
        Ok(())
    }

    /// Gives a file one more name, which must be free; a symbolic link is itself named, not followed.
    pub(in super::super::super) fn link(&self, old: &OsStr, new: &OsStr) -> io::Result<()> {
        let flags = AtFlags::empty();
        Ok(retry_on_intr(|| rustix::fs::linkat(&self.0, old, &self.0, new, flags))?)
    }

    /// Gives an open file without a name one, which must be free.
    pub(in super::super::super) fn name(&self, nameless: &Handle, name: &OsStr) -> io::Result<()> {
        // The way for a process without privileges, as open(2) describes it.
        let itself = format!("/proc/self/fd/{}", nameless.as_raw_fd());
        let flags = AtFlags::SYMLINK_FOLLOW;
        Ok(retry_on_intr(|| rustix::fs::linkat(CWD, &itself, &self.0, name, flags))?)
    }

    /// Makes a new file, to write to it.
    pub(in super::super::super) fn create(
        &self,
        name: &OsStr,
        access: Access,
    ) -> io::Result<Handle> {
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(&self.0, name, flags, mode(access));
        let descriptor = retry_on_intr(open)?;
        set_mode(&descriptor, access).inspect_err(|_| {
            self.remove(name).ok();
        })?;
        Ok(descriptor)
    }

    /// Makes a file without a name, to write to it, where the system and the file system know such a thing
    /// and `/proc` is there to name it later.
    #[cfg(target_os = "linux")]
    pub(in super::super::super) fn create_nameless(
        &self,
        access: Access,
    ) -> io::Result<Option<Handle>> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(&self.0, ".", flags, mode(access));
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
    pub(in super::super::super) fn create_nameless(
        &self,
        _access: Access,
    ) -> io::Result<Option<Handle>> {
        Ok(None)
    }

    /// Opens what is locked by whoever replaces a file: itself.
    pub(in super::super::super) fn open_to_replace(
        &self,
        name: &OsStr,
        _lock: &OsStr,
    ) -> io::Result<Handle> {
        self.open_to_lock(name)
    }

    /// Returns whether an open file that is locked is what keeps others from replacing this one: itself.
    pub(in super::super::super) fn has_locked(
        &self,
        name: &OsStr,
        _lock: &OsStr,
        own: &Handle,
    ) -> bool {
        match (self.find(name, Links::Keep), status_of(own)) {
            (Ok(Some(named)), Ok(own)) => named.identity == own.identity,
            _ => false,
        }
    }

    /// Opens a file to lock it; a symbolic link is not followed, and nothing is waited for.
    pub(in super::super::super) fn open_to_lock(&self, name: &OsStr) -> io::Result<Handle> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(retry_on_intr(|| rustix::fs::openat(&self.0, name, flags, Mode::empty()))?)
    }

    /// Shows every entry: its name, and its kind if the file system says that without a look at it.
    pub(in super::super::super) fn list(
        &self,
        mut show: impl FnMut(OsString, Option<FileKind>),
    ) -> io::Result<()> {
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            match entry.file_type() {
                FileType::Unknown => show(name, None),
                found => show(name, Some(kind(found))),
            }
        }
        Ok(())
    }
}

const NO_SUCH_THING: [Option<Errno>; 2] = [Some(Errno::INVAL), Some(Errno::NOTSUP)];

fn mode(access: Access) -> Mode {
    match access {
        Access::Everyone => Mode::from(0o644),
        Access::Owner => Mode::RUSR,
    }
}

/// The umask may have taken more from a private key file than it should.
fn set_mode(descriptor: &OwnedFd, access: Access) -> io::Result<()> {
    match access {
        Access::Everyone => Ok(()),
        Access::Owner => Ok(retry_on_intr(|| rustix::fs::fchmod(descriptor, Mode::RUSR))?),
    }
}
