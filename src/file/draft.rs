//! A new file before it has its name.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::error::{Action, FileError};
use super::folder::{self, Folder};
use super::published::{Old, Published};
use super::target::{Existing, Target};

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whom the umask lets (mode 0644 less the umask): for public keys.
    Everyone,
    /// The owner alone, who may not write either (mode 0400, whatever the umask): for private
    /// keys, as AWS advises (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html>).
    Owner,
}

/// A file that is complete and on the disk, but that nobody sees yet.
///
/// On Linux it has no name at all (`O_TMPFILE`), so it is gone with the process, however that
/// ends. Elsewhere it has a temporary name, which a killed process leaves behind.
#[derive(Debug)]
pub struct Draft {
    pub(super) descriptor: Rc<OwnedFd>,
    temporary: Option<OsString>,
    pub(super) target: Target,
}

impl Draft {
    /// Writes `contents` to a new nameless file in the target's folder, durably.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`], for example because the disk is full; nothing is left behind.
    pub fn write(target: &Target, access: Access, contents: &[u8]) -> Result<Self, FileError> {
        let draft = Self::create(target, access)?.fill(contents)?;
        draft.synchronise()?;
        Ok(draft)
    }

    /// Makes the file, with nothing in it.
    pub(super) fn create(target: &Target, access: Access) -> Result<Self, FileError> {
        let mode = match access {
            Access::Everyone => Mode::from(0o644),
            Access::Owner => Mode::RUSR,
        };
        let draft = match create_nameless(&target.folder, mode) {
            Some(descriptor) => {
                Self { descriptor: Rc::new(descriptor), temporary: None, target: target.clone() }
            }
            None => Self::create_named(target, mode)?,
        };
        if access == Access::Owner {
            retry_on_intr(|| rustix::fs::fchmod(&draft.descriptor, mode))
                .map_err(|source| FileError::io(Action::Create, target.path(), source))?;
        }
        Ok(draft)
    }

    /// Gives the file its name, durably.
    ///
    /// # Errors
    ///
    /// [`FileError::Exists`] if the name was taken in the meantime, and [`FileError::Io`]; in
    /// either case everything is as it was.
    pub fn publish(self) -> Result<Published, FileError> {
        self.publish_after(|| Ok(()))
    }

    /// As [`Draft::publish`], but a file that is to be replaced is asked about by `check` once no other
    /// process can replace it: what was free before the wait for that may be free no more.
    ///
    /// # Errors
    ///
    /// Those of [`Draft::publish`] and of `check`; in either case everything is as it was.
    pub fn publish_after<E: From<FileError>>(
        mut self,
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<Published, E> {
        let published = match self.target.existing {
            Existing::Keep => self.name()?,
            Existing::Replace => self.replace(check)?,
        };
        self.target.folder.synchronise()?;
        Ok(published)
    }

    /// Gives the file its name, which must be free, and does not wait for the disk.
    ///
    /// Until it is kept or taken back it stays locked, for [`super::wait_until_settled`].
    pub(super) fn name(&mut self) -> Result<Published, FileError> {
        folder::lock(&self.descriptor);
        self.link(&self.target.name, Action::Name)?;
        self.remove_temporary();
        Ok(Published::new(self.target.clone(), self.descriptor.clone(), None))
    }

    /// Puts the file in the place of the old one, which stays under a temporary name until
    /// [`Published::keep`]; if there is none, nothing has a temporary name that a kill would leave.
    fn replace<E: From<FileError>>(
        &mut self,
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<Published, E> {
        let Target { folder, name, .. } = self.target.clone();
        let path = self.target.path().to_owned();
        let failed = |source| FileError::io(Action::Replace, &path, source);
        let lock = loop {
            // Who waits has no temporary name yet, so that there are enough of them.
            let lock = folder.lock(&name);
            if folder.find(&name).map_err(failed)?.is_some() {
                break lock;
            }
            match self.name() {
                // Somebody was faster.
                Err(FileError::Exists { .. }) => {}
                named => return Ok(named?),
            }
        };
        check()?;
        folder::lock(&self.descriptor);
        let new = match self.temporary.clone() {
            Some(temporary) => temporary,
            None => {
                let link = |temporary: &OsStr| self.try_link(temporary);
                let new = folder.name_temporarily(&name, lock.as_ref(), link);
                let new = new.map_err(failed)?;
                self.temporary = Some(new.clone());
                new
            }
        };
        // Dropped before the last step, it takes no more than the second name of the old file.
        let old = Old::set_aside(&self.target, lock)?;
        let published = Published::new(self.target.clone(), self.descriptor.clone(), old);
        folder.rename(&new, &name).map_err(failed)?;
        self.temporary = None;
        Ok(published)
    }

    /// Gives the file one more name, which must be free.
    fn link(&self, name: &OsStr, action: Action) -> Result<(), FileError> {
        self.try_link(name).map_err(|source| match source {
            Errno::EXIST => FileError::Exists { path: self.target.path().to_owned() },
            source => FileError::io(action, self.target.path(), source),
        })
    }

    fn try_link(&self, name: &OsStr) -> Result<(), Errno> {
        let folder = &self.target.folder;
        if let Some(temporary) = &self.temporary {
            return folder.link(temporary, name);
        }
        // The way for a process without privileges, as open(2) describes it.
        let itself = format!("/proc/self/fd/{}", self.descriptor.as_raw_fd());
        let flags = AtFlags::SYMLINK_FOLLOW;
        retry_on_intr(|| rustix::fs::linkat(CWD, &itself, folder, name, flags))
    }

    /// Makes the file under a temporary name.
    pub(super) fn create_named(target: &Target, mode: Mode) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Create, target.path(), source);
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
        let folder = &target.folder;
        let mut opened = None;
        loop {
            let temporary = folder.name_temporarily(&target.name, None, |temporary| {
                let open = || rustix::fs::openat(folder, temporary, flags, mode);
                opened = Some(retry_on_intr(open)?);
                Ok(())
            });
            let temporary = temporary.map_err(failed)?;
            let descriptor = opened.take().ok_or_else(|| failed(Errno::NOENT))?;
            folder::lock(&descriptor);
            // Before it was locked, somebody may have taken it for what a killed process left.
            if folder.is_named(&temporary, &descriptor) {
                let temporary = Some(temporary);
                let descriptor = Rc::new(descriptor);
                return Ok(Self { descriptor, temporary, target: target.clone() });
            }
        }
    }

    /// Writes the contents, and does not wait for the disk.
    pub(super) fn fill(self, contents: &[u8]) -> Result<Self, FileError> {
        let mut rest = contents;
        while !rest.is_empty() {
            match rustix::io::write(&self.descriptor, rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(source) => {
                    return Err(FileError::io(Action::Write, self.target.path(), source));
                }
            }
        }
        Ok(self)
    }

    /// Waits until the contents are on the disk.
    pub(super) fn synchronise(&self) -> Result<(), FileError> {
        folder::synchronise(&self.descriptor)
            .map_err(|source| FileError::io(Action::Synchronise, self.target.path(), source))
    }

    #[cfg(test)]
    pub(super) fn temporary_name(&self) -> Option<&OsStr> {
        self.temporary.as_deref()
    }

    fn remove_temporary(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            // If it cannot be removed now, the next run for this target does.
            self.target.folder.remove(&temporary).ok();
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.remove_temporary();
    }
}

/// Opens a file without a name, where the system and the file system know such a thing and `/proc`
/// is there to name it later.
#[cfg(target_os = "linux")]
fn create_nameless(folder: &Folder, mode: Mode) -> Option<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let descriptor = retry_on_intr(|| rustix::fs::openat(folder, ".", flags, mode)).ok()?;
    let itself = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    rustix::fs::statat(CWD, itself, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(descriptor)
}

#[cfg(not(target_os = "linux"))]
fn create_nameless(_folder: &Folder, _mode: Mode) -> Option<OwnedFd> {
    None
}
