//! The interface between [`crate::file`] and the operating system.
//!
//! Unix describes permissions by a mode, Windows by an access control list
//! (<https://learn.microsoft.com/en-us/windows/win32/secauthz/access-control-lists>). Other
//! systems have no fallback: they would create private key files that others can read.

#[cfg(not(any(unix, windows)))]
compile_error!("file permissions are supported on Unix and Windows only");

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{
    CAN_REPLACE_OPEN, Directory, Handle, Permissions, can_write, check_open_for_writing,
    claim_directory, create_private_directory, create_private_file, current_user, ephemeral_info,
    examine, examine_open, is_null_device, is_same_file, lock, max_open_files, open_nonblocking,
    open_to_read, read, remove, remove_contents, remove_directory, restrict_to_owner,
    simplify_path, status, status_of, sync, sync_file_system, trusted_users, try_lock,
    try_lock_shared, write,
};
#[cfg(unix)]
pub use unix::{UserId, open_terminal};
#[cfg(windows)]
pub(super) use windows::{
    CAN_REPLACE_OPEN, Directory, Handle, Permissions, can_write, check_open_for_writing,
    claim_directory, create_private_directory, create_private_file, current_user, ephemeral_info,
    examine, examine_open, is_null_device, is_same_file, lock, max_open_files, open_nonblocking,
    open_to_read, read, remove, remove_contents, remove_directory, simplify_path, status,
    status_of, sync, sync_file_system, trusted_users, try_lock, try_lock_shared, write,
};
#[cfg(windows)]
pub use windows::{UserId, open_console, open_pipe, read_console, write_console};

use std::ffi::OsString;
use std::path::{Path, is_separator};

/// The type of a file system entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    File,
    Directory,
    Symlink,
    /// Anything else, in words: `a pipe`, `a device`, ….
    Other(&'static str),
}

impl FileKind {
    /// Returns the kind with its article: `a device`.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Directory => "a directory",
            Self::Symlink => "a symbolic link",
            Self::Other(found) => found,
        }
    }

    /// Returns whether a new file may replace it.
    pub(super) fn is_replaceable(self) -> bool {
        matches!(self, Self::File | Self::Symlink)
    }
}

/// The users who can read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For public keys: mode 0644 less the umask. On Windows, as inherited from the directory.
    Everyone,
    /// For private keys: mode 0400 whatever the umask, as AWS advises
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html>). On Windows,
    /// an access control list with one entry.
    Owner,
    /// For a text file: the permissions of the one that it replaces, or none for other users. On
    /// Windows, as inherited from the directory.
    Like(Option<Permissions>),
}

/// The treatment of a symbolic link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    Follow,
    /// Use the link itself.
    Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) kind: FileKind,
    /// The file system, and the number of the file in it.
    pub(super) identity: (u64, u64),
    /// In bytes.
    pub(super) length: u64,
    /// The number of hard links.
    pub(super) names: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Examined {
    pub(super) status: Status,
    pub(super) owner: UserId,
    pub(super) permissions: Permissions,
}

/// A directory that may be an [ephemeral](super::EphemeralDirectory) one.
#[derive(Debug)]
pub(super) struct EphemeralInfo {
    pub(super) names: Vec<OsString>,
    /// The file to lock while the directory is in use. On Windows, `None` if the marker is missing.
    pub(super) lock: Option<Handle>,
}

/// Returns whether a path ends with a separator.
pub(super) fn names_a_directory(path: &Path) -> bool {
    let end = path.as_os_str().as_encoded_bytes().last().copied();
    end.is_some_and(|end| is_separator(end.into()))
}
