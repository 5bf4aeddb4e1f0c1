//! Metadata of files, and directory listings.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::{Action, FileError};
use super::system::{self, Directory, Examined, FileKind, Links, Permissions, UserId};

/// Kind, owner and permissions of a file system entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileInfo {
    pub kind: FileKind,
    permissions: Permissions,
    pub owner: UserId,
}

impl FileInfo {
    /// Examines a path; returns `None` if it does not exist. Does not follow a symbolic link.
    pub fn of(path: &Path) -> Result<Option<Self>, FileError> {
        Self::find(path, Links::Keep)
    }

    /// Like [`FileInfo::of`], but follows a symbolic link.
    pub fn of_target(path: &Path) -> Result<Option<Self>, FileError> {
        Self::find(path, Links::Follow)
    }

    fn find(path: &Path, links: Links) -> Result<Option<Self>, FileError> {
        let found = system::examine(path, links);
        let found = found.map_err(|source| FileError::io(Action::Examine, path, source))?;
        Ok(found.map(|Examined { status, owner, permissions }| Self {
            kind: status.kind,
            permissions,
            owner,
        }))
    }

    /// Returns the permissions as the system writes them: `mode 0644`.
    pub fn permissions(&self) -> impl Display + use<> {
        self.permissions
    }

    /// Returns whether users other than the owner can read it.
    pub fn is_readable_by_others(self) -> bool {
        self.permissions.others_can_read()
    }

    /// Returns whether users other than the owner can write to it.
    pub fn is_writable_by_others(self) -> bool {
        self.permissions.others_can_write()
    }

    /// Returns whether it is a directory that lets users rename and remove only their own files.
    pub fn is_sticky(self) -> bool {
        self.permissions.restricts_deletion()
    }

    /// Returns whether it belongs to another user than the one this process runs as.
    pub fn is_foreign(self) -> bool {
        !system::current_user().is_ok_and(|user| self.owner.counts_as(user))
    }
}

/// The files in a directory, sorted, without subdirectories.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The names of the regular files.
    pub files: Vec<OsString>,
    /// The names of temporary files of this program that no living process has locked.
    pub stale: Vec<OsString>,
}

impl Listing {
    /// Lists a directory.
    pub fn of(path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Read, path, source);
        let directory = Directory::at(path)?;
        let mut listing = Self::default();
        let mut add = |name: OsString, kind: Option<FileKind>| {
            let kind = kind.or_else(|| Some(directory.find(&name, Links::Keep).ok()??.kind));
            if kind != Some(FileKind::File) {
                return;
            }
            match Directory::is_temporary_name(&name) {
                true if directory.is_in_use(&name) => {}
                true => listing.stale.push(name),
                false => listing.files.push(name),
            }
        };
        directory.list(&mut add).map_err(failed)?;
        listing.files.sort_unstable();
        listing.stale.sort_unstable();
        Ok(listing)
    }
}

/// Returns the number of other hard links to a file. Does not count the temporary names of this
/// program, nor follow a symbolic link.
pub fn other_links(path: &Path) -> Result<u64, FileError> {
    let (directory, name) = Directory::of_file(path)?;
    let others = directory.other_links(name);
    others.map_err(|source| FileError::io(Action::Examine, path, source))
}

/// Returns the directories above a path, with symbolic links resolved, nearest first.
pub fn directories_above(path: &Path) -> Result<Vec<(PathBuf, FileInfo)>, FileError> {
    let path = canonicalize(path)?;
    let above = path.ancestors().skip(1);
    let found = above.map(|directory| Ok((directory.to_owned(), FileInfo::of(directory)?)));
    let found = found.collect::<Result<Vec<_>, FileError>>()?;
    Ok(found.into_iter().filter_map(|(path, info)| Some((path, info?))).collect())
}

/// Returns the absolute path without symbolic links.
pub fn canonicalize(path: &Path) -> Result<PathBuf, FileError> {
    let found = fs::canonicalize(path);
    let found = found.map_err(|source| FileError::io(Action::Examine, path, source))?;
    Ok(system::simplify_path(found))
}

/// Returns the target of a symbolic link.
pub fn link_target(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        reason = "the tests create files by other means"
    )]

    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::super::read_if;
    use super::*;

    #[test]
    fn listing_separates_files_and_stale_files() {
        let temp = tempfile::tempdir().unwrap();
        let path = |name: &str| temp.path().join(name);
        for name in ["b", "a", ".keypair-0123abcd-1", ".keypair-0123abcd-2"] {
            fs::write(path(name), name).unwrap();
        }
        for name in [".keypair-0123abcd-12", ".keypair-0123abcx-1", ".keypair-é-"] {
            fs::write(path(name), name).unwrap();
        }
        fs::create_dir(path("directory")).unwrap();
        symlink(path("a"), path("link")).unwrap();
        let _socket = UnixListener::bind(path("socket")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap();
        assert!(made.success());
        let living = fs::File::open(path(".keypair-0123abcd-1")).unwrap();
        assert!(system::try_lock(&living));
        let listing = Listing::of(temp.path()).unwrap();
        let others = [".keypair-0123abcd-12", ".keypair-0123abcx-1", ".keypair-é-"];
        assert_eq!(listing.files, [&others[..], &["a", "b"]].concat());
        assert_eq!(listing.stale, [".keypair-0123abcd-2"]);
        drop(living);
        assert_eq!(Listing::of(temp.path()).unwrap().stale.len(), 2);
        let missing = Listing::of(&path("missing"));
        assert!(matches!(missing, Err(FileError::MissingDirectory { .. })));
        assert!(matches!(Listing::of(&path("a")), Err(FileError::NotADirectory { .. })));

        let kind = |name: &str| FileInfo::of(&path(name)).unwrap().unwrap().kind;
        assert_eq!(
            (kind("a"), kind("directory"), kind("link")),
            (FileKind::File, FileKind::Directory, FileKind::Symlink)
        );
        assert_eq!(
            (kind("pipe"), kind("socket")),
            (FileKind::Other("a pipe"), FileKind::Other("a socket"))
        );
        assert_eq!(FileInfo::of(&path("missing")).unwrap(), None);
        // None of these is opened, so none blocks.
        for name in ["pipe", "socket", "directory", "link"] {
            assert!(matches!(read_if(&path(name), 9, |_| true), Ok(None)), "{name}");
        }
        let read = |limit, interest: bool| {
            let contents = read_if(&path("a"), limit, |_| interest).unwrap();
            contents.map(|contents| contents.expose().to_vec())
        };
        assert_eq!(read(1, true), Some(b"a".to_vec()));
        assert_eq!((read(0, true), read(1, false)), (None, None));
    }

    #[test]
    fn permissions_of_others_are_detected() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("k");
        fs::write(&path, "").unwrap();
        for (mode, readable, writable) in [
            (0o400, false, false),
            (0o711, false, false),
            (0o440, true, false),
            (0o604, true, false),
            (0o620, false, true),
            (0o602, false, true),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let info = FileInfo::of(&path).unwrap().unwrap();
            assert_eq!(info.permissions().to_string(), format!("mode {mode:04o}"));
            assert_eq!(info.is_readable_by_others(), readable, "{mode:o}");
            assert_eq!(info.is_writable_by_others(), writable, "{mode:o}");
            assert!(!info.is_foreign() && !info.is_sticky());
        }
        let above = directories_above(&path).unwrap();
        assert_eq!(above[0].0, fs::canonicalize(temp.path()).unwrap());
        assert_eq!(above[0].1.kind, FileKind::Directory);
        assert_eq!(above.last().unwrap().0, Path::new("/"));
    }
}
