//! A new file that does not have its final name yet.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use super::error::{Action, FileError, vanished};
use super::published::{Published, ReplacedFile};
use super::read::has_contents;
use super::system::{self, Access, Handle, Links, Status};
use super::target::{Existing, Target};
use super::temporary::{MAX_WAIT, NameUse};
use crate::interrupt;
use crate::secret::Secret;

/// A complete file on the disk, not visible under its final name yet. Dropping it removes it.
///
/// On Linux it has no name at all (`O_TMPFILE`), so it disappears with the process. Elsewhere it
/// has a temporary name, which stays if the process is killed.
#[derive(Debug)]
pub struct Draft {
    pub(super) handle: Rc<Handle>,
    temporary: Option<OsString>,
    pub(super) target: Target,
}

impl Draft {
    /// Writes `contents` to a new file in the target's directory, and syncs it.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`], for example because the disk is full; no file stays.
    pub fn write(target: &Target, access: Access, contents: &[u8]) -> Result<Self, FileError> {
        let draft = Self::create(target, access)?.write_contents(contents)?;
        draft.sync()?;
        Ok(draft)
    }

    /// Writes the changed contents of a text file, with the permissions of the file that has the
    /// name. A new file is for its owner only.
    ///
    /// # Errors
    ///
    /// As [`Draft::write`].
    pub fn rewrite(target: &Target, contents: &[u8]) -> Result<Self, FileError> {
        let found = system::examine(target.path(), Links::Follow);
        let found =
            found.map_err(|source| FileError::io(Action::Examine, target.path(), source))?;
        Self::write(target, Access::Like(found.map(|found| found.permissions)), contents)
    }

    /// Creates an empty draft.
    pub(super) fn create(target: &Target, access: Access) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Create, target.path(), source);
        match target.directory.create_unnamed(access).map_err(failed)? {
            Some(handle) => {
                Ok(Self { handle: Rc::new(handle), temporary: None, target: target.clone() })
            }
            None => Self::create_named(target, access),
        }
    }

    /// Gives the file its final name, and syncs the directory.
    ///
    /// # Errors
    ///
    /// [`FileError::Exists`] or [`FileError::ChangedByOther`] if another process took the name, and
    /// [`FileError::Io`]. Either way, everything is as it was.
    pub fn publish(self) -> Result<Published, FileError> {
        self.publish_after(|| Ok(()))
    }

    /// Like [`Draft::publish`], but replaces only a file with the contents `expected`.
    ///
    /// # Errors
    ///
    /// As [`Draft::publish`].
    pub fn publish_over(self, expected: &Secret) -> Result<Published, FileError> {
        self.publish_checked(Some(expected), || Ok(()))
    }

    /// Like [`Draft::publish`], but calls `check` before it replaces a file, when no other process
    /// can replace it any more. Earlier checks may be outdated, because publishing may have to
    /// wait.
    ///
    /// # Errors
    ///
    /// The errors of [`Draft::publish`] and of `check`. Either way, everything is as it was.
    pub fn publish_after<E: From<FileError>>(
        self,
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<Published, E> {
        self.publish_checked(None, check)
    }

    pub(super) fn publish_checked<E: From<FileError>>(
        mut self,
        expected: Option<&Secret>,
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<Published, E> {
        let published = match self.target.existing {
            Existing::Keep => self.publish_new()?,
            Existing::Replace => self.replace(expected, check)?,
        };
        self.target.directory.sync()?;
        Ok(published)
    }

    /// Like [`Draft::publish_after`], for a text with all that is worth keeping of the old file. The
    /// old file needs no temporary name, so a kill leaves one of both and no copy. Returns the paths
    /// of recovered files, like [`Published::keep`].
    ///
    /// # Errors
    ///
    /// The errors of [`Draft::publish_after`]. Everything is as it was, unless the error is about
    /// syncing the directory.
    pub fn overwrite_after<E: From<FileError>>(
        mut self,
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<Vec<PathBuf>, E> {
        let lock = match self.lock_replaced()? {
            ControlFlow::Break(published) => {
                self.target.directory.sync()?;
                return Ok(published.keep());
            }
            ControlFlow::Continue((lock, _)) => lock,
        };
        check()?;
        let new = self.give_temporary_name(lock.as_ref())?;
        let Target { directory, name, path, .. } = &self.target;
        let failed = |source| FileError::io(Action::Replace, path, source);
        directory.rename(&new, name, None).map_err(failed)?;
        self.temporary = None;
        directory.sync()?;
        let lock = lock.filter(|_| !system::CAN_REPLACE_OPEN);
        let set_apart = directory.sweep(name, lock.as_ref(), None);
        Ok(set_apart.into_iter().map(|name| path.with_file_name(name)).collect())
    }

    /// Gives the file its final name, which must not exist, without syncing the directory.
    ///
    /// The file stays locked until it is kept or dropped, for [`super::wait_until_committed`].
    pub(super) fn publish_new(&mut self) -> Result<Published, FileError> {
        system::try_lock(&self.handle);
        self.link_final().map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => FileError::Exists { path: self.target.path().to_owned() },
            _ => FileError::io(Action::Name, self.target.path(), source),
        })?;
        Ok(Published::new(self.target.clone(), self.handle.clone(), None))
    }

    /// Replaces the file with the final name. The old file keeps a temporary name until
    /// [`Published::keep`]. Without an old file, no temporary name is used.
    fn replace<E: From<FileError>>(
        &mut self,
        expected: Option<&Secret>,
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<Published, E> {
        let (lock, found) = match self.lock_replaced()? {
            ControlFlow::Break(published) => return Ok(published),
            ControlFlow::Continue(locked) => locked,
        };
        let Target { directory, path, .. } = self.target.clone();
        if expected.is_some_and(|expected| !has_contents(&path, expected)) {
            return Err(FileError::ChangedByOther { path }.into());
        }
        check()?;
        let new = self.give_temporary_name(lock.as_ref())?;
        let old = ReplacedFile::set_aside(&self.target, lock, found.identity)?;
        match self.take_name(&new, &old, expected) {
            Ok(true) => Ok(Published::new(self.target.clone(), self.handle.clone(), Some(old))),
            Ok(false) => {
                // The other program has replaced the old file, or that has its name again.
                old.remove(&directory);
                Err(FileError::ChangedByOther { path }.into())
            }
            Err(source) => {
                // Before the rename, this removes only the second name of the old file.
                drop(Published::new(self.target.clone(), self.handle.clone(), Some(old)));
                Err(FileError::io(Action::Replace, &path, source).into())
            }
        }
    }

    /// Locks and finds the file to be replaced. Without one, publishes the draft instead.
    fn lock_replaced(
        &mut self,
    ) -> Result<ControlFlow<Published, (Option<Handle>, Status)>, FileError> {
        let Target { directory, name, path, .. } = self.target.clone();
        let failed = |source| FileError::io(Action::Replace, &path, source);
        loop {
            // An unnamed draft takes no slot while it waits here, so the slots do not run out.
            let lock = directory.lock_for_replacement(&name, MAX_WAIT).map_err(failed)?;
            if let Some(found) = directory.find(&name, Links::Keep).map_err(failed)? {
                return Ok(ControlFlow::Continue((lock, found)));
            }
            match self.publish_new() {
                // Another process was faster.
                Err(FileError::Exists { .. }) => {}
                published => return published.map(ControlFlow::Break),
            }
        }
    }

    /// Locks the draft, and returns its temporary name. An unnamed draft gets one.
    fn give_temporary_name(&mut self, lock: Option<&Handle>) -> Result<OsString, FileError> {
        system::try_lock(&self.handle);
        if let Some(temporary) = &self.temporary {
            return Ok(temporary.clone());
        }
        let Target { directory, name, path, .. } = &self.target;
        let link = |temporary: &OsStr| directory.link_unnamed(&self.handle, temporary);
        let new = directory.link_temporary(name, NameUse::New, lock, link);
        let new = new.map_err(|source| FileError::io(Action::Replace, path, source))?;
        self.temporary = Some(new.clone());
        Ok(new)
    }

    /// Gives the file its final name instead of the temporary one, `new`. Returns false, and leaves
    /// the name as it was, unless it belongs to the `old` file with the `expected` contents.
    ///
    /// Exchanging the names shows which file had the name at that moment. Other systems leave time
    /// between the check and the rename.
    pub(super) fn take_name(
        &mut self,
        new: &OsStr,
        old: &ReplacedFile,
        expected: Option<&Secret>,
    ) -> io::Result<bool> {
        let Target { directory, name, .. } = &self.target;
        let is_expected = |current: &OsStr| {
            let path = directory.path().join(current);
            Ok(old.is_at(current, directory)?
                && expected.is_none_or(|expected| has_contents(&path, expected)))
        };
        if directory.exchange(new, name).is_err() {
            let may_rename = is_expected(name)?;
            if may_rename {
                directory.rename(new, name, Some(old.name()))?;
                self.temporary = None;
            }
            return Ok(may_rename);
        }
        self.temporary = None;
        let is_expected = is_expected(new);
        if matches!(is_expected, Ok(true)) {
            // If this fails, the sweep removes it.
            directory.remove(new).ok();
        } else {
            directory.restore(new, name, self.handle.clone())?;
        }
        is_expected
    }

    /// Gives the file its final name, which must not exist, instead of the temporary one.
    fn link_final(&mut self) -> io::Result<()> {
        let Target { directory, name, .. } = &self.target;
        match &self.temporary {
            None => directory.link_unnamed(&self.handle, name),
            Some(temporary) => {
                directory.rename_noreplace(temporary, name)?;
                self.temporary = None;
                Ok(())
            }
        }
    }

    /// Creates the file with a temporary name, and locks it. Waits while other processes use all
    /// names.
    pub(super) fn create_named(target: &Target, access: Access) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Create, target.path(), source);
        let directory = &target.directory;
        let mut created = None;
        let start = Instant::now();
        loop {
            let create = |temporary: &OsStr| {
                created = Some(directory.create(temporary, access)?);
                Ok(())
            };
            let temporary = directory.link_temporary(&target.name, NameUse::Waiting, None, create);
            let temporary = match temporary {
                Err(source)
                    if source.kind() == ErrorKind::ResourceBusy
                        && start.elapsed() < MAX_WAIT
                        && !interrupt::is_pending() =>
                {
                    thread::sleep(POLL_INTERVAL);
                    continue;
                }
                temporary => temporary.map_err(failed)?,
            };
            let handle = created.take().ok_or_else(|| failed(vanished()))?;
            // Until it is locked, another process may take it for a stale file and remove it. Then
            // the name may belong to another file, which must not get the final name.
            let start = Instant::now();
            while !system::try_lock(&handle)
                && directory.refers_to(&temporary, &handle)
                // On a file system without locks, no process removes it either.
                && start.elapsed() < MAX_REMOVAL_TIME
            {
                thread::sleep(Duration::from_millis(1));
            }
            if directory.refers_to(&temporary, &handle) {
                let temporary = Some(temporary);
                return Ok(Self { handle: Rc::new(handle), temporary, target: target.clone() });
            }
        }
    }

    /// Writes the contents, without syncing them.
    pub(super) fn write_contents(self, contents: &[u8]) -> Result<Self, FileError> {
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
}

const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// Maximum time between another process's lock on a stale file and its removal.
const MAX_REMOVAL_TIME: Duration = Duration::from_secs(1);

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            // If this fails, the next run for this target removes it.
            self.target.directory.remove(&temporary).ok();
        }
    }
}
