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
mod directory;
mod draft;
mod ephemeral;
mod error;
mod info;
mod name;
mod process;
mod published;
mod read;
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
pub use info::{FileInfo, Listing, canonicalize, directories_above, link_target};
pub use name::FileNameError;
pub use published::{Published, wait_until_committed};
pub use read::{check_regular, ignored_signals, read, read_directory, read_if, read_regular};
pub use removal::OpenFile;
#[cfg(unix)]
pub use system::open_terminal;
pub use system::{Access, FileKind};
#[cfg(windows)]
pub use system::{open_console, open_pipe, read_console, write_console};
pub use target::{Existing, Target};
pub use trust::PathTrust;

use std::io::{self, ErrorKind};
#[cfg(unix)]
use std::os::fd::AsFd as Open;
#[cfg(windows)]
use std::os::windows::io::AsHandle as Open;
use std::path::Path;

use self::system::{Directory, Examined, Links};

/// Returns the maximum number of open files of this process.
#[must_use]
pub fn max_open_files() -> usize {
    system::max_open_files()
}

/// Returns whether two paths lead to the same file.
#[must_use]
pub fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path: &Path| Some(system::status(path, Links::Follow).ok()??.identity);
    file(one).is_some() && file(one) == file(other)
}

/// Makes an existing file accessible to its owner only (mode 0600).
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

/// Returns the length of a file in bytes, or `None` if it does not exist.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn length(path: &Path) -> Result<Option<u64>, FileError> {
    let found = system::status(path, Links::Follow);
    let found = found.map_err(|source| FileError::io(Action::Examine, path, source))?;
    Ok(found.map(|found| found.length))
}

/// Checks that a file can be written, or that it could be created with the directories above it.
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

/// Returns whether an open file is the null device, which discards all output. Standard streams
/// that were closed when the process started are the null device, too.
#[must_use]
pub fn is_null_device(open: impl Open) -> bool {
    system::is_null_device(open)
}

/// Returns whether an open file is a regular file, not a pipe, a device or a terminal.
#[must_use]
pub fn is_file(open: impl Open) -> bool {
    system::status_of(&open).is_ok_and(|found| found.kind == FileKind::File)
}

/// Returns whether a path leads to a file that users other than its owner can read.
#[must_use]
pub fn is_readable_by_others(path: &Path) -> bool {
    let found = system::examine(path, Links::Follow);
    found.is_ok_and(|found| found.is_some_and(others_can_read))
}

/// Returns whether an open file is one that users other than its owner can read.
#[must_use]
pub fn is_handle_readable_by_others(open: impl Open) -> bool {
    system::examine_open(&open).is_ok_and(others_can_read)
}

fn others_can_read(found: Examined) -> bool {
    found.status.kind == FileKind::File && found.permissions.others_can_read()
}

/// Creates a directory that only its owner can access (mode 0700), with missing parents, and syncs
/// them. An existing directory keeps its mode.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn create_private_directory(path: &Path) -> Result<(), FileError> {
    let failed = |source: io::Error| FileError::io(Action::Create, path, source);
    match system::create_private_directory(path) {
        // Its name must be on the disk before its contents matter.
        Ok(()) => Directory::of_file(path)?.0.sync(),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            create_private_directory(parent.ok_or_else(|| failed(error))?)?;
            create_private_directory(path)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Creates an empty file that only its owner can read and write (mode 0600), unless it exists.
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
