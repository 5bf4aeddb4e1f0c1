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

/// Opens an ephemeral directory of this user. Its lock is the directory itself. Returns `None` for a
/// directory of another user, and does not list it.
pub fn ephemeral_info(path: &Path, _marker: &OsStr) -> io::Result<Option<EphemeralInfo>> {
    let handle = open(CWD, path)?;
    if UserId(rustix::fs::fstat(&handle)?.st_uid) != super::current_user()? {
        return Ok(None);
    }
    let names = names(&handle)?.into_iter().map(|(name, _)| name).collect();
    Ok(Some(EphemeralInfo { names, lock: Some(handle) }))
}

/// Locks a new directory, then marks it. Returns `None` if another process has locked it.
///
/// An unlocked directory without a marker is empty, so no key is lost with it.
pub fn claim_directory(path: &Path, marker: &OsStr) -> io::Result<Option<Handle>> {
    let handle = open(CWD, path)?;
    if !super::try_lock(&handle) {
        return Ok(None);
    }
    super::create_private_file(&path.join(marker))?;
    Ok(Some(handle))
}

/// Removes the contents of an ephemeral directory except the files `kept`. Does not follow symbolic
/// links.
///
/// They are removed through the open directory: `path` may lead elsewhere by now.
pub fn remove_contents(_path: &Path, kept: &[&str], lock: Option<&Handle>) -> io::Result<()> {
    remove_entries(lock.ok_or(Errno::BADF)?, kept)
}

/// Removes an ephemeral directory with its contents, the files `last` at the end and in order.
pub fn remove_directory(path: &Path, last: &[&str], lock: Option<&Handle>) -> io::Result<()> {
    let handle = lock.ok_or(Errno::BADF)?;
    remove_contents(path, last, lock)?;
    for name in last {
        match retry_on_intr(|| rustix::fs::unlinkat(handle, *name, AtFlags::empty())) {
            Err(Errno::NOENT) | Ok(()) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Even if `path` leads elsewhere, only an empty directory can be lost here.
    Ok(retry_on_intr(|| rustix::fs::rmdir(path))?)
}

/// Removes the files in an open directory, then its subdirectories: a subdirectory that cannot be
/// removed must not keep a private key file from being removed.
fn remove_entries(directory: &Handle, kept: &[&str]) -> io::Result<()> {
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
        } else if !kept.iter().any(|kept| name == *kept) {
            retry_on_intr(|| rustix::fs::unlinkat(directory, &name, AtFlags::empty()))?;
        }
    }
    for name in subdirectories {
        let inner = open(directory, &name).or_else(|_| {
            rustix::fs::chmodat(directory, &name, Mode::RWXU, AtFlags::empty())?;
            open(directory, &name)
        })?;
        remove_entries(&inner, &[])?;
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
