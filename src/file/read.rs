//! Reading files within a size limit.

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::error::{Action, FileError};
use super::system::{self, Directory, FileKind, Handle, Links, Status};
use crate::secret::Secret;

/// Returns the contents of a file of at most `limit` bytes. May block if it is a pipe or a device.
///
/// # Errors
///
/// [`FileError::TooLarge`], and [`FileError::Io`] if the file cannot be opened or read.
pub fn read(path: &Path, limit: usize) -> Result<Secret, FileError> {
    let handle = system::open_to_read(path);
    read_open(&handle.map_err(|source| FileError::io(Action::Read, path, source))?, path, limit)
}

/// Returns the contents of a regular file of at most `limit` bytes. Does not open anything else: a
/// pipe can block its reader, and a device may never end.
pub fn read_regular(path: &Path, limit: usize) -> Result<Secret, FileError> {
    let failed = |source| FileError::io(Action::Read, path, source);
    check_regular(path, limit)?;
    let handle = system::open_nonblocking(path, Links::Follow).map_err(failed)?;
    // Another file may have the name by now.
    let found = system::status_of(&handle).map_err(failed)?;
    check_status(path, found, limit)?;
    read_open(&handle, path, limit)
}

/// Checks that a path leads to a regular file of at most `limit` bytes.
pub fn check_regular(path: &Path, limit: usize) -> Result<(), FileError> {
    let found = existing(path, Links::Follow);
    check_status(path, found.map_err(|source| FileError::io(Action::Read, path, source))?, limit)
}

/// Reads the regular files in a directory, at most `limit` bytes together. Follows symbolic links
/// and skips files that cannot be read.
pub fn read_directory(path: &Path, limit: usize) -> Result<Vec<Secret>, FileError> {
    let directory = Directory::at(path)?;
    let mut names = Vec::new();
    let listed = directory.list(&mut |name: OsString, _| names.push(name));
    listed.map_err(|source| FileError::io(Action::Read, path, source))?;
    let mut files = Vec::new();
    let mut left = limit;
    for name in names {
        let found = directory.find(&name, Links::Follow);
        if !found.is_ok_and(|found| found.is_some_and(|found| found.kind == FileKind::File)) {
            continue;
        }
        match read_regular(&path.join(name), left) {
            Ok(contents) => {
                left = left.saturating_sub(contents.len());
                files.push(contents);
            }
            Err(FileError::TooLarge { path, .. }) => {
                return Err(FileError::TooLarge { path, limit });
            }
            Err(_) => {}
        }
    }
    Ok(files)
}

/// Returns the contents of a regular file of at most `limit` bytes if `is_relevant` accepts its
/// first bytes; otherwise `None`. Does not open anything but regular files, and does not follow a
/// symbolic link.
pub fn read_if(
    path: &Path,
    limit: usize,
    is_relevant: impl Fn(&[u8]) -> bool,
) -> Result<Option<Secret>, FileError> {
    let read = || {
        // Opening a device can have side effects.
        if !fits(existing(path, Links::Keep)?, limit) {
            return Ok(None);
        }
        let handle = system::open_nonblocking(path, Links::Keep)?;
        // Another file may have the name by now.
        if !fits(system::status_of(&handle)?, limit) {
            return Ok(None);
        }
        read_up_to(&handle, limit, is_relevant)
    };
    read().map_err(|source| FileError::io(Action::Read, path, source))
}

fn existing(path: &Path, links: Links) -> io::Result<Status> {
    system::status(path, links)?
        .ok_or_else(|| io::Error::new(ErrorKind::NotFound, "No such file or directory"))
}

fn fits(found: Status, limit: usize) -> bool {
    found.kind == FileKind::File
        && usize::try_from(found.length).is_ok_and(|length| length <= limit)
}

fn check_status(path: &Path, found: Status, limit: usize) -> Result<(), FileError> {
    let found_kind = match found.kind {
        FileKind::File if fits(found, limit) => return Ok(()),
        FileKind::File => return Err(FileError::TooLarge { path: path.to_owned(), limit }),
        kind => kind.description(),
    };
    Err(FileError::NotAFile { path: path.to_owned(), found: found_kind })
}

/// Returns whether a path leads to a regular file with these contents.
pub(super) fn has_contents(path: &Path, contents: &Secret) -> bool {
    read_regular(path, contents.len()).is_ok_and(|found| found.expose() == contents.expose())
}

/// Returns the contents of an open file of at most `limit` bytes.
pub(super) fn read_open(handle: &Handle, path: &Path, limit: usize) -> Result<Secret, FileError> {
    let contents = read_up_to(handle, limit, |_| true);
    let contents = contents.map_err(|source| FileError::io(Action::Read, path, source))?;
    contents.ok_or_else(|| FileError::TooLarge { path: path.to_owned(), limit })
}

/// Reads an open file to its end; returns `None` if it has more than `limit` bytes, or if
/// `is_relevant` rejects its first bytes.
fn read_up_to(
    handle: &Handle,
    limit: usize,
    is_relevant: impl Fn(&[u8]) -> bool,
) -> io::Result<Option<Secret>> {
    // Most key files fit; others grow the buffer.
    let mut contents = Secret::with_capacity(CHUNK);
    let mut chunk = Secret::zeroed(CHUNK);
    while contents.len() <= limit {
        let count = system::read(handle, chunk.expose_mut())?;
        if count == 0 {
            return Ok(Some(contents));
        }
        let is_first = contents.is_empty();
        contents.push(chunk.expose().get(..count).unwrap_or_default());
        if is_first && !is_relevant(contents.expose()) {
            return Ok(None);
        }
    }
    Ok(None)
}

const CHUNK: usize = 1 << 14;

/// Returns the signals that this process ignored when it started: one bit each, the lowest for
/// signal 1. Returns 0 where the system does not show them.
pub fn ignored_signals() -> u64 {
    let Ok(status) = read(Path::new("/proc/self/status"), CHUNK) else {
        return 0;
    };
    let text = std::str::from_utf8(status.expose()).unwrap_or_default();
    let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}
