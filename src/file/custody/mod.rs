//! In whose hands a file is: who else could change it, or lead to another in its place.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, Stat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::error::{Action, FileError};
use super::is_same;
use super::target::never_replaced;

/// What was found out about a file and all that leads to it.
///
/// Trusted are the user, root, and whoever owns, or shares by a group, what the user has named. Where
/// everybody can write, what belongs to somebody else was planted, as the kernel has it with
/// `fs.protected_symlinks` and `fs.protected_regular` (proc_sys_fs(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    path: PathBuf,
    length: Option<u64>,
    open_to_all: Option<PathBuf>,
    is_among_others: bool,
}

impl Custody {
    /// Looks at the file at `path`, at every folder and link on the way to it, and at the files beside it
    /// whose names are its own with one of `endings` behind. None of them need be there.
    ///
    /// # Errors
    ///
    /// [`FileError::Foreign`] and [`FileError::SeveralNames`] for what somebody else may have planted,
    /// [`FileError::NotAFile`] for what is no file, [`FileError::NotAFolder`], [`FileError::NoName`], and
    /// [`FileError::Io`].
    pub fn of(path: &Path, endings: &[&str]) -> Result<Self, FileError> {
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.file_name().is_none() {
            return Err(FileError::NoName { path: path.to_owned() });
        }
        Self::at_end_of(Way::to(path)?, path, endings)
    }

    fn at_end_of(mut way: Way, path: &Path, endings: &[&str]) -> Result<Self, FileError> {
        let (place, found) = way.walk(path)?;
        if let Some(found) = &found {
            check_kind(path, found)?;
        }
        // A file that is not there yet may get a folder of its own.
        let is_among_others = place.parent() == Some(&way.folder) && is_open_to_all(&way.status);
        let mut open_beside = None;
        for ending in endings {
            let mut name = place.file_name().unwrap_or_default().to_owned();
            name.push(ending);
            let beside = place.with_file_name(name);
            if let Some(found) = find(&beside)? {
                check_kind(&beside, &found)?;
                way.check_owner(&beside, &found)?;
                if is_among_others && found.st_nlink > 1 {
                    return Err(FileError::SeveralNames { path: beside });
                }
                if is_open_to_all(&found) {
                    open_beside.get_or_insert(beside);
                }
            }
        }
        let is_open = found.as_ref().is_some_and(is_open_to_all);
        Ok(Self {
            length: found.map(|found| u64::try_from(found.st_size).unwrap_or_default()),
            open_to_all: way.open_to_all.or_else(|| is_open.then(|| place.clone())).or(open_beside),
            is_among_others,
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
    pub fn open_to_all(&self) -> Option<&Path> {
        self.open_to_all.as_deref()
    }

    /// Returns whether everybody can put files beside this one.
    #[must_use]
    pub fn is_among_others(&self) -> bool {
        self.is_among_others
    }
}

/// The way to a file, as far as it was walked.
struct Way {
    /// The users who may own what lies where everybody can write.
    trusted: [u32; 2],
    folder: PathBuf,
    status: Stat,
    /// The names to come, the last first.
    rest: Vec<OsString>,
    links: usize,
    open_to_all: Option<PathBuf>,
}

impl Way {
    fn to(path: &Path) -> Result<Self, FileError> {
        let here = Path::new(".");
        let working = rustix::process::getcwd(Vec::new()).ok();
        let working = working.map(|path| PathBuf::from(OsString::from_vec(path.into_bytes())));
        // One that cannot be reached from the root is taken as it is.
        let working = working.filter(|working| is_same(working, here));
        let is_rooted = path.is_absolute() || working.is_some();
        let mut way = Self::from(if is_rooted { Path::new("/") } else { here })?;
        way.push(path);
        if let Some(working) = working.filter(|_| path.is_relative()) {
            way.push(&working);
        }
        Ok(way)
    }

    fn from(folder: &Path) -> Result<Self, FileError> {
        Ok(Self {
            trusted: [0, geteuid().as_raw()],
            folder: folder.to_owned(),
            status: examine(folder)?,
            rest: Vec::new(),
            links: 0,
            open_to_all: None,
        })
    }

    /// Goes to the end, and returns it and what is there.
    fn walk(&mut self, whole: &Path) -> Result<(PathBuf, Option<Stat>), FileError> {
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
            self.check_owner(&place, &found)?;
            match FileType::from_raw_mode(found.st_mode) {
                FileType::Symlink => self.follow(&place, whole)?,
                FileType::Directory => self.enter(place)?,
                _ if self.rest.is_empty() => return Ok((place, Some(found))),
                _ => return Err(FileError::NotAFolder { path: place }),
            }
        }
        Ok((self.folder.clone(), Some(self.status)))
    }

    fn follow(&mut self, link: &Path, whole: &Path) -> Result<(), FileError> {
        self.links += 1;
        let failed = |source| FileError::io(Action::Examine, whole, source);
        if self.links > MOST_LINKS {
            return Err(failed(Errno::LOOP));
        }
        let target = rustix::fs::readlinkat(CWD, link, Vec::new()).map_err(failed)?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        self.push(&target);
        if target.is_absolute() { self.enter("/".into()) } else { Ok(()) }
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
        self.status = examine(&folder)?;
        self.folder = folder;
        Ok(())
    }

    /// Where everybody can write, but nobody rename what is others', it is enough to look at who owns that.
    fn note_open_folder(&mut self) {
        let is_sticky = Mode::from_raw_mode(self.status.st_mode).contains(Mode::SVTX);
        if is_open_to_all(&self.status) && !is_sticky {
            self.open_to_all.get_or_insert_with(|| self.folder.clone());
        }
    }

    /// Fails if something may have been put where it is by somebody else than the user and root.
    fn check_owner(&self, place: &Path, found: &Stat) -> Result<(), FileError> {
        if !is_open_to_all(&self.status) {
            return Ok(());
        }
        if self.trusted.contains(&found.st_uid) {
            return Ok(());
        }
        Err(FileError::Foreign { path: place.to_owned(), owner: found.st_uid })
    }
}

/// As many as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

fn examine(path: &Path) -> Result<Stat, FileError> {
    rustix::fs::statat(CWD, path, AtFlags::empty())
        .map_err(|source| FileError::io(Action::Examine, path, source))
}

/// Returns what has this name, or `None`; a symbolic link is not followed.
fn find(path: &Path) -> Result<Option<Stat>, FileError> {
    match rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT) => Ok(None),
        Err(source) => Err(FileError::io(Action::Examine, path, source)),
    }
}

fn check_kind(path: &Path, found: &Stat) -> Result<(), FileError> {
    let found = match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Symlink => "a symbolic link",
        kind => never_replaced(kind).unwrap_or_default(),
    };
    Err(FileError::NotAFile { path: path.to_owned(), found })
}

/// Returns whether everybody can write to a file, or to a folder.
fn is_open_to_all(found: &Stat) -> bool {
    Mode::from_raw_mode(found.st_mode).contains(Mode::WOTH)
}
