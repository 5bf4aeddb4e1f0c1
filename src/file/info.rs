//! What is known of a file, a folder or a link, and what is in a folder.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::error::{Action, FileError};
use super::folder::Folder;
use super::system::{self, Examined, FileKind, Links, Permissions, Status, UserId};
use crate::secret::Secret;

/// Who may do what with something that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// What it is.
    pub kind: FileKind,
    permissions: Permissions,
    /// The user whose it is.
    pub owner: UserId,
}

impl FileInfo {
    /// Returns what is known of what has this name, or `None`; a symbolic link is not followed.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`] if that cannot be found out.
    pub fn of(path: &Path) -> Result<Option<Self>, FileError> {
        Self::find(path, Links::Keep)
    }

    /// As [`FileInfo::of`], of what a symbolic link leads to.
    ///
    /// # Errors
    ///
    /// As [`FileInfo::of`].
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

    /// Returns who may do what with it, as the system says it: `mode 0644`.
    #[must_use]
    pub fn permissions(&self) -> impl Display + use<> {
        self.permissions
    }

    /// Returns whether others than its owner can read it.
    #[must_use]
    pub fn is_readable_by_others(self) -> bool {
        self.permissions.let_others_read()
    }

    /// Returns whether others than its owner can write to it.
    #[must_use]
    pub fn is_writable_by_others(self) -> bool {
        self.permissions.let_others_write()
    }

    /// Returns whether it is a folder in which everybody removes only what is theirs.
    #[must_use]
    pub fn is_sticky(self) -> bool {
        self.permissions.protect_entries()
    }

    /// Returns whether it is another user's than the one this process runs for.
    #[must_use]
    pub fn is_foreign(self) -> bool {
        !system::user().is_ok_and(|user| self.owner.is_of(user))
    }
}

/// Returns the contents of a regular file if it has at most `limit` bytes and its beginning is of
/// interest; of everything else `None`. Nothing that is no regular file is opened, and a symbolic link
/// is not followed.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn read_if(
    path: &Path,
    limit: usize,
    is_of_interest: impl Fn(&[u8]) -> bool,
) -> Result<Option<Secret>, FileError> {
    let failed = |source| FileError::io(Action::Read, path, source);
    let fits = |found: Status| {
        found.kind == FileKind::File
            && usize::try_from(found.length).is_ok_and(|length| length <= limit)
    };
    // To open a device may do something to it.
    let found = system::status(path, Links::Keep)
        .and_then(|found| found.ok_or_else(|| ErrorKind::NotFound.into()));
    if !fits(found.map_err(failed)?) {
        return Ok(None);
    }
    let handle = system::open_to_look(path, Links::Keep).map_err(failed)?;
    // It may be another by now.
    if !fits(system::status_of(&handle).map_err(failed)?) {
        return Ok(None);
    }
    let mut contents = Secret::with_capacity(CHUNK);
    let mut chunk = Secret::zeroed(CHUNK);
    while contents.len() <= limit {
        let count = system::read(&handle, chunk.expose_mut()).map_err(failed)?;
        if count == 0 {
            return Ok(Some(contents));
        }
        let is_first = contents.is_empty();
        contents.push(chunk.expose().get(..count).unwrap_or_default());
        if is_first && !is_of_interest(contents.expose()) {
            return Ok(None);
        }
    }
    Ok(None)
}

/// What is in a folder, but for the folders in it; sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The names of the regular files.
    pub files: Vec<OsString>,
    /// Those of the temporary files of this program that no living process has locked.
    pub stale: Vec<OsString>,
}

impl Listing {
    /// Returns what is in a folder.
    ///
    /// # Errors
    ///
    /// [`FileError::MissingDirectory`], [`FileError::NotADirectory`] and [`FileError::Io`].
    pub fn of(path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Read, path, source);
        let folder = Folder::open(path)?;
        let mut listing = Self::default();
        let mut show = |name: OsString, kind: Option<FileKind>| {
            let kind = kind.or_else(|| Some(folder.find(&name, Links::Keep).ok()??.kind));
            if kind != Some(FileKind::File) {
                return;
            }
            match Folder::is_temporary_name(&name) {
                true if folder.is_in_use(&name) => {}
                true => listing.stale.push(name),
                false => listing.files.push(name),
            }
        };
        folder.list(&mut show).map_err(failed)?;
        listing.files.sort_unstable();
        listing.stale.sort_unstable();
        Ok(listing)
    }
}

/// Returns the folders that a path leads through, all links canonicalize, the nearest first.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn directories_above(path: &Path) -> Result<Vec<(PathBuf, FileInfo)>, FileError> {
    let path = canonicalize(path)?;
    let above = path.ancestors().skip(1);
    let folders = above.map(|folder| Ok((folder.to_owned(), FileInfo::of(folder)?)));
    let folders = folders.collect::<Result<Vec<_>, FileError>>()?;
    Ok(folders.into_iter().filter_map(|(path, facts)| Some((path, facts?))).collect())
}

/// Returns the path without links in it.
///
/// # Errors
///
/// [`FileError::Io`].
pub fn canonicalize(path: &Path) -> Result<PathBuf, FileError> {
    let action = Action::Examine;
    let found = fs::canonicalize(path);
    let found = found.map_err(|source| FileError::io(action, path, source))?;
    Ok(system::as_named(found))
}

/// Returns where a symbolic link says that it leads.
#[must_use]
pub fn link_target(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

const CHUNK: usize = 1 << 14;

#[cfg(test)]
#[cfg(unix)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        reason = "what is found is made by other means"
    )]

    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_listing_has_the_files_and_what_was_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["b", "a", ".keypair-0123abcd-1", ".keypair-0123abcd-2"] {
            fs::write(path(name), name).unwrap();
        }
        for name in [".keypair-0123abcd-12", ".keypair-0123abcx-1", ".keypair-é-"] {
            fs::write(path(name), name).unwrap();
        }
        fs::create_dir(path("folder")).unwrap();
        symlink(path("a"), path("link")).unwrap();
        let _socket = UnixListener::bind(path("socket")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap();
        assert!(made.success());
        let living = fs::File::open(path(".keypair-0123abcd-1")).unwrap();
        assert!(system::try_lock(&living));
        let listing = Listing::of(folder.path()).unwrap();
        let others = [".keypair-0123abcd-12", ".keypair-0123abcx-1", ".keypair-é-"];
        assert_eq!(listing.files, [&others[..], &["a", "b"]].concat());
        assert_eq!(listing.stale, [".keypair-0123abcd-2"]);
        drop(living);
        assert_eq!(Listing::of(folder.path()).unwrap().stale.len(), 2);
        let missing = Listing::of(&path("missing"));
        assert!(matches!(missing, Err(FileError::MissingDirectory { .. })));
        assert!(matches!(Listing::of(&path("a")), Err(FileError::NotADirectory { .. })));

        let kind = |name: &str| FileInfo::of(&path(name)).unwrap().unwrap().kind;
        assert_eq!(
            (kind("a"), kind("folder"), kind("link")),
            (FileKind::File, FileKind::Directory, FileKind::Symlink)
        );
        assert_eq!(
            (kind("pipe"), kind("socket")),
            (FileKind::Other("a pipe"), FileKind::Other("a socket"))
        );
        assert_eq!(FileInfo::of(&path("missing")).unwrap(), None);
        // None of these is waited for.
        for name in ["pipe", "socket", "folder", "link"] {
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
    fn permissions_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
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
            let facts = FileInfo::of(&path).unwrap().unwrap();
            assert_eq!(facts.permissions().to_string(), format!("mode {mode:04o}"));
            assert_eq!(facts.is_readable_by_others(), readable, "{mode:o}");
            assert_eq!(facts.is_writable_by_others(), writable, "{mode:o}");
            assert!(!facts.is_foreign() && !facts.is_sticky());
        }
        let above = directories_above(&path).unwrap();
        assert_eq!(above[0].0, fs::canonicalize(folder.path()).unwrap());
        assert_eq!(above[0].1.kind, FileKind::Directory);
        assert_eq!(above.last().unwrap().0, Path::new("/"));
    }
}
