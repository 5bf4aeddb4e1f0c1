//! A new file that has its name, while the work it belongs to can still fail.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::Path;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use super::error::{Action, FileError};
use super::folder::Folder;
use super::system::{self, Handle, Links};
use super::target::Target;
use super::temporary::OF_WHO_REPLACES;

/// A file that has just got its name. Dropped, it is removed again, and the file whose place it
/// took is put back.
#[derive(Debug)]
#[must_use = "dropping it takes the file back"]
pub struct Published {
    target: Target,
    /// Held open, so that no other file can get the number by which this one is known.
    handle: Option<Rc<Handle>>,
    old: Option<Old>,
    kept: bool,
}

impl Published {
    pub(super) fn new(target: Target, handle: Rc<Handle>, old: Option<Old>) -> Self {
        Self { target, handle: Some(handle), old, kept: false }
    }

    /// Returns the path of the file, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.target.path()
    }

    /// Returns the name that the file has whose place this one takes.
    pub(super) fn aside(&self) -> Option<&OsStr> {
        self.old.as_ref().map(Old::name)
    }

    /// Ends the work: the file stays, and the one whose place it took is gone.
    pub fn keep(mut self) {
        self.kept = true;
        let Target { folder, name, .. } = &self.target;
        let old = self.old.take();
        let is_replacement = old.is_some();
        // After a failure here or of the power, the next run for this name removes it.
        let lock = old.and_then(|old| old.remove(folder));
        // What a killed process left may be another name of the old file, which is not to be in use then.
        let lock = lock.filter(|_| !system::CAN_REPLACE_OPEN);
        // What killed processes left behind goes only now that the new file is there to stay.
        folder.sweep(name, lock.as_ref());
        if is_replacement {
            folder.sync().ok();
        }
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let Target { folder, name, .. } = &self.target;
        let Some(handle) = self.handle.take() else { return };
        let ours = folder.is_named(name, &handle);
        // Nothing can be done about a failure here: the failure that led here is being reported.
        match &self.old {
            Some(old) if ours && old.is_there(folder) => {
                folder.restore(&old.name, name, handle).ok()
            }
            // The new file did not get as far as the name.
            Some(old) if folder.is_one_file(name, &old.name) => folder.remove(&old.name).ok(),
            // Another program took the name: the old file stays where it can be found.
            Some(_) => None,
            None if ours => {
                folder.remove_exactly(name, handle, None, |_| Ok(true)).map(|_| ()).ok()
            }
            None => None,
        };
        folder.sync().ok();
    }
}

/// The replaced file, kept under a temporary name.
#[derive(Debug)]
pub(super) struct Old {
    name: OsString,
    /// The device and the number of the file: the name of one that cannot be locked may be taken away.
    identity: (u64, u64),
    /// Tells other processes that the temporary name is in use; none for a symbolic link.
    lock: Option<Handle>,
}

impl Old {
    /// Gives the file that has the target's name a second, temporary name; returns `None` if
    /// there is no such file. `lock` is what [`Folder::lock`] has returned for it.
    ///
    /// A symbolic link is itself kept, not what it points to.
    pub(super) fn set_aside(
        target: &Target,
        lock: Option<Handle>,
    ) -> Result<Option<Self>, FileError> {
        let Target { folder, name, .. } = target;
        let failed = |source| FileError::io(Action::Replace, target.path(), source);
        let link = |temporary: &OsStr| folder.link(name, temporary);
        let linked = folder.name_temporarily(name, OF_WHO_REPLACES, lock.as_ref(), link);
        let temporary = match linked {
            Ok(temporary) => temporary,
            Err(source) if source.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(source)),
        };
        let found = folder.find(&temporary, Links::Keep).inspect_err(|_| {
            folder.remove(&temporary).ok();
        });
        let identity = found.map_err(failed)?.map(|found| found.identity).unwrap_or_default();
        Ok(Some(Self { name: temporary, identity, lock }))
    }

    /// Returns the temporary name.
    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    /// Removes the temporary name, and returns what keeps others from replacing the new file.
    fn remove(self, folder: &Folder) -> Option<Handle> {
        if self.is_there(folder) {
            folder.remove(&self.name).ok();
        }
        self.lock
    }

    fn is_there(&self, folder: &Folder) -> bool {
        let found = folder.find(&self.name, Links::Keep).ok().flatten();
        found.is_some_and(|found| found.identity == self.identity)
    }
}

/// Waits until a new file is there to stay, or gone: whoever has given it its name keeps it locked until
/// the work that it belongs to has ended, and may take it back. Waits no longer than `patience`.
pub fn wait_until_committed(path: &Path, patience: Duration) {
    let start = Instant::now();
    // What cannot be opened is no new file of this user's, or gone.
    let Ok(handle) = system::open_to_look(path, Links::Follow) else {
        return;
    };
    while !system::try_lock_shared(&handle) && start.elapsed() < patience {
        thread::sleep(TICK);
    }
}

const TICK: Duration = Duration::from_millis(5);
