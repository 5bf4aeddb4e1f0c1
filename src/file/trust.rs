//! Checks which other users could modify a file, or substitute another one.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::error::{Action, FileError, vanished};
use super::is_same;
use super::system::{self, Directory, Examined, FileKind, Links, UserId};

/// The result of checking a file and every directory and link on its path.
///
/// Trusted are the user, root, and the owner and group of any path that the user names. In a
/// world-writable directory, files of other users count as planted; the kernel does the same with
/// `fs.protected_symlinks` and `fs.protected_regular` (proc_sys_fs(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTrust {
    path: PathBuf,
    length: Option<u64>,
    world_writable: Option<PathBuf>,
    is_in_shared_directory: bool,
}

impl PathTrust {
    /// Checks the file at `path`, each directory and link on the way, and the neighboring files
    /// named like the file plus one of `suffixes`. All of these files may be missing.
    ///
    /// # Errors
    ///
    /// [`FileError::Foreign`] and [`FileError::SharedHardLinks`] for files that another user may
    /// have planted; [`FileError::HardLinks`] because another name would have other neighbors;
    /// [`FileError::NotAFile`], [`FileError::NotADirectory`], [`FileError::NoName`] and
    /// [`FileError::Io`].
    pub fn of(path: &Path, suffixes: &[&str]) -> Result<Self, FileError> {
        if system::names_a_directory(path) || path.file_name().is_none() {
            return Err(FileError::NoName { path: path.to_owned() });
        }
        Self::at_end(PathWalk::to(path)?, path, suffixes)
    }

    fn at_end(mut walk: PathWalk, path: &Path, suffixes: &[&str]) -> Result<Self, FileError> {
        let (end, found) = walk.walk(path)?;
        if let Some(found) = &found {
            check_kind(path, found)?;
            if found.status.names > 1 {
                return Err(FileError::HardLinks { path: end, names: found.status.names });
            }
        }
        // The directory of a missing file may be created later, and is private then.
        let is_in_shared_directory =
            end.parent() == Some(&walk.directory) && walk.examined.permissions.anyone_can_write();
        let mut writable_neighbor = None;
        for suffix in suffixes {
            let mut name = end.file_name().unwrap_or_default().to_owned();
            name.push(suffix);
            let neighbor = end.with_file_name(name);
            if let Some(found) = find(&neighbor)? {
                check_kind(&neighbor, &found)?;
                walk.check_owner(&neighbor, &found)?;
                if is_in_shared_directory && found.status.names > 1 {
                    return Err(FileError::SharedHardLinks { path: neighbor });
                }
                if found.permissions.anyone_can_write() {
                    writable_neighbor.get_or_insert(neighbor);
                }
            }
        }
        let is_writable = found.is_some_and(|found| found.permissions.anyone_can_write());
        Ok(Self {
            length: found.map(|found| found.status.length),
            world_writable: walk
                .world_writable
                .or_else(|| is_writable.then(|| end.clone()))
                .or(writable_neighbor),
            is_in_shared_directory,
            path: end,
        })
    }

    /// Returns the absolute path without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the length of the file in bytes, or `None` if it does not exist.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Returns the first world-writable part: a directory on the way that is not sticky, else the
    /// file, else a neighboring file.
    pub fn world_writable(&self) -> Option<&Path> {
        self.world_writable.as_deref()
    }

    /// Returns whether the file is in a world-writable directory.
    pub fn is_in_shared_directory(&self) -> bool {
        self.is_in_shared_directory
    }
}

/// Checks that the path of an open directory contains no symbolic link that another user may have
/// planted, as the kernel does with `fs.protected_symlinks`.
///
/// # Errors
///
/// [`FileError::Foreign`] for such a link, and [`FileError::Io`] if the path leads elsewhere by
/// now.
pub(super) fn check_links(directory: &Directory) -> Result<(), FileError> {
    let path = directory.path();
    check_end(PathWalk { links_only: true, ..PathWalk::to(path)? }, directory, path)
}

fn check_end(mut walk: PathWalk, directory: &Directory, path: &Path) -> Result<(), FileError> {
    walk.walk(path)?;
    if directory.has_identity(walk.examined.status) {
        return Ok(());
    }
    let source = io::Error::other("another process replaced the directory");
    Err(FileError::io(Action::Examine, path, source))
}

/// A walk along a path, one name at a time.
struct PathWalk {
    /// Checks the owners of symbolic links only.
    links_only: bool,
    /// The users who may own entries of world-writable directories.
    trusted: Vec<UserId>,
    /// The current directory of the walk.
    directory: PathBuf,
    examined: Examined,
    /// The remaining names, in reverse order.
    rest: Vec<OsString>,
    links: usize,
    /// The first world-writable directory that is not sticky.
    world_writable: Option<PathBuf>,
}

impl PathWalk {
    /// Prepares a walk from the root to `path`.
    fn to(path: &Path) -> Result<Self, FileError> {
        let here = Path::new(".");
        // The working directory may not be reachable from the root; then the walk begins there.
        let working = std::path::absolute(here).ok().filter(|working| is_same(working, here));
        let whole = match &working {
            Some(working) => working.join(path),
            None => path.to_owned(),
        };
        let mut walk = Self::from(root(&whole).as_deref().unwrap_or(here))?;
        walk.push(&whole);
        Ok(walk)
    }

    fn from(directory: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::io(Action::Examine, directory, source);
        Ok(Self {
            links_only: false,
            trusted: system::trusted_users().map_err(failed)?,
            directory: directory.to_owned(),
            examined: examine(directory)?,
            rest: Vec::new(),
            links: 0,
            world_writable: None,
        })
    }

    /// Walks to the end. Returns the resolved path, and its status if it exists.
    fn walk(&mut self, whole: &Path) -> Result<(PathBuf, Option<Examined>), FileError> {
        while let Some(name) = self.rest.pop() {
            if name == ".." {
                let parent = self.directory.parent().map(Path::to_owned);
                self.enter(parent.unwrap_or_else(|| self.directory.clone()))?;
                continue;
            }
            self.note_world_writable();
            let path = self.directory.join(&name);
            let Some(found) = find(&path)? else {
                let missing = self.rest.drain(..).rev().fold(path, |path, name| path.join(name));
                return Ok((missing, None));
            };
            if found.status.kind == FileKind::Symlink || !self.links_only {
                self.check_owner(&path, &found)?;
            }
            match found.status.kind {
                FileKind::Symlink => self.follow(&path, whole)?,
                FileKind::Directory => self.enter(path)?,
                _ if self.rest.is_empty() => return Ok((path, Some(found))),
                _ => return Err(FileError::NotADirectory { path }),
            }
        }
        Ok((self.directory.clone(), Some(self.examined)))
    }

    fn follow(&mut self, link: &Path, whole: &Path) -> Result<(), FileError> {
        self.links += 1;
        let failed = |source| FileError::io(Action::Examine, whole, source);
        if self.links > MAX_SYMLINKS {
            return Err(failed(io::Error::other("too many symbolic links")));
        }
        let target = fs::read_link(link).map_err(failed)?;
        // On Windows, a path with a root but no drive is on the drive of the link.
        let root = target.has_root().then(|| root(&self.directory.join(&target))).flatten();
        self.push(&target);
        match root {
            Some(root) => self.enter(root),
            None => Ok(()),
        }
    }

    fn push(&mut self, path: &Path) {
        let names = path.components().rev().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsStr::new("..").to_owned()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
        });
        self.rest.extend(names);
    }

    fn enter(&mut self, directory: PathBuf) -> Result<(), FileError> {
        self.examined = examine(&directory)?;
        self.directory = directory;
        Ok(())
    }

    /// Records the current directory if it is world-writable and not sticky. In a sticky one,
    /// checking the owners of its entries is enough.
    fn note_world_writable(&mut self) {
        let permissions = self.examined.permissions;
        if permissions.anyone_can_write() && !permissions.restricts_deletion() {
            self.world_writable.get_or_insert_with(|| self.directory.clone());
        }
    }

    /// Fails if an entry of a world-writable directory does not belong to a trusted user.
    fn check_owner(&self, path: &Path, found: &Examined) -> Result<(), FileError> {
        if !self.examined.permissions.anyone_can_write() || self.trusted.contains(&found.owner) {
            return Ok(());
        }
        Err(FileError::Foreign { path: path.to_owned(), owner: found.owner })
    }
}

/// The limit of Linux (path_resolution(7)).
const MAX_SYMLINKS: usize = 40;

/// Returns the root of an absolute path.
fn root(path: &Path) -> Option<PathBuf> {
    let is_start = |part: &Component<'_>| matches!(part, Component::Prefix(_) | Component::RootDir);
    let root: PathBuf = path.components().take_while(is_start).collect();
    root.has_root().then_some(root)
}

fn examine(path: &Path) -> Result<Examined, FileError> {
    let found = system::examine(path, Links::Follow);
    found
        .and_then(|found| found.ok_or_else(vanished))
        .map_err(|source| FileError::io(Action::Examine, path, source))
}

/// Examines a path without following a symbolic link.
fn find(path: &Path) -> Result<Option<Examined>, FileError> {
    system::examine(path, Links::Keep)
        .map_err(|source| FileError::io(Action::Examine, path, source))
}

fn check_kind(path: &Path, found: &Examined) -> Result<(), FileError> {
    match found.status.kind {
        FileKind::File => Ok(()),
        kind => Err(FileError::NotAFile { path: path.to_owned(), found: kind.description() }),
    }
}
