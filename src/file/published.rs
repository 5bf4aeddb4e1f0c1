//! A new file that has its final name, while the work it belongs to can still fail.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use super::error::{Action, FileError, vanished};
use super::system::{self, Directory, Handle, Links};
use super::target::Target;
use super::temporary::NameUse;

/// A file that has just got its final name. Dropping it removes the file and restores the one it
/// replaced.
#[derive(Debug)]
#[must_use = "dropping it removes the file"]
pub struct Published {
    target: Target,
    /// Open, so that no other file can get the same inode number.
    handle: Option<Rc<Handle>>,
    old: Option<ReplacedFile>,
    kept: bool,
}

impl Published {
    pub(super) fn new(target: Target, handle: Rc<Handle>, old: Option<ReplacedFile>) -> Self {
        Self { target, handle: Some(handle), old, kept: false }
    }

    /// Returns the path of the file as the caller gave it.
    pub fn path(&self) -> &Path {
        self.target.path()
    }

    /// Keeps the file, and removes the one it replaced and stale files for this target. Returns the
    /// recovered files: killed commands had replaced them, and they get a number after their name.
    #[must_use = "the user must learn of recovered files"]
    pub fn keep(mut self) -> Vec<PathBuf> {
        self.kept = true;
        let Target { directory, name, .. } = &self.target;
        let old = self.old.take();
        let gone = old.as_ref().map(|old| old.identity);
        // If this fails, the next run for this target removes it.
        let lock = old.and_then(|old| old.remove(directory));
        // A stale file may be another name of the old file: unlock it, or the sweep takes it for a
        // file in use.
        let lock = lock.filter(|_| !system::CAN_REPLACE_OPEN);
        let recovered = directory.sweep(name, lock.as_ref(), gone);
        if gone.is_some() || !recovered.is_empty() {
            directory.sync().ok();
        }
        recovered.into_iter().map(|name| self.path().with_file_name(name)).collect()
    }

    /// Keeps the file and the one it replaced, which gets a number after its name. Returns the path
    /// of the replaced file, or of one that a killed command had replaced.
    pub fn keep_both(mut self) -> Option<PathBuf> {
        let Target { directory, name, .. } = &self.target;
        let old = self.old.take_if(|old| old.exists(directory));
        let Some(ReplacedFile { name: temporary, .. }) = old else {
            return self.keep().into_iter().next();
        };
        self.kept = true;
        // If this fails, it stays under its temporary name, which the next run for this target
        // removes.
        let kept = directory.rename_to_number(&temporary, name).unwrap_or(temporary);
        directory.sync().ok();
        Some(self.path().with_file_name(kept))
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let Target { directory, name, .. } = &self.target;
        let Some(handle) = self.handle.take() else { return };
        let is_ours = directory.refers_to(name, &handle);
        // Failures here are ignored: the error that led here is being reported.
        match &self.old {
            Some(old) if is_ours && old.exists(directory) => {
                directory.restore(&old.name, name, handle).ok()
            }
            // The new file did not get the name.
            Some(old) if directory.are_same_file(name, &old.name) => {
                directory.remove(&old.name).ok()
            }
            // Another program took the name: the old file stays under its temporary name.
            Some(_) => None,
            None if is_ours => {
                directory.remove_if_same(name, handle, None, |_| Ok(true)).map(|_| ()).ok()
            }
            None => None,
        };
        directory.sync().ok();
    }
}

/// The replaced file, which has a temporary name.
#[derive(Debug)]
pub(super) struct ReplacedFile {
    name: OsString,
    /// Device and inode number: a file that cannot be locked may lose its temporary name to
    /// another.
    identity: (u64, u64),
    /// Marks the temporary name as in use; `None` for a symbolic link.
    lock: Option<Handle>,
}

impl ReplacedFile {
    /// Gives the file with the target's name a second, temporary name. `lock` is the result of
    /// [`Directory::lock_for_replacement`], and `identity` that of the file at that time.
    ///
    /// A symbolic link itself gets the second name, not the file it points to.
    ///
    /// # Errors
    ///
    /// [`FileError::ChangedByOther`] for another file, and [`FileError::Io`].
    pub(super) fn set_aside(
        target: &Target,
        lock: Option<Handle>,
        identity: (u64, u64),
    ) -> Result<Self, FileError> {
        let Target { directory, name, .. } = target;
        let failed = |source: io::Error| match source.kind() {
            ErrorKind::NotFound => FileError::ChangedByOther { path: target.path().to_owned() },
            _ => FileError::io(Action::Replace, target.path(), source),
        };
        let link = |temporary: &OsStr| directory.link(name, temporary);
        let linked = directory.link_temporary(name, NameUse::Existing, lock.as_ref(), link);
        let old = Self { name: linked.map_err(failed)?, identity, lock };
        let checked = match directory.find(&old.name, Links::Keep) {
            Ok(Some(found)) if found.identity == identity => return Ok(old),
            Ok(_) => Err(vanished()),
            Err(source) => Err(source),
        };
        directory.remove(&old.name).ok();
        checked.map_err(failed)
    }

    /// Returns the temporary name.
    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    /// Returns whether an entry is the replaced file.
    pub(super) fn is_at(&self, name: &OsStr, directory: &Directory) -> io::Result<bool> {
        let found = directory.find(name, Links::Keep)?;
        Ok(found.is_some_and(|found| found.identity == self.identity))
    }

    /// Removes the temporary name, and returns the lock.
    pub(super) fn remove(self, directory: &Directory) -> Option<Handle> {
        if self.exists(directory) {
            directory.remove(&self.name).ok();
        }
        self.lock
    }

    fn exists(&self, directory: &Directory) -> bool {
        self.is_at(&self.name, directory).unwrap_or_default()
    }
}

/// Waits, at most for `max_wait`, until a new file is kept or removed. The process that published
/// it keeps it locked until then.
pub fn wait_until_committed(path: &Path, max_wait: Duration) {
    let start = Instant::now();
    // A file that cannot be opened was removed, or is not a new file of this user.
    let Ok(handle) = system::open_nonblocking(path, Links::Follow) else {
        return;
    };
    while !system::try_lock_shared(&handle) && start.elapsed() < max_wait {
        thread::sleep(POLL_INTERVAL);
    }
}

const POLL_INTERVAL: Duration = Duration::from_millis(5);
