//! What can go wrong with a file.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use super::name::FileNameError;
use super::system::UserId;

/// Why a file could not be read, made or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The last part of the path cannot be the name of a file.
    #[error("{} names no file", .path.display())]
    BadName {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: FileNameError,
    },
    /// The file was to be removed, and is another one by now, or has other contents.
    #[error("{} was replaced or changed by another program and is kept{}", .path.display(), kept_as(.path, .kept))]
    Changed {
        /// The file.
        path: PathBuf,
        /// Where the file that took its place is.
        kept: PathBuf,
    },
    /// The name is taken, and replacing was not asked for.
    #[error("{} already exists", .path.display())]
    Exists {
        /// The name.
        path: PathBuf,
    },
    /// It belongs to somebody else, in a folder that everybody can write to: it may have been planted.
    #[error("{} belongs to another user, in a folder that everybody can write to", .path.display())]
    Foreign {
        /// The file, link or folder.
        path: PathBuf,
        /// The user that it belongs to.
        owner: UserId,
    },
    /// The folder in which the file was to be made is not there.
    #[error("the folder {} does not exist", .path.display())]
    MissingDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// What should be a folder is none.
    #[error("{} is not a folder", .path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// The name belongs to a folder, a device or a pipe, which is never replaced.
    #[error("{} is {found}, not a file", .path.display())]
    NotAFile {
        /// The name.
        path: PathBuf,
        /// What has that name: `a folder`, `a device`, ….
        found: &'static str,
    },
    /// A folder was to be removed, and its path leads to one of another program by now.
    #[error("{} was replaced by another program", .path.display())]
    DirectoryReplaced {
        /// The folder.
        path: PathBuf,
    },
    /// The path has no last part that could name a file, like `..` or `/`.
    #[error("{} names no file", .path.display())]
    NoName {
        /// The path.
        path: PathBuf,
    },
    /// The file has other names as well (hard links), in a folder that everybody can write to: it may be
    /// another file that is meant to be overwritten.
    #[error("{} is a file with several names, in a folder that everybody can write to", .path.display())]
    SharedHardLinks {
        /// The file.
        path: PathBuf,
    },
    /// The file has other names as well (hard links). A program that opens it by one of them does not find
    /// the journal that lies beside another.
    #[error("{} is one of {names} names (hard links) of a file", .path.display())]
    HardLinks {
        /// The name.
        path: PathBuf,
        /// How many names the file has.
        names: u64,
    },
    /// The operating system gave no random number for a temporary name.
    #[error("the operating system gives no random numbers")]
    NoRandomness(#[source] rand::rngs::SysError),
    /// The file is larger than anything of its kind.
    #[error("{} is larger than {limit} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The operating system refused.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried.
        action: Action,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FileError {
    pub(super) fn io(action: Action, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io { action, path: path.to_owned(), source: source.into() }
    }
}

fn kept_as(path: &Path, kept: &Path) -> String {
    if kept == path { String::new() } else { format!(" as {}", kept.display()) }
}

/// What was tried with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Making it.
    Create,
    /// Looking at what it is.
    Examine,
    /// Giving it its final name.
    Name,
    /// Reading it.
    Read,
    /// Removing it.
    Remove,
    /// Putting it in another file's place.
    Replace,
    /// Waiting until it is on the disk.
    Sync,
    /// Writing it.
    Write,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Create => "create",
            Self::Examine => "examine",
            Self::Name => "name",
            Self::Read => "read",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Sync => "sync",
            Self::Write => "write",
        })
    }
}
