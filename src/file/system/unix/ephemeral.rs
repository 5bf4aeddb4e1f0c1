//! A folder that is removed with its contents.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::super::Claim;
use super::{Handle, UserId};

/// Opens a folder and returns its owner and what its user locks: the folder itself.
pub(in super::super::super) fn claim_of(folder: &Path, mark: &OsStr) -> io::Result<Claim> {
    let handle = open(CWD, folder)?;
    let owner = UserId(rustix::fs::fstat(&handle)?.st_uid);
    let has_mark = rustix::fs::statat(&handle, mark, AtFlags::SYMLINK_NOFOLLOW).is_ok();
    let is_marked = has_mark || names(&handle)?.is_empty();
    Ok(Claim { owner, is_marked, lock: Some(handle) })
}

/// Removes a claimed folder with its contents, the file `mark` last; symbolic links are not followed.
///
/// The contents are removed through the open folder: `path` may lead elsewhere by now.
pub(in super::super::super) fn remove_folder(
    path: &Path,
    mark: &OsStr,
    lock: Option<&Handle>,
) -> io::Result<()> {
    let handle = lock.ok_or(Errno::BADF)?;
    remove_contents(handle, Some(mark))?;
    match retry_on_intr(|| rustix::fs::unlinkat(handle, mark, AtFlags::empty())) {
        Err(Errno::NOENT) | Ok(()) => {}
        Err(error) => return Err(error.into()),
    }
    // Only an empty folder can be lost here.
    Ok(retry_on_intr(|| rustix::fs::rmdir(path))?)
}

/// Removes the files in an open folder and then the folders, so that no folder that stays keeps a private
/// key from being removed.
fn remove_contents(folder: &Handle, except: Option<&OsStr>) -> io::Result<()> {
    // A command may have taken permissions away from its folder. If they cannot be restored, the removal fails.
    rustix::fs::fchmod(folder, Mode::RWXU).ok();
    let mut folders = Vec::new();
    for (name, kind) in names(folder)? {
        let is_folder = match kind {
            FileType::Unknown => {
                let found = rustix::fs::statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW)?;
                FileType::from_raw_mode(found.st_mode) == FileType::Directory
            }
            kind => kind == FileType::Directory,
        };
        if is_folder {
            folders.push(name);
        } else if except != Some(&name) {
            retry_on_intr(|| rustix::fs::unlinkat(folder, &name, AtFlags::empty()))?;
        }
    }
    for name in folders {
        let inner = open(folder, &name).or_else(|_| {
            rustix::fs::chmodat(folder, &name, Mode::RWXU, AtFlags::empty())?;
            open(folder, &name)
        })?;
        remove_contents(&inner, None)?;
        retry_on_intr(|| rustix::fs::unlinkat(folder, &name, AtFlags::REMOVEDIR))?;
    }
    Ok(())
}

fn open(above: impl AsFd, name: impl rustix::path::Arg + Copy) -> io::Result<Handle> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(retry_on_intr(|| rustix::fs::openat(&above, name, flags, Mode::empty()))?)
}

/// Returns the entries of an open folder.
fn names(folder: &Handle) -> io::Result<Vec<(OsString, FileType)>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") {
            names.push((OsStr::from_bytes(name).to_owned(), entry.file_type()));
        }
    }
    Ok(names)
}
