//! In whose hands a file is: who else could change it, or lead to another in its place.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::error::{Action, FileError};
use super::folder::Folder;
use super::is_same;
use super::system::{self, Examined, FileKind, Links, UserId};

/// What was found out about a file and all that leads to it.
///
/// Trusted are the user, root, and whoever owns, or shares by a group, what the user has named. Where
/// everybody can write, what belongs to somebody else was planted, as the kernel has it with
/// `fs.protected_symlinks` and `fs.protected_regular` (proc_sys_fs(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTrust {
    path: PathBuf,
    length: Option<u64>,
    world_writable: Option<PathBuf>,
    is_in_shared_directory: bool,
}

impl PathTrust {
    /// Looks at the file at `path`, at every folder and link on the way to it, and at the files beside it
    /// whose names are its own with one of `endings` behind. None of them need be there.
    ///
    /// # Errors
    ///
    /// [`FileError::Foreign`] and [`FileError::SharedHardLinks`] for what somebody else may have planted,
    /// [`FileError::HardLinks`] for a file with another name, beside which other files would lie,
    /// [`FileError::NotAFile`] for what is no file, [`FileError::NotADirectory`], [`FileError::NoName`], and
    /// [`FileError::Io`].
    pub fn of(path: &Path, endings: &[&str]) -> Result<Self, FileError> {
        if system::names_a_folder(path) || path.file_name().is_none() {
            return Err(FileError::NoName { path: path.to_owned() });
        }
        Self::at_end_of(Way::to(path)?, path, endings)
    }

    fn at_end_of(mut way: Way, path: &Path, endings: &[&str]) -> Result<Self, FileError> {
        let (place, found) = way.walk(path)?;
        if let Some(found) = &found {
            check_kind(path, found)?;
            if found.status.names > 1 {
                return Err(FileError::HardLinks { path: place, names: found.status.names });
            }
        }
        // A file that is not there yet may get a folder of its own.
        let is_in_shared_directory =
            place.parent() == Some(&way.folder) && way.here.permissions.let_all_write();
        let mut open_beside = None;
        for ending in endings {
            let mut name = place.file_name().unwrap_or_default().to_owned();
            name.push(ending);
            let beside = place.with_file_name(name);
            if let Some(found) = find(&beside)? {
                check_kind(&beside, &found)?;
                way.check_owner(&beside, &found)?;
                if is_in_shared_directory && found.status.names > 1 {
                    return Err(FileError::SharedHardLinks { path: beside });
                }
                if found.permissions.let_all_write() {
                    open_beside.get_or_insert(beside);
                }
            }
        }
        let is_open = found.is_some_and(|found| found.permissions.let_all_write());
        Ok(Self {
            length: found.map(|found| found.status.length),
            world_writable: way
                .world_writable
                .or_else(|| is_open.then(|| place.clone()))
                .or(open_beside),
            is_in_shared_directory,
            path: place,
        })
    }

    /// Returns the path, without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the length of the file in bytes, or `None` if there is none.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Returns what everybody can write to: a folder on the way in which everybody can rename what is
    /// others', or else the file, or one beside it.
    #[must_use]
    pub fn world_writable(&self) -> Option<&Path> {
        self.world_writable.as_deref()
    }

    /// Returns whether everybody can put files beside this one.
    #[must_use]
    pub fn is_in_shared_directory(&self) -> bool {
        self.is_in_shared_directory
    }
}

/// Checks that no symbolic link that another user may have planted led to an open folder, as the kernel does with
/// `fs.protected_symlinks`.
///
/// # Errors
///
/// [`FileError::Foreign`] for such a link, and [`FileError::Io`] for a path that leads elsewhere by now.
pub(super) fn check_links(folder: &Folder) -> Result<(), FileError> {
    let path = folder.path();
    end_at(Way { links_only: true, ..Way::to(path)? }, folder, path)
}

fn end_at(mut way: Way, folder: &Folder, path: &Path) -> Result<(), FileError> {
    way.walk(path)?;
    if folder.is_at(way.here.status) {
        return Ok(());
    }
    Err(FileError::io(Action::Examine, path, io::Error::other("it was replaced")))
}

/// The way to a file, as far as it was walked.
struct Way {
    /// Whether folders and files may belong to anybody.
    links_only: bool,
    /// The users who may own what lies where everybody can write.
    trusted: Vec<UserId>,
    folder: PathBuf,
    here: Examined,
    /// The names to come, the last first.
    rest: Vec<OsString>,
    links: usize,
    world_writable: Option<PathBuf>,
}

impl Way {
    fn to(path: &Path) -> Result<Self, FileError> {
        let here = Path::new(".");
        // One that cannot be reached from the root is taken as it is.
        let working = std::path::absolute(here).ok().filter(|working| is_same(working, here));
        let whole = match &working {
            Some(working) => working.join(path),
            None => path.to_owned(),
        };
        let mut way = Self::from(root(&whole).as_deref().unwrap_or(here))?;
        way.push(&whole);
        Ok(way)
    }

    fn from(folder: &Path) -> Result<Self, FileError> {
        Ok(Self {
            links_only: false,
            trusted: system::trusted()
                .map_err(|source| FileError::io(Action::Examine, folder, source))?,
            folder: folder.to_owned(),
            here: examine(folder)?,
            rest: Vec::new(),
            links: 0,
            world_writable: None,
        })
    }

    /// Goes to the end, and returns it and what is there.
    fn walk(&mut self, whole: &Path) -> Result<(PathBuf, Option<Examined>), FileError> {
        while let Some(name) = self.rest.pop() {
            if name == ".." {
                let above = self.folder.parent().map(Path::to_owned);
                self.enter(above.unwrap_or_else(|| self.folder.clone()))?;
                continue;
            }
            self.note_open_folder();
            let place = self.folder.join(&name);
            let Some(found) = find(&place)? else {
                return Ok((
                    self.rest.drain(..).rev().fold(place, |path, name| path.join(name)),
                    None,
                ));
            };
            if found.status.kind == FileKind::Symlink || !self.links_only {
                self.check_owner(&place, &found)?;
            }
            match found.status.kind {
                FileKind::Symlink => self.follow(&place, whole)?,
                FileKind::Directory => self.enter(place)?,
                _ if self.rest.is_empty() => return Ok((place, Some(found))),
                _ => return Err(FileError::NotADirectory { path: place }),
            }
        }
        Ok((self.folder.clone(), Some(self.here)))
    }

    fn follow(&mut self, link: &Path, whole: &Path) -> Result<(), FileError> {
        self.links += 1;
        let failed = |source| FileError::io(Action::Examine, whole, source);
        if self.links > MOST_LINKS {
            return Err(failed(io::Error::other("it is behind too many symbolic links")));
        }
        let target = fs::read_link(link).map_err(failed)?;
        // On Windows there are paths with a root that are of the same drive.
        let root = target.has_root().then(|| root(&self.folder.join(&target))).flatten();
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

    fn enter(&mut self, folder: PathBuf) -> Result<(), FileError> {
        self.here = examine(&folder)?;
        self.folder = folder;
        Ok(())
    }

    /// Where everybody can write, but nobody rename what is others', it is enough to look at who owns that.
    fn note_open_folder(&mut self) {
        if self.here.permissions.let_all_write() && !self.here.permissions.protect_entries() {
            self.world_writable.get_or_insert_with(|| self.folder.clone());
        }
    }

    /// Fails if something may have been put where it is by somebody else than the user and root.
    fn check_owner(&self, place: &Path, found: &Examined) -> Result<(), FileError> {
        if !self.here.permissions.let_all_write() || self.trusted.contains(&found.owner) {
            return Ok(());
        }
        Err(FileError::Foreign { path: place.to_owned(), owner: found.owner })
    }
}

/// As many as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Returns where the way to a path begins that says so.
fn root(path: &Path) -> Option<PathBuf> {
    let is_start = |part: &Component<'_>| matches!(part, Component::Prefix(_) | Component::RootDir);
    let root: PathBuf = path.components().take_while(is_start).collect();
    root.has_root().then_some(root)
}

fn examine(path: &Path) -> Result<Examined, FileError> {
    let found = system::examine(path, Links::Follow);
    found
        .and_then(|found| found.ok_or_else(|| io::ErrorKind::NotFound.into()))
        .map_err(|source| FileError::io(Action::Examine, path, source))
}

/// Returns what has this name, or `None`; a symbolic link is not followed.
fn find(path: &Path) -> Result<Option<Examined>, FileError> {
    system::examine(path, Links::Keep)
        .map_err(|source| FileError::io(Action::Examine, path, source))
}

fn check_kind(path: &Path, found: &Examined) -> Result<(), FileError> {
    let found = match found.status.kind {
        FileKind::File => return Ok(()),
        FileKind::Symlink => "a symbolic link",
        kind => kind.never_replaced().unwrap_or_default(),
    };
    Err(FileError::NotAFile { path: path.to_owned(), found })
}
