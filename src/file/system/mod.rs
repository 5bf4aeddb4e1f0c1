//! What the operating systems have in common, and do each in their own way.
//!
//! Unix says who may do what with a file by its mode, Windows by a list of access rights
//! (<https://learn.microsoft.com/en-us/windows/win32/secauthz/access-control-lists>). Elsewhere a private
//! key would be written for others to read, so that there is nothing to fall back to.

#[cfg(not(any(unix, windows)))]
compile_error!("who may read a file is known of Unix and of Windows alone");

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{
    CAN_REPLACE_OPEN, Directory, Handle, Permissions, as_named, can_write, claim_of,
    create_private_directory, create_private_file, examine, examine_open, is_named, is_null_device,
    max_open_files, open_to_look, open_to_read, read, remove, remove_folder, restrict_to_owner,
    status, status_of, sync, sync_file_system, trusted, try_lock, try_lock_shared, user,
    wait_for_lock, write,
};
#[cfg(unix)]
pub use unix::{UserId, open_terminal};
#[cfg(windows)]
pub(super) use windows::{
    CAN_REPLACE_OPEN, Directory, Handle, Permissions, as_named, can_write, claim_of,
    create_private_directory, create_private_file, examine, examine_open, is_named, is_null_device,
    max_open_files, open_to_look, open_to_read, read, remove, remove_folder, status, status_of,
    sync, sync_file_system, trusted, try_lock, try_lock_shared, user, wait_for_lock, write,
};
#[cfg(windows)]
pub use windows::{UserId, open_console, open_pipe, read_console, write_console};

use std::path::{Path, is_separator};

/// What has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// What is neither, in words: `a pipe`, `a device`, ….
    Other(&'static str),
}

impl FileKind {
    /// Returns the name of the kind, unless it is a file or a link. Nothing else is ever replaced.
    pub(super) fn never_replaced(self) -> Option<&'static str> {
        match self {
            Self::File | Self::Symlink => None,
            Self::Directory => Some("a folder"),
            Self::Other(found) => Some(found),
        }
    }
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whom the umask lets (mode 0644 less the umask), on Windows whom the folder lets: for public keys.
    Everyone,
    /// The owner alone, who may not write either (mode 0400, whatever the umask; on Windows the one entry
    /// of a list of its own): for private keys, as AWS advises
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html>).
    Owner,
}

/// Whether a symbolic link at the end of a path is what is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// What it leads to is.
    Follow,
    /// It is.
    Keep,
}

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) kind: FileKind,
    /// The file system and the number of the file in it.
    pub(super) identity: (u64, u64),
    /// In bytes.
    pub(super) length: u64,
    /// How many names it has.
    pub(super) names: u64,
}

/// What is there, whose it is, and who may do what with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Examined {
    pub(super) status: Status,
    pub(super) owner: UserId,
    pub(super) permissions: Permissions,
}

/// A folder that may be one of this program's, as it was found.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) owner: UserId,
    /// Whether it has the mark of this program's folders, or is empty.
    pub(super) is_marked: bool,
    /// What is locked as long as the folder is used; on Windows missing if the mark is.
    pub(super) lock: Option<Handle>,
}

/// Returns whether a path ends as that of a folder does, with a separator.
pub(super) fn names_a_folder(path: &Path) -> bool {
    let end = path.as_os_str().as_encoded_bytes().last().copied();
    end.is_some_and(|end| is_separator(end.into()))
}
