//! The only code that opens files.
//!
//! A private key file is born complete, durable and readable by its owner alone, and never takes
//! the place of another file unless that was asked for:
//!
//! 1. [`Target`] checks, before any work is done, that the name is free and the folder writable;
//! 2. [`Draft`] writes the contents to a file that has no name yet, and makes them durable;
//! 3. [`Draft::publish`] gives it its name in one step that fails if the name is taken, for which
//!    others can [wait](wait_until_settled);
//! 4. [`Published::keep`] ends the work; a `Published` that is dropped instead takes it all back.
//!
//! `O_TRUNC` and a mode would not do: the mode of an existing file stays as it was, and a reader
//! sees the file half written.

#[cfg(not(unix))]
compile_error!(
    "a private key file is its owner's alone by its mode, which Unix has; here it would be written for \
     others to read"
);

mod custody;
mod draft;
mod ephemeral;
mod error;
mod facts;
mod folder;
mod published;
mod settled;
mod target;
mod temporary;
#[cfg(test)]
mod tests;
mod together;

pub use custody::Custody;
pub use draft::{Access, Draft};
pub use ephemeral::{EphemeralFolder, Leftover};
pub use error::{Action, FileError};
pub use facts::{Facts, Kind, Listing, folders_above, link_target, read_if, resolved};
pub use published::Published;
pub use settled::wait_until_settled;
pub use target::{Existing, Target};

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use self::folder::Folder;
use crate::secret::Secret;

/// Returns the whole contents of a file of at most `limit` bytes.
///
/// # Errors
///
/// [`FileError::TooLarge`], and [`FileError::Io`] if the file cannot be opened or read.
pub fn read(path: &Path, limit: usize) -> Result<Secret, FileError> {
    let failed = |source| FileError::io(Action::Read, path, source);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let descriptor =
        retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty())).map_err(failed)?;
    // Most key files fit, and those that do not grow the buffer.
    let mut contents = Secret::with_capacity(USUAL_BYTES);
    let mut chunk = Secret::zeroed(USUAL_BYTES);
    while contents.len() <= limit {
        match rustix::io::read(&descriptor, chunk.expose_mut()) {
            Ok(0) => return Ok(contents),
            Ok(count) => contents.push(chunk.expose().get(..count).unwrap_or_default()),
            Err(Errno::INTR) => {}
            Err(source) => return Err(failed(source)),
        }
    }
    Err(FileError::TooLarge { path: path.to_owned(), limit })
}

const USUAL_BYTES: usize = 1 << 14;

/// Returns the signals that this process ignored when it was started, a bit for each, the lowest for
/// signal 1; where the system does not tell, none.
#[must_use]
pub fn ignored_signals() -> u64 {
    let Ok(status) = read(Path::new("/proc/self/status"), USUAL_BYTES) else {
        return 0;
    };
    let text = std::str::from_utf8(status.expose()).unwrap_or_default();
    let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// Returns how many files this process may have open at once.
#[must_use]
pub fn most_open() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Opens the terminal that controls this process, for reading and writing.
///
/// # Errors
///
/// Whatever the system says, because there is none above all.
pub fn open_terminal() -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open("/dev/tty", flags, Mode::empty())?)
}

/// Returns whether two paths lead to one file.
#[must_use]
pub fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path: &Path| {
        let found = rustix::fs::statat(CWD, path, AtFlags::empty()).ok()?;
        Some((found.st_dev, found.st_ino))
    };
    file(one).is_some() && file(one) == file(other)
}

/// Leaves a file that is there to its owner alone (mode 0600).
///
/// # Errors
///
/// [`FileError::Io`].
pub fn leave_to_owner(path: &Path) -> Result<(), FileError> {
    retry_on_intr(|| rustix::fs::chmod(path, Mode::RUSR | Mode::WUSR))
        .map_err(|source| FileError::io(Action::Write, path, source))
}

/// Removes a file.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn remove(path: &Path) -> Result<(), FileError> {
    retry_on_intr(|| rustix::fs::unlinkat(CWD, path, AtFlags::empty()))
        .map_err(|source| FileError::io(Action::Remove, path, source))
}

/// Removes a file durably, with the copies of it, or of what was to replace it, that killed processes have left.
///
/// # Errors
///
/// [`FileError::NoName`], [`FileError::NoFolder`], [`FileError::NotAFolder`] and [`FileError::Io`].
pub fn remove_for_good(path: &Path) -> Result<(), FileError> {
    let (folder, name) = Folder::of(path)?;
    folder.remove(name).map_err(|source| FileError::io(Action::Remove, path, source))?;
    folder.sweep(name);
    folder.synchronise()
}

/// Returns the length of a file in bytes, or `None` if there is none.
///
/// # Errors
///
/// [`FileError::Io`] if that cannot be found out.
pub fn length(path: &Path) -> Result<Option<u64>, FileError> {
    match rustix::fs::statat(CWD, path, AtFlags::empty()) {
        Ok(found) => Ok(Some(u64::try_from(found.st_size).unwrap_or_default())),
        Err(Errno::NOENT) => Ok(None),
        Err(source) => Err(FileError::io(Action::Examine, path, source)),
    }
}

/// Checks that a file, or one that would be made there with the folders above it, can be written.
///
/// # Errors
///
/// [`FileError::NotAFolder`] and [`FileError::Io`].
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::io(Action::Write, path, source);
    let access = |path: &Path| {
        rustix::fs::accessat(CWD, path, rustix::fs::Access::WRITE_OK, AtFlags::EACCESS)
    };
    if length(path)?.is_some() {
        access(path).map_err(failed)?;
    }
    for above in path.ancestors().skip(1) {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        match rustix::fs::statat(CWD, above, AtFlags::empty()) {
            Ok(found) if FileType::from_raw_mode(found.st_mode) != FileType::Directory => {
                return Err(FileError::NotAFolder { path: above.to_owned() });
            }
            Ok(_) => return access(above).map_err(failed),
            Err(Errno::NOENT) => {}
            Err(source) => return Err(failed(source)),
        }
    }
    Ok(())
}

/// Fails if the path is not that of a file itself: a link to one does not do.
///
/// # Errors
///
/// [`FileError::NotAFile`] and [`FileError::Io`].
pub fn check_own_file(path: &Path) -> Result<(), FileError> {
    let found = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|source| FileError::io(Action::Read, path, source))?;
    let found = match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Symlink => "a symbolic link",
        _ => "something else",
    };
    Err(FileError::NotAFile { path: path.to_owned(), found })
}

/// Returns whether what is written to an open descriptor is lost: it is the null device.
///
/// That is also what a process finds in the place of a standard stream that was closed when it
/// started.
#[must_use]
pub fn leads_nowhere(descriptor: impl AsFd) -> bool {
    match (rustix::fs::fstat(descriptor), rustix::fs::stat("/dev/null")) {
        (Ok(found), Ok(null)) => {
            FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice
                && found.st_rdev == null.st_rdev
        }
        _ => false,
    }
}

/// Returns whether an open descriptor is that of a file, and not of a pipe, a device or a terminal.
#[must_use]
pub fn is_file(descriptor: impl AsFd) -> bool {
    rustix::fs::fstat(descriptor)
        .is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile)
}

/// Returns whether a path leads to a file which others than its owner can read.
#[must_use]
pub fn is_open_to_others(path: &Path) -> bool {
    rustix::fs::statat(CWD, path, AtFlags::empty()).is_ok_and(|found| {
        FileType::from_raw_mode(found.st_mode) == FileType::RegularFile
            && Mode::from_raw_mode(found.st_mode).intersects(Mode::RGRP | Mode::ROTH)
    })
}

/// Returns whether an open descriptor is that of a file which others than its owner can read.
#[must_use]
pub fn is_readable_by_others(descriptor: impl AsFd) -> bool {
    rustix::fs::fstat(descriptor).is_ok_and(|found| {
        FileType::from_raw_mode(found.st_mode) == FileType::RegularFile
            && Mode::from_raw_mode(found.st_mode).intersects(Mode::RGRP | Mode::ROTH)
    })
}

/// Makes a folder for its owner alone (mode 0700), and the missing ones above it, durably.
///
/// A folder that exists keeps its mode.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn create_owner_folder(path: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::io(Action::Create, path, source);
    match retry_on_intr(|| rustix::fs::mkdir(path, Mode::RWXU)) {
        Ok(()) => {
            retry_on_intr(|| rustix::fs::chmod(path, Mode::RWXU)).map_err(failed)?;
            // What is in it is not lost with its name.
            Folder::of(path)?.0.synchronise()
        }
        Err(Errno::EXIST) => Ok(()),
        Err(Errno::NOENT) => {
            let above = path.parent().filter(|above| !above.as_os_str().is_empty());
            create_owner_folder(above.ok_or_else(|| failed(Errno::NOENT))?)?;
            create_owner_folder(path)
        }
        Err(source) => Err(failed(source)),
    }
}

/// Makes an empty file that its owner alone can read and write (mode 0600), unless one is there.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn create_owner_file(path: &Path) -> Result<(), FileError> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let created = match retry_on_intr(|| rustix::fs::open(path, flags, mode)) {
        // The umask may have taken more than it should.
        Ok(descriptor) => retry_on_intr(|| rustix::fs::fchmod(&descriptor, mode)),
        Err(Errno::EXIST) => Ok(()),
        Err(source) => Err(source),
    };
    created.map_err(|source| FileError::io(Action::Create, path, source))
}
