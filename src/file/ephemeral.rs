//! A folder for what must not outlive a command.

#![expect(clippy::disallowed_methods, reason = "this module owns files")]

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rand::TryRng;
use rand::rngs::SysRng;

use super::error::{Action, FileError};
use super::system::{self, Handle, Kind, Links};

/// A folder that its owner alone can enter. Dropped, it is removed with all that is in it.
///
/// Its name says when it is of no more use, and it is locked as long as this process lives: what a killed
/// process leaves behind can be told from what is in use.
#[derive(Debug)]
pub struct EphemeralFolder {
    path: PathBuf,
    lock: Option<Handle>,
    is_there: bool,
}

impl EphemeralFolder {
    /// Makes a folder in the first of these that will do, which is of no more use after so many seconds since
    /// 1970.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`], of the last of them; nothing is left behind.
    pub fn create(above: &[PathBuf], expiry: i64) -> Result<Self, FileError> {
        let mut failure = FileError::NoFolder { folder: above.last().cloned().unwrap_or_default() };
        for above in above.iter().filter(|path| is_trusted(path)) {
            match Self::create_in(above, expiry) {
                Ok(folder) => return Ok(folder),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn create_in(above: &Path, expiry: i64) -> Result<Self, FileError> {
        let number = SysRng.try_next_u64().map_err(FileError::NoRandomness)?;
        let path = above.join(format!("{PREFIX}{expiry}-{number:016x}"));
        let failed = |source| FileError::io(Action::Create, &path, source);
        system::create_owner_folder(&path).map_err(failed)?;
        let made = system::create_owner_file(&path.join(MARK));
        let claim = made.and_then(|()| system::claim_of(&path, MARK.as_ref()));
        let failure = match claim {
            Ok((_, Some(lock))) if system::try_lock(&lock) => {
                return Ok(Self { path, lock: Some(lock), is_there: true });
            }
            Ok(_) => failed(io::ErrorKind::WouldBlock.into()),
            Err(source) => failed(source),
        };
        remove(&path).ok();
        Err(failure)
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it with all that is in it.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`].
    pub fn remove(mut self) -> Result<(), FileError> {
        self.is_there = false;
        self.take_away()
    }
}

impl EphemeralFolder {
    fn take_away(&mut self) -> Result<(), FileError> {
        if !system::CAN_REPLACE_OPEN {
            drop(self.lock.take());
        }
        remove(&self.path)
    }
}

impl Drop for EphemeralFolder {
    fn drop(&mut self) {
        if self.is_there {
            // Nothing can be done about a failure here: the failure that led here is being reported.
            self.take_away().ok();
        }
    }
}

/// A folder that a killed process left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    path: PathBuf,
    expiry: i64,
}

impl Leftover {
    /// Returns those in these folders that are this user's and that no living process has locked.
    #[must_use]
    pub fn find(above: &[PathBuf]) -> Vec<Self> {
        let mut found = Vec::new();
        for above in above {
            let entries = fs::read_dir(above).into_iter().flatten().flatten();
            let folders = entries.filter_map(|entry| Self::of(above, &entry.file_name()));
            found.extend(folders);
        }
        found.sort_by(|one, other| (one.expiry, &one.path).cmp(&(other.expiry, &other.path)));
        found.dedup();
        found
    }

    fn of(above: &Path, name: &OsStr) -> Option<Self> {
        let (expiry, number) = name.to_str()?.strip_prefix(PREFIX)?.split_once('-')?;
        let expiry = expiry.parse().ok().filter(|_| number.len() == 16)?;
        let path = above.join(name);
        let (owner, lock) = system::claim_of(&path, MARK.as_ref()).ok()?;
        let is_ours = owner == system::user().ok()?
            && (path.join(MARK).symlink_metadata().is_ok()
                || fs::read_dir(&path).ok()?.count() == 0);
        let is_left = is_ours && lock.is_none_or(|lock| system::try_lock(&lock));
        is_left.then_some(Self { path, expiry })
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the seconds since 1970 after which it is of no more use.
    #[must_use]
    pub fn expiry(&self) -> i64 {
        self.expiry
    }

    /// Removes it with all that is in it.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`].
    pub fn remove(&self) -> Result<(), FileError> {
        remove(&self.path)
    }
}

/// What the names of the folders begin with.
const PREFIX: &str = "keypair-exec-";

/// The file in a folder by which it is known to be one of ours; it goes last.
const MARK: &str = ".keypair-exec";

/// Removes a folder with all that is in it, whoever changes it at the same time; links are not followed.
fn remove(path: &Path) -> Result<(), FileError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match remove_once(path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Somebody else removes parts of it, or has removed all.
                if path.symlink_metadata().is_err() {
                    return Ok(());
                }
                if tries == MOST_TRIES {
                    return Err(FileError::io(Action::Remove, path, error));
                }
            }
            // The command has taken rights away from its folder.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && tries == 1 => {
                open_up(path);
            }
            // A process that outlives the command has made another file in it.
            Err(error)
                if error.kind() == io::ErrorKind::DirectoryNotEmpty && tries < MOST_TRIES => {}
            Err(error) => return Err(FileError::io(Action::Remove, path, error)),
        }
    }
}

fn remove_once(path: &Path) -> io::Result<()> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        } else if entry.file_name() != MARK {
            fs::remove_file(entry.path())?;
        }
    }
    // The keys are gone, whatever a command has made that cannot be removed.
    folders.iter().try_for_each(fs::remove_dir_all)?;
    match fs::remove_file(path.join(MARK)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::remove_dir(path),
    }
}

/// Lets the owner do what is to be done with a folder and those in it.
fn open_up(path: &Path) {
    // What cannot be opened is told of when it is to be removed.
    system::leave_folder_to_owner(path).ok();
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

const MOST_TRIES: usize = 100;

/// Returns whether nobody else can take the place of a folder that is made in this one: it is the user's
/// own, or one in which everybody removes only what is theirs.
fn is_trusted(path: &Path) -> bool {
    let Ok(Some(found)) = system::examine(path, Links::Follow) else {
        return false;
    };
    let is_owned = system::trusted().is_ok_and(|trusted| trusted.contains(&found.owner));
    let is_safe = !found.rights.let_others_write() || found.rights.protect_entries();
    path.is_absolute() && found.status.kind == Kind::Folder && is_owned && is_safe
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn above() -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let above = vec![folder.path().to_owned()];
        (folder, above)
    }

    #[test]
    fn a_folder_is_gone_with_what_is_in_it() {
        let (_home, above) = above();
        let folder = EphemeralFolder::create(&above, 7).unwrap();
        #[cfg(unix)]
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o7777, 0o700);
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::write(folder.path().join("in/it"), "x").unwrap();
        let outside = above[0].join("outside");
        fs::create_dir(&outside).unwrap();
        #[cfg(unix)]
        symlink(&outside, folder.path().join("link")).unwrap();
        let path = folder.path().to_owned();
        folder.remove().unwrap();
        assert!(!path.exists() && outside.exists());
        let folder = EphemeralFolder::create(&above, 7).unwrap();
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_left_is_what_nobody_has_locked() {
        let (_home, above) = above();
        let living = EphemeralFolder::create(&above, 7).unwrap();
        assert_eq!(Leftover::find(&above), []);
        assert!(living.path().exists());
        let dead = above[0].join(format!("{PREFIX}5-{:016x}", 1));
        fs::create_dir(&dead).unwrap();
        for other in ["keypair-exec-5-1", "keypair-exec-x-0000000000000001", "keypair-exec-5"] {
            fs::create_dir(above[0].join(other)).unwrap();
        }
        fs::write(above[0].join(format!("{PREFIX}5-{:016x}", 2)), "").unwrap();
        #[cfg(unix)]
        symlink(living.path(), above[0].join(format!("{PREFIX}5-{:016x}", 3))).unwrap();
        let found = Leftover::find(&[above[0].clone(), above[0].clone()]);
        assert_eq!(found, [Leftover { path: dead.clone(), expiry: 5 }]);
        found[0].remove().unwrap();
        assert!(!dead.exists());
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_others_can_write_to_are_not_used() {
        let (_home, above) = above();
        fs::set_permissions(&above[0], fs::Permissions::from_mode(0o777)).unwrap();
        assert!(EphemeralFolder::create(&above, 7).is_err());
        fs::set_permissions(&above[0], fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(EphemeralFolder::create(&above, 7).is_ok());
        assert!(EphemeralFolder::create(&[PathBuf::from("relative")], 7).is_err());
        let missing = above[0].join("missing");
        let folder = EphemeralFolder::create(&[missing, above[0].clone()], 7).unwrap();
        assert!(folder.path().starts_with(&above[0]));
    }
}
