//! Creating, replacing and removing files safely. No other module opens files.
//!
//! A new file appears under its name complete, durable and with its final permissions, and replaces
//! another file only if the caller asks for it. `O_TRUNC` would keep the mode of an existing file,
//! and show readers a partial one.
//!
//! # States of a file
//!
//! ```text
//! Target ──write──▶ Draft ──publish──▶ Published ──keep──▶ kept
//!                     │                    ├─ keep_both: the replaced file gets a number
//!                     ├─ overwrite: kept   └─ drop: removed, the replaced file is restored
//!                     └─ drop: removed
//! OpenFile ──remove──▶ removed
//! ```
//!
//! - [`Target`]: the directory is writable, and the name is free or may be replaced. No file yet.
//! - [`Draft`]: contents synced. On Linux the file is unnamed (`O_TMPFILE`). Other systems, and
//!   file systems without `O_TMPFILE`, use a *temporary name* in the same directory:
//!   `.keypair-DIGEST-N`, with a digest of the final name, and N one of four slots, or of four others
//!   for existing files. If another user occupies slots, N is random.
//! - [`Published`]: it has its final name, directory synced. A file that it replaced still exists,
//!   under a temporary name.
//! - Kept: the replaced file is removed. A *sweep* removes all stale files for the same name. A
//!   replaced file that is nowhere else gets a number after its name instead.
//! - [`OpenFile`]: read, to be removed later. Removing it renames it to a temporary name first and
//!   examines it there: another file that has taken its name stays. A sweep follows.
//!
//! # Locks
//!
//! All are exclusive, and released when the process ends. A locked temporary name is in use, an
//! unlocked one is stale.
//!
//! | file | locked by | from | until |
//! |---|---|---|---|
//! | new, temporary name | its process | just after creation | kept or dropped |
//! | new, unnamed | its process | publishing | kept or dropped |
//! | existing, to be replaced | the replacing process | publishing | new file kept or dropped |
//! | existing, to be removed | the process with the [`OpenFile`] | opening | removed or dropped |
//! | stale | the sweeping process | found unlocked | removed |
//!
//! Processes that replace or remove the same file wait for one another: until a signal, and a minute
//! at most, because every user who can open a file can lock it. [`wait_until_committed`] waits for a
//! new file. Windows cannot replace an open file: there, `.keypair-DIGEST-lock` is locked instead of
//! the existing file, and Windows deletes it with its last handle. Symbolic links cannot be locked,
//! nor files on file systems without locks: their identity is compared instead.
//!
//! Other programs take no lock. So the new and the old file exchange their names, and exchange them
//! again if the old one is not the checked file. Windows has no such call: there, and on some file
//! systems, a file that appears between the last check and the rename is lost.
//!
//! # After a kill
//!
//! | killed | remains | removed by |
//! |---|---|---|
//! | as `Target` or unnamed `Draft` | nothing | |
//! | as `Draft` with a temporary name | the new file, perhaps incomplete | sweep |
//! | while replacing, before the rename | the old file; temporary names of old and new | sweep |
//! | while overwriting | the old or the new file; perhaps a temporary name of the new one | sweep |
//! | as `Published`, new name | the new file; on Unix perhaps its temporary name | user; sweep |
//! | as `Published`, replacing | the new file; the old one, with a temporary name | user, after a sweep |
//! | while dropping `Published` | as above, or the new file with a temporary name | sweep |
//! | while removing an `OpenFile` | the file, with its name or a temporary one | user, after a sweep |
//! | with an [`EphemeralDirectory`] | a [`StaleDirectory`] | `prune` or next `exec`, once its command ended |
//!
//! The next command that keeps or removes a file of the same name sweeps. Commands that may fail
//! before that call [`recover`] first. Until then, `doctor` lists the stale files. `tests/it/reliability/faults/kills.rs` kills the program on Linux at each
//! system call that changes files, and `tests/windows/kills.rs` on Windows at many moments.

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
mod recovery;
mod removal;
mod stale;
mod system;
mod target;
mod temporary;
#[cfg(test)]
mod tests;
mod trust;

pub use draft::Draft;
pub use ephemeral::EphemeralDirectory;
pub use error::{Action, FileError};
pub use info::{FileInfo, Listing, canonicalize, directories_above, link_target, other_links};
pub use name::FileNameError;
pub use process::ProcessState;
#[cfg(unix)]
pub use process::is_session_leader;
pub use published::{Published, wait_until_committed};
pub use read::{check_regular, ignored_signals, read, read_directory, read_if, read_regular};
pub use recovery::recover;
pub use removal::OpenFile;
pub use stale::{StaleDirectory, recorded_purposes};
#[cfg(unix)]
pub use system::open_terminal;
pub use system::{Access, FileKind};
#[cfg(windows)]
pub use system::{open_console, open_pipe, read_console, write_console};
pub use target::{Existing, Target, replaceable};
pub use trust::PathTrust;

use std::io::{self, ErrorKind};
#[cfg(unix)]
use std::os::fd::AsFd as Open;
#[cfg(windows)]
use std::os::windows::io::AsHandle as Open;
use std::path::Path;

use self::system::{Directory, Examined, Links};

/// Returns the maximum number of open files of this process.
pub fn max_open_files() -> usize {
    system::max_open_files()
}

/// Returns whether two paths lead to the same file.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path: &Path| Some(system::status(path, Links::Follow).ok()??.identity);
    file(one).is_some() && file(one) == file(other)
}

/// Returns whether two paths have the same name in the same directory. The files need not exist.
pub fn is_same_name(one: &Path, other: &Path) -> bool {
    let directory = |path: &Path| match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new(".").to_owned(),
        Some(parent) => parent.to_owned(),
        None => path.to_owned(),
    };
    one.file_name() == other.file_name() && is_same(&directory(one), &directory(other))
}

/// Makes an existing file accessible to its owner only (mode 0600).
#[cfg(unix)]
pub fn restrict_to_owner(path: &Path) -> Result<(), FileError> {
    system::restrict_to_owner(path).map_err(|source| FileError::io(Action::Write, path, source))
}

/// Removes a file.
pub fn remove(path: &Path) -> Result<(), FileError> {
    system::remove(path).map_err(|source| FileError::io(Action::Remove, path, source))
}

/// Returns the length of a file in bytes, or `None` if it does not exist.
pub fn length(path: &Path) -> Result<Option<u64>, FileError> {
    let found = system::status(path, Links::Follow);
    let found = found.map_err(|source| FileError::io(Action::Examine, path, source))?;
    Ok(found.map(|found| found.length))
}

/// Checks that a file can be written, or that it could be created with the directories above it.
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
pub fn is_null_device(open: impl Open) -> bool {
    system::is_null_device(open)
}

/// Checks that an open file is open for writing.
///
/// # Errors
///
/// The error of a write.
pub fn check_open_for_writing(open: impl Open) -> io::Result<()> {
    system::check_open_for_writing(open)
}

/// Returns whether an open file is a regular file, not a pipe, a device or a terminal.
pub fn is_file(open: impl Open) -> bool {
    system::status_of(&open).is_ok_and(|found| found.kind == FileKind::File)
}

/// Returns whether a path leads to a file that users other than its owner can read.
pub fn is_readable_by_others(path: &Path) -> bool {
    let found = system::examine(path, Links::Follow);
    found.is_ok_and(|found| found.is_some_and(others_can_read))
}

/// Returns whether an open file is one that users other than its owner can read.
pub fn is_handle_readable_by_others(open: impl Open) -> bool {
    system::examine_open(&open).is_ok_and(others_can_read)
}

fn others_can_read(found: Examined) -> bool {
    found.status.kind == FileKind::File && found.permissions.others_can_read()
}

/// Creates a directory that only its owner can access (mode 0700), with missing parents, and syncs
/// them. An existing directory keeps its mode.
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
pub fn create_private_file(path: &Path) -> Result<(), FileError> {
    match system::create_private_file(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(FileError::io(Action::Create, path, error))
        }
        _ => Ok(()),
    }
}
