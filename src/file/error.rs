use std::path::{Path, PathBuf};
use std::{fmt, io};

use super::name::FileNameError;
use super::system::UserId;

/// An error with a file or a directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The last part of the path is not a valid file name.
    #[error("invalid path {}", .path.display())]
    BadName { path: PathBuf, source: FileNameError },
    /// A file to be removed is not the one that was opened, or has other contents; it stays.
    #[error("cannot remove {}: another program replaced or changed it{}", .path.display(), kept_as(.path, .kept))]
    Changed {
        path: PathBuf,
        /// The name that the other file has now.
        kept: PathBuf,
    },
    /// A file to be replaced is not the one that was checked, or has other contents; it stays.
    #[error("cannot replace {}: another program has changed it", .path.display())]
    ChangedByOther { path: PathBuf },
    #[error("{} already exists", .path.display())]
    Exists { path: PathBuf },
    /// It belongs to another user and is in a world-writable directory: it may have been planted.
    #[error("{} belongs to another user and is in a world-writable directory", .path.display())]
    Foreign {
        /// The file, link or directory.
        path: PathBuf,
        owner: UserId,
    },
    #[error("the directory {} does not exist", .path.display())]
    MissingDirectory { path: PathBuf },
    #[error("{} is not a directory", .path.display())]
    NotADirectory { path: PathBuf },
    #[error("{} is {found}, not a file", .path.display())]
    NotAFile {
        path: PathBuf,
        /// `a directory`, `a device`, ….
        found: &'static str,
    },
    /// The path of a directory to be removed leads to another directory now.
    #[error("cannot remove {}: another program replaced it", .path.display())]
    DirectoryReplaced { path: PathBuf },
    /// The last part of the path is not a name, as in `..` or `/`.
    #[error("invalid path {}: expected the path of a file", .path.display())]
    NoName { path: PathBuf },
    /// The file has several hard links and is in a world-writable directory: another user may have
    /// linked it there to have it overwritten.
    #[error("{} has several hard links and is in a world-writable directory", .path.display())]
    SharedHardLinks { path: PathBuf },
    /// The file has several hard links. Another name keeps a key that is deleted by this one, and a
    /// program that opens a registry by another name misses the journal next to this one.
    #[error("{} is one of {names} hard links to the same file", .path.display())]
    HardLinks { path: PathBuf, names: u64 },
    #[error("cannot get random numbers from the operating system")]
    NoRandomness(#[source] rand::rngs::SysError),
    #[error("{} is larger than {limit} bytes", .path.display())]
    TooLarge {
        path: PathBuf,
        /// In bytes.
        limit: usize,
    },
    #[error("cannot {action} {}", .path.display())]
    Io { action: Action, path: PathBuf, source: io::Error },
}

impl FileError {
    pub(super) fn io(action: Action, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io { action, path: path.to_owned(), source: source.into() }
    }
}

/// Returns the error for a file that was there before.
pub(super) fn vanished() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "it no longer exists")
}

fn kept_as(path: &Path, kept: &Path) -> String {
    if kept == path { String::new() } else { format!("; it is kept as {}", kept.display()) }
}

/// An operation on a file or a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Examine,
    /// Giving a file its final name.
    Name,
    Read,
    Remove,
    Replace,
    Sync,
    Write,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Create | Self::Name => "create",
            Self::Examine => "examine",
            Self::Read => "read",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Sync => "sync",
            Self::Write => "write",
        })
    }
}
