//! A new file before it has its name.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use super::error::{Action, FileError};
use super::published::{Old, Published};
use super::system::{self, Access, Handle, Links};
use super::target::{Existing, Target};
use super::temporary::{OF_THOSE_WHO_WAIT, OF_WHO_REPLACES};
use crate::interrupt;

/// A file that is complete and on the disk, but that nobody sees yet.
///
/// On Linux it has no name at all (`O_TMPFILE`), so it is gone with the process, however that
/// ends. Elsewhere it has a temporary name, which a killed process leaves behind.
#[derive(Debug)]
pub struct Draft {
    pub(super) handle: Rc<Handle>,
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
        draft.sync()?;
        Ok(draft)
    }

    /// Makes the file, with nothing in it.
    pub(super) fn create(target: &Target, access: Access) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Create, target.path(), source);
        match target.folder.create_nameless(access).map_err(failed)? {
            Some(handle) => {
                Ok(Self { handle: Rc::new(handle), temporary: None, target: target.clone() })
            }
            None => Self::create_named(target, access),
        }
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
        self.target.folder.sync()?;
        Ok(published)
    }

    /// Gives the file its name, which must be free, and does not wait for the disk.
    ///
    /// Until it is kept or taken back it stays locked, for [`super::wait_until_committed`].
    pub(super) fn name(&mut self) -> Result<Published, FileError> {
        system::try_lock(&self.handle);
        self.take_name().map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => FileError::Exists { path: self.target.path().to_owned() },
            _ => FileError::io(Action::Name, self.target.path(), source),
        })?;
        Ok(Published::new(self.target.clone(), self.handle.clone(), None))
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
            if folder.find(&name, Links::Keep).map_err(failed)?.is_some() {
                break lock;
            }
            match self.name() {
                // Somebody was faster.
                Err(FileError::Exists { .. }) => {}
                named => return Ok(named?),
            }
        };
        check()?;
        system::try_lock(&self.handle);
        let new = match self.temporary.clone() {
            Some(temporary) => temporary,
            None => {
                let link = |temporary: &OsStr| folder.name(&self.handle, temporary);
                let new = folder.name_temporarily(&name, OF_WHO_REPLACES, lock.as_ref(), link);
                let new = new.map_err(failed)?;
                self.temporary = Some(new.clone());
                new
            }
        };
        // Dropped before the last step, it takes no more than the second name of the old file.
        let old = Old::set_aside(&self.target, lock)?;
        let published = Published::new(self.target.clone(), self.handle.clone(), old);
        folder.rename(&new, &name, published.aside()).map_err(failed)?;
        self.temporary = None;
        Ok(published)
    }

    /// Gives the file its name, which must be free, instead of a temporary one.
    fn take_name(&mut self) -> io::Result<()> {
        let Target { folder, name, .. } = &self.target;
        match &self.temporary {
            None => folder.name(&self.handle, name),
            Some(temporary) => {
                folder.rename_to_free(temporary, name)?;
                self.temporary = None;
                Ok(())
            }
        }
    }

    /// Makes the file under a temporary name; waits while others have them all.
    pub(super) fn create_named(target: &Target, access: Access) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Create, target.path(), source);
        let folder = &target.folder;
        let mut created = None;
        let start = Instant::now();
        loop {
            let create = |temporary: &OsStr| {
                created = Some(folder.create(temporary, access)?);
                Ok(())
            };
            let temporary = folder.name_temporarily(&target.name, OF_THOSE_WHO_WAIT, None, create);
            let temporary = match temporary {
                Err(source)
                    if source.kind() == ErrorKind::ResourceBusy
                        && start.elapsed() < PATIENCE
                        && !interrupt::is_pending() =>
                {
                    thread::sleep(PAUSE);
                    continue;
                }
                temporary => temporary.map_err(failed)?,
            };
            let handle = created.take().ok_or_else(|| failed(ErrorKind::NotFound.into()))?;
            // Before it was locked, somebody may have taken it for what a killed process left, and be about
            // to remove it: the name is another's then, and so would be the file that gets the target's.
            let start = Instant::now();
            while !system::try_lock(&handle)
                && folder.is_named(&temporary, &handle)
                // Where there are no locks, nobody removes it either.
                && start.elapsed() < TO_REMOVE
            {
                thread::sleep(Duration::from_millis(1));
            }
            if folder.is_named(&temporary, &handle) {
                let temporary = Some(temporary);
                return Ok(Self { handle: Rc::new(handle), temporary, target: target.clone() });
            }
        }
    }

    /// Writes the contents, and does not wait for the disk.
    pub(super) fn fill(self, contents: &[u8]) -> Result<Self, FileError> {
        let mut rest = contents;
        while !rest.is_empty() {
            let written = system::write(&self.handle, rest);
            let count = written
                .map_err(|source| FileError::io(Action::Write, self.target.path(), source))?;
            rest = rest.get(count..).unwrap_or_default();
        }
        Ok(self)
    }

    /// Waits until the contents are on the disk.
    pub(super) fn sync(&self) -> Result<(), FileError> {
        system::sync(&self.handle)
            .map_err(|source| FileError::io(Action::Sync, self.target.path(), source))
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

/// How long to wait for others, each of which takes milliseconds, as is waited for a registry.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);
/// How long who has locked what was left takes to remove it, at most.
const TO_REMOVE: Duration = Duration::from_secs(1);

impl Drop for Draft {
    fn drop(&mut self) {
        self.remove_temporary();
    }
}
