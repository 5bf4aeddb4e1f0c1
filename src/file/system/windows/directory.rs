//! An open folder of Windows.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "this module owns files")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use super::super::{Access, Examined, FileKind, Links, Status};
use super::descriptor::{self, right};
use super::{
    FOLDERS_TOO, Handle, NAME_IS_KEPT, calls, can_write, examine, is_named, open, open_to_look,
    status, status_of_file, user,
};

/// An open folder, which keeps its name as long as it is; clones share the one handle.
#[derive(Clone, Debug)]
pub(in super::super::super) struct Directory {
    handle: Rc<File>,
    path: PathBuf,
}

impl Directory {
    pub(in super::super::super) fn open(path: &Path) -> io::Result<Self> {
        let handle = OpenOptions::new()
            .access_mode(right::READ)
            .share_mode(NAME_IS_KEPT)
            .custom_flags(FOLDERS_TOO)
            .open(path)?;
        if !handle.metadata()?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        Ok(Self { handle: Rc::new(handle), path: path.to_owned() })
    }

    pub(in super::super::super) fn status(&self) -> io::Result<Status> {
        status_of_file(&self.handle)
    }

    /// Returns what has this name, or `None`.
    pub(in super::super::super) fn find(
        &self,
        name: &OsStr,
        links: Links,
    ) -> io::Result<Option<Status>> {
        status(&self.path.join(name), links)
    }

    /// Returns what has this name and who may do what with it, or `None`; a symbolic link is not followed.
    pub(in super::super::super) fn examine(&self, name: &OsStr) -> io::Result<Option<Examined>> {
        examine(&self.path.join(name), Links::Keep)
    }

    /// Fails if this user may not make files in it.
    pub(in super::super::super) fn can_write(&self) -> io::Result<()> {
        can_write(&self.path)
    }

    /// Names are in the journal of the file system, and what is renamed to a free name is waited for anyway.
    pub(in super::super::super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// Removes a name.
    pub(in super::super::super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        patiently(|| fs::remove_file(self.path.join(name)))
    }

    /// Gives a file another name, also one that another file has; `aside` is one more name of that file.
    pub(in super::super::super) fn rename(
        &self,
        from: &OsStr,
        to: &OsStr,
        aside: Option<&OsStr>,
    ) -> io::Result<()> {
        let (from, to) = (self.path.join(from), self.path.join(to));
        // A file that is marked as read-only is replaced by nobody.
        let is_marked = fs::symlink_metadata(&to).is_ok_and(|found| found.permissions().readonly());
        if is_marked {
            mark_read_only(&to, false)?;
        }
        // Whoever looks at the file that goes, as scanners do, is in the way, and not for long.
        let renamed = patiently(|| fs::rename(&from, &to));
        if is_marked {
            let old =
                if renamed.is_ok() { aside.map(|aside| self.path.join(aside)) } else { Some(to) };
            // It is not worth failing for.
            old.map(|old| mark_read_only(&old, true).ok());
        }
        renamed
    }

    /// Not done here: an open file keeps its name.
    pub(in super::super::super) fn move_to_free(
        &self,
        _from: &OsStr,
        _to: &OsStr,
    ) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    /// There is no such step.
    pub(in super::super::super) fn exchange(&self, _one: &OsStr, _other: &OsStr) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Gives a file another name, which must be free.
    pub(in super::super::super) fn rename_to_free(
        &self,
        from: &OsStr,
        to: &OsStr,
    ) -> io::Result<()> {
        patiently(|| calls::rename_to_free(&self.path.join(from), &self.path.join(to)))
    }

    /// Gives a file one more name, which must be free.
    pub(in super::super::super) fn link(&self, old: &OsStr, new: &OsStr) -> io::Result<()> {
        let (old, new) = (self.path.join(old), self.path.join(new));
        // Of what somebody keeps from being renamed or removed, the new name could not be removed either.
        patiently(|| open(&old, right::DELETE, Links::Keep))?;
        fs::hard_link(old, new)
    }

    /// No file is without a name.
    pub(in super::super::super) fn name(
        &self,
        _nameless: &Handle,
        _name: &OsStr,
    ) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Makes a new file, to write to it.
    pub(in super::super::super) fn create(
        &self,
        name: &OsStr,
        access: Access,
    ) -> io::Result<Handle> {
        let path = self.path.join(name);
        match access {
            Access::Everyone => OpenOptions::new().write(true).create_new(true).open(path),
            Access::Owner => {
                let descriptor = descriptor::of_owner_alone(&user()?, PRIVATE, false);
                // What had the name may be going.
                patiently(|| calls::create_file(&path, &descriptor, right::ANY_WRITE))
            }
        }
    }

    /// There is no such file.
    pub(in super::super::super) fn create_nameless(
        &self,
        _access: Access,
    ) -> io::Result<Option<Handle>> {
        Ok(None)
    }

    /// Opens what is locked by whoever replaces a file: one that stands for it, and is gone with the last who
    /// has it open.
    pub(in super::super::super) fn open_to_replace(
        &self,
        _name: &OsStr,
        lock: &OsStr,
    ) -> io::Result<Handle> {
        let path = self.path.join(lock);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).custom_flags(GONE_WHEN_CLOSED);
        // It is going until all have closed it.
        patiently(|| options.open(&path))
    }

    /// Returns whether an open file that is locked is what keeps others from replacing this one.
    pub(in super::super::super) fn has_locked(
        &self,
        _name: &OsStr,
        lock: &OsStr,
        own: &Handle,
    ) -> bool {
        match (self.find(lock, Links::Keep), status_of_file(own)) {
            (Ok(found), Ok(own)) => found.is_some_and(|found| is_named(found, own)),
            // It is going, and nobody can open it, or make another.
            _ => true,
        }
    }

    /// Opens a file to lock it; a symbolic link is not followed.
    pub(in super::super::super) fn open_to_lock(&self, name: &OsStr) -> io::Result<Handle> {
        open_to_look(&self.path.join(name), Links::Keep)
    }

    /// Shows every entry: its name, and its kind.
    pub(in super::super::super) fn list(
        &self,
        mut show: impl FnMut(OsString, Option<FileKind>),
    ) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let sort = entry.file_type()?;
            let kind = if sort.is_file() {
                FileKind::File
            } else if sort.is_dir() {
                FileKind::Directory
            } else {
                FileKind::Symlink
            };
            show(entry.file_name(), Some(kind));
        }
        Ok(())
    }
}

/// What the owner may do with a private key file: read it, as with mode 0400, remove it, and give it another
/// name, for which Windows wants to write its attributes.
const PRIVATE: u32 = right::READ_FILE | right::DELETE | right::WRITE_ATTRIBUTES;

pub(super) fn mark_read_only(path: &Path, is_marked: bool) -> io::Result<()> {
    let mut permissions = fs::symlink_metadata(path)?.permissions();
    permissions.set_readonly(is_marked);
    fs::set_permissions(path, permissions)
}

/// Does what may be denied for as long as somebody else has a file open, as scanners have new ones.
fn patiently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let start = Instant::now();
    loop {
        match attempt() {
            Err(error) if may_be_held(&error) && start.elapsed() < PATIENCE => {
                thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

fn may_be_held(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied || error.raw_os_error() == Some(SHARING_VIOLATION)
}

/// `ERROR_SHARING_VIOLATION`.
const SHARING_VIOLATION: i32 = 32;
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(10);
/// `FILE_FLAG_DELETE_ON_CLOSE`.
const GONE_WHEN_CLOSED: u32 = 0x0400_0000;
