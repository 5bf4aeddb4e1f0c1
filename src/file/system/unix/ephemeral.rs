//! Ephemeral directories on Unix.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::super::EphemeralInfo;
use super::{Handle, UserId};

/// Opens an ephemeral directory and returns its owner. Its lock is the directory itself.
pub fn ephemeral_info(path: &Path, marker: &OsStr) -> io::Result<EphemeralInfo> {
    let handle = open(CWD, path)?;
    let owner = UserId(rustix::fs::fstat(&handle)?.st_uid);
    let has_marker = rustix::fs::statat(&handle, marker, AtFlags::SYMLINK_NOFOLLOW).is_ok();
    let is_marked = has_marker || names(&handle)?.is_empty();
    Ok(EphemeralInfo { owner, is_marked, lock: Some(handle) })
}

/// Removes an ephemeral directory with its contents, the file `marker` last. Does not follow
/// symbolic links.
///
/// The contents are removed through the open directory: `path` may lead elsewhere by now.
pub fn remove_directory(path: &Path, marker: &OsStr, lock: Option<&Handle>) -> io::Result<()> {
    let handle = lock.ok_or(Errno::BADF)?;
    remove_contents(handle, Some(marker))?;
    match retry_on_intr(|| rustix::fs::unlinkat(handle, marker, AtFlags::empty())) {
        Err(Errno::NOENT) | Ok(()) => {}
        Err(error) => return Err(error.into()),
    }
    // Even if `path` leads elsewhere, only an empty directory can be lost here.
    Ok(retry_on_intr(|| rustix::fs::rmdir(path))?)
}

/// Removes the files in an open directory, then its subdirectories: a subdirectory that cannot be
/// removed must not keep a private key file from being removed.
fn remove_contents(directory: &Handle, except: Option<&OsStr>) -> io::Result<()> {
    // A command may have cleared permissions of its directory. If this fails, so does the removal.
    rustix::fs::fchmod(directory, Mode::RWXU).ok();
    let mut subdirectories = Vec::new();
    for (name, kind) in names(directory)? {
        let is_directory = match kind {
            FileType::Unknown => {
                let found = rustix::fs::statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW)?;
                FileType::from_raw_mode(found.st_mode) == FileType::Directory
            }
            kind => kind == FileType::Directory,
        };
        if is_directory {
            subdirectories.push(name);
        } else if except != Some(&name) {
            retry_on_intr(|| rustix::fs::unlinkat(directory, &name, AtFlags::empty()))?;
        }
    }
    for name in subdirectories {
        let inner = open(directory, &name).or_else(|_| {
            rustix::fs::chmodat(directory, &name, Mode::RWXU, AtFlags::empty())?;
            open(directory, &name)
        })?;
        remove_contents(&inner, None)?;
        retry_on_intr(|| rustix::fs::unlinkat(directory, &name, AtFlags::REMOVEDIR))?;
    }
    Ok(())
}

fn open(parent: impl AsFd, name: impl rustix::path::Arg + Copy) -> io::Result<Handle> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(retry_on_intr(|| rustix::fs::openat(&parent, name, flags, Mode::empty()))?)
}

/// Returns the names and types of the entries of an open directory.
fn names(directory: &Handle) -> io::Result<Vec<(OsString, FileType)>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") {
            names.push((OsStr::from_bytes(name).to_owned(), entry.file_type()));
        }
    }
    Ok(names)
}
