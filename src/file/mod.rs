//! The only code that opens files.
//!
//! A private key file is born complete, durable and readable by its owner alone, and never takes
//! the place of another file unless that was asked for:
//!
//! 1. [`Target`] checks, before any work is done, that the name is free and the folder writable;
//! 2. [`Draft`] writes the contents to a file that has no name yet, and makes them durable;
//! 3. [`Draft::publish`] gives it its name in one step that fails if the name is taken, for which
//!    others can [wait](wait_until_committed);
//! 4. [`Published::keep`] ends the work; a `Published` that is dropped instead takes it all back.
//!
//! An [`OpenFile`] is removed only if it is still the file that was opened and read.
//!
//! `O_TRUNC` and a mode would not do: the mode of an existing file stays as it was, and a reader
//! sees the file half written.

mod batch;
mod draft;
mod ephemeral;
mod error;
mod folder;
mod info;
mod name;
mod process;
mod published;
mod removal;
mod system;
mod target;
mod temporary;
#[cfg(test)]
mod tests;
mod trust;

pub use draft::Draft;
pub use ephemeral::{EphemeralDirectory, StaleDirectory};
pub use error::{Action, FileError};
pub use info::{FileInfo, Listing, canonicalize, directories_above, link_target, read_if};
pub use name::FileNameError;
pub use published::{Published, wait_until_committed};
pub use removal::OpenFile;
#[cfg(unix)]
pub use system::open_terminal;
pub use system::{Access, FileKind};
#[cfg(windows)]
pub use system::{open_console, open_pipe, read_console, write_console};
pub use target::{Existing, Target};
pub use trust::PathTrust;

use std::ffi::OsString;
use std::io::{self, ErrorKind};
#[cfg(unix)]
use std::os::fd::AsFd as Open;
#[cfg(windows)]
use std::os::windows::io::AsHandle as Open;
use std::path::Path;

use self::folder::Folder;
use self::system::{Examined, Handle, Links, Status};
use crate::secret::Secret;

/// Returns the whole contents of a file of at most `limit` bytes.
///
/// # Errors
///
/// [`FileError::TooLarge`], and [`FileError::Io`] if the file cannot be opened or read.
pub fn read(path: &Path, limit: usize) -> Result<Secret, FileError> {
    let handle = system::open_to_read(path);
    read_open(&handle.map_err(|source| FileError::io(Action::Read, path, source))?, path, limit)
}

/// Returns the whole contents of a regular file of at most `limit` bytes. Nothing else is opened: a pipe
/// can block its reader, and a device need not end.
///
/// # Errors
///
/// [`FileError::NotAFile`], [`FileError::TooLarge`] and [`FileError::Io`].
pub fn read_regular(path: &Path, limit: usize) -> Result<Secret, FileError> {
    let failed = |source| FileError::io(Action::Read, path, source);
    check_regular(path, limit)?;
    let handle = system::open_to_look(path, Links::Follow).map_err(failed)?;
    // Another file may have the name by now.
    let found = system::status_of(&handle).map_err(failed)?;
    fits(path, found, limit)?;
    read_open(&handle, path, limit)
}

/// Checks that a path leads to a regular file of at most `limit` bytes.
///
/// # Errors
///
/// [`FileError::NotAFile`], [`FileError::TooLarge`] and [`FileError::Io`].
pub fn check_regular(path: &Path, limit: usize) -> Result<(), FileError> {
    let found = system::status(path, Links::Follow)
        .and_then(|found| found.ok_or_else(|| ErrorKind::NotFound.into()));
    fits(path, found.map_err(|source| FileError::io(Action::Read, path, source))?, limit)
}

/// Checks that a path leads to a folder, and that no regular file in it has more than `limit` bytes; symbolic
/// links are followed.
///
/// # Errors
///
/// [`FileError::MissingDirectory`], [`FileError::NotADirectory`], [`FileError::TooLarge`] and [`FileError::Io`].
pub fn check_directory(path: &Path, limit: usize) -> Result<(), FileError> {
    let folder = Folder::open(path)?;
    let mut checked = Ok(());
    let listed = folder.list(&mut |name: OsString, _| {
        if let Ok(Some(found)) = folder.find(&name, Links::Follow)
            && found.kind == FileKind::File
            && let Err(error) = fits(&path.join(&name), found, limit)
        {
            checked = Err(error);
        }
    });
    listed.map_err(|source| FileError::io(Action::Read, path, source))?;
    checked
}

fn fits(path: &Path, found: Status, limit: usize) -> Result<(), FileError> {
    let found_kind = match found.kind {
        FileKind::File if usize::try_from(found.length).is_ok_and(|length| length <= limit) => {
            return Ok(());
        }
        FileKind::File => return Err(FileError::TooLarge { path: path.to_owned(), limit }),
        FileKind::Directory => "a folder",
        FileKind::Symlink => "a symbolic link",
        FileKind::Other(found) => found,
    };
    Err(FileError::NotAFile { path: path.to_owned(), found: found_kind })
}

/// As [`read`], for an open file.
fn read_open(handle: &Handle, path: &Path, limit: usize) -> Result<Secret, FileError> {
    let failed = |source| FileError::io(Action::Read, path, source);
    // Most key files fit, and those that do not grow the buffer.
    let mut contents = Secret::with_capacity(USUAL_BYTES);
    let mut chunk = Secret::zeroed(USUAL_BYTES);
    while contents.len() <= limit {
        match system::read(handle, chunk.expose_mut()).map_err(failed)? {
            0 => return Ok(contents),
            count => contents.push(chunk.expose().get(..count).unwrap_or_default()),
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
pub fn max_open_files() -> usize {
    system::max_open_files()
}

/// Returns whether two paths lead to one file.
#[must_use]
pub fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path: &Path| Some(system::status(path, Links::Follow).ok()??.identity);
    file(one).is_some() && file(one) == file(other)
}

/// Leaves a file that is there to its owner alone (mode 0600).
///
/// # Errors
///
/// [`FileError::Io`].
#[cfg(unix)]
pub fn restrict_to_owner(path: &Path) -> Result<(), FileError> {
    system::restrict_to_owner(path).map_err(|source| FileError::io(Action::Write, path, source))
}

/// Removes a file.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn remove(path: &Path) -> Result<(), FileError> {
    system::remove(path).map_err(|source| FileError::io(Action::Remove, path, source))
}

/// Returns the length of a file in bytes, or `None` if there is none.
///
/// # Errors
///
/// [`FileError::Io`] if that cannot be found out.
pub fn length(path: &Path) -> Result<Option<u64>, FileError> {
    let found = system::status(path, Links::Follow);
    let found = found.map_err(|source| FileError::io(Action::Examine, path, source))?;
    Ok(found.map(|found| found.length))
}

/// Checks that a file, or one that would be made there with the folders above it, can be written.
///
/// # Errors
///
/// [`FileError::NotADirectory`] and [`FileError::Io`].
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::io(Action::Write, path, source);
    if length(path)?.is_some() {
        system::can_write(path).map_err(failed)?;
    }
    for above in path.ancestors().skip(1) {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        match system::status(above, Links::Follow).map_err(failed)? {
            Some(found) if found.kind != FileKind::Directory => {
                return Err(FileError::NotADirectory { path: above.to_owned() });
            }
            Some(_) => return system::can_write(above).map_err(failed),
            None => {}
        }
    }
    Ok(())
}

/// Returns whether what is written to an open file is lost: it is the null device.
///
/// That is also what a process finds in the place of a standard stream that was closed when it
/// started.
#[must_use]
pub fn is_null_device(open: impl Open) -> bool {
    system::is_null_device(open)
}

/// Returns whether what is open is a file, and not a pipe, a device or a terminal.
#[must_use]
pub fn is_file(open: impl Open) -> bool {
    system::status_of(&open).is_ok_and(|found| found.kind == FileKind::File)
}

/// Returns whether a path leads to a file which others than its owner can read.
#[must_use]
pub fn is_readable_by_others(path: &Path) -> bool {
    let found = system::examine(path, Links::Follow);
    found.is_ok_and(|found| found.is_some_and(lets_others_read))
}

/// Returns whether what is open is a file which others than its owner can read.
#[must_use]
pub fn is_handle_readable_by_others(open: impl Open) -> bool {
    system::examine_open(&open).is_ok_and(lets_others_read)
}

fn lets_others_read(found: Examined) -> bool {
    found.status.kind == FileKind::File && found.permissions.let_others_read()
}

/// Makes a folder for its owner alone (mode 0700), and the missing ones above it, durably.
///
/// A folder that exists keeps its mode.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn create_private_directory(path: &Path) -> Result<(), FileError> {
    let failed = |source: io::Error| FileError::io(Action::Create, path, source);
    match system::create_private_directory(path) {
        // What is in it is not lost with its name.
        Ok(()) => Folder::of(path)?.0.sync(),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let above = path.parent().filter(|above| !above.as_os_str().is_empty());
            create_private_directory(above.ok_or_else(|| failed(error))?)?;
            create_private_directory(path)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Makes an empty file that its owner alone can read and write (mode 0600), unless one is there.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn create_private_file(path: &Path) -> Result<(), FileError> {
    match system::create_private_file(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(FileError::io(Action::Create, path, error))
        }
        _ => Ok(()),
    }
}
