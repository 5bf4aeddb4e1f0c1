//! A new file that has its name, while the work it belongs to can still fail.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;

use rustix::fs::AtFlags;
use rustix::io::Errno;

use super::error::{Action, FileError};
use super::folder::Folder;
use super::target::Target;

/// A file that has just got its name. Dropped, it is removed again, and the file whose place it
/// took is put back.
#[derive(Debug)]
#[must_use = "dropping it takes the file back"]
pub struct Published {
    target: Target,
    /// Held open, so that no other file can get the number by which this one is known.
    descriptor: Rc<OwnedFd>,
    old: Option<Old>,
    kept: bool,
}

impl Published {
    pub(super) fn new(target: Target, descriptor: Rc<OwnedFd>, old: Option<Old>) -> Self {
        Self { target, descriptor, old, kept: false }
    }

    /// Returns the path of the file, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.target.path()
    }

    /// Ends the work: the file stays, and the one whose place it took is gone.
    pub fn keep(mut self) {
        self.kept = true;
        if let Some(old) = self.old.take() {
            // After a failure here or of the power, the next run for this name removes it.
            rustix::fs::unlinkat(&self.target.folder, &old.name, AtFlags::empty()).ok();
            // What killed processes left behind goes only now that the new file is there to stay.
            self.target.folder.sweep(&self.target.name);
            self.target.folder.synchronise().ok();
        }
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let Target { folder, name, .. } = &self.target;
        let ours = folder.is_named(name, &*self.descriptor);
        // Nothing can be done about a failure here: the failure that led here is being reported.
        match &self.old {
            Some(old) if ours => rustix::fs::renameat(folder, &old.name, folder, name).ok(),
            // The new file did not get as far as the name.
            Some(old) if folder.is_one_file(name, &old.name) => {
                rustix::fs::unlinkat(folder, &old.name, AtFlags::empty()).ok()
            }
            // Somebody else took the name: the old file stays where it can be found.
            Some(_) => None,
            None if ours => rustix::fs::unlinkat(folder, name, AtFlags::empty()).ok(),
            None => None,
        };
        folder.synchronise().ok();
    }
}

/// The replaced file, kept under a temporary name.
#[derive(Debug)]
pub(super) struct Old {
    name: OsString,
    /// Tells other processes that the temporary name is in use; none for a symbolic link.
    _lock: Option<OwnedFd>,
}

impl Old {
    /// Gives the file that has the target's name a second, temporary name; returns `None` if
    /// there is no such file.
    ///
    /// A symbolic link is itself kept, not what it points to.
    pub(super) fn set_aside(target: &Target) -> Result<Option<Self>, FileError> {
        let Target { folder, name, .. } = target;
        let temporary = Folder::temporary_name(name)?;
        let lock = folder.lock(name);
        match rustix::fs::linkat(folder, name, folder, &temporary, AtFlags::empty()) {
            Ok(()) => Ok(Some(Self { name: temporary, _lock: lock })),
            Err(Errno::NOENT) => Ok(None),
            Err(source) => Err(FileError::io(Action::Replace, target.path(), source)),
        }
    }
}
