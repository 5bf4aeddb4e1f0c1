//! A folder for what must not outlive a command.

#![expect(clippy::disallowed_methods, reason = "this module owns files")]

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rand::TryRng;
use rand::rngs::SysRng;

use super::error::{Action, FileError};
use super::system::{self, Claim, FileKind, Handle, Links};
use super::{info, process};

/// A folder that its owner alone can enter. Dropped, it is removed with all that is in it.
///
/// Its name says when it is of no more use, and it is locked as long as this process lives: what a killed
/// process leaves behind can be told from what is in use.
#[derive(Debug)]
pub struct EphemeralDirectory {
    path: PathBuf,
    lock: Option<Handle>,
    is_there: bool,
}

impl EphemeralDirectory {
    /// Makes a folder in the first of these that will do, which is of no more use after so many seconds since
    /// 1970.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`], of the last of them; nothing is left behind.
    pub fn create(above: &[PathBuf], expiry: i64) -> Result<Self, FileError> {
        let mut failure =
            FileError::MissingDirectory { path: above.last().cloned().unwrap_or_default() };
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
        system::create_private_directory(&path).map_err(failed)?;
        let made = system::create_private_file(&path.join(MARK));
        let claim = made.and_then(|()| system::claim_of(&path, MARK.as_ref()));
        let failure = match claim {
            Ok(Claim { lock: Some(lock), .. }) if system::try_lock(&lock) => {
                return Ok(Self { path, lock: Some(lock), is_there: true });
            }
            Ok(_) => failed(io::ErrorKind::WouldBlock.into()),
            Err(source) => failed(source),
        };
        // Nothing but the mark is in it.
        fs::remove_file(path.join(MARK)).ok();
        fs::remove_dir(&path).ok();
        Err(failure)
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes which process uses the folder, and for what: what a killed process leaves can then be
    /// removed before it expires, once that process is gone too. Where the system does not tell which
    /// process it is, nothing is noted.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`].
    pub fn record_user(&self, process: u32, purpose: &str) -> Result<(), FileError> {
        let Some(identity) = process::identify(process) else { return Ok(()) };
        let path = self.path.join(USER);
        let failed = |source| FileError::io(Action::Write, &path, source);
        system::create_private_file(&path).map_err(failed)?;
        fs::write(&path, format!("{identity}\n{purpose}\n")).map_err(failed)
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

impl EphemeralDirectory {
    fn take_away(&mut self) -> Result<(), FileError> {
        remove(&self.path, self.lock.take())
    }
}

impl Drop for EphemeralDirectory {
    fn drop(&mut self) {
        if self.is_there {
            // Nothing can be done about a failure here: the failure that led here is being reported.
            self.take_away().ok();
        }
    }
}

/// A folder that a killed process left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleDirectory {
    path: PathBuf,
    expiry: i64,
    purpose: Option<String>,
}

impl StaleDirectory {
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
        let Claim { owner, is_marked, lock } = system::claim_of(&path, MARK.as_ref()).ok()?;
        let is_ours = is_marked && owner == system::user().ok()?;
        let is_left = is_ours && lock.is_none_or(|lock| system::try_lock(&lock));
        is_left.then(|| Self { purpose: purpose_of_gone(&path), path, expiry })
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

    /// Returns what it was used for, if the process that used it is known to be gone.
    #[must_use]
    pub fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref()
    }

    /// Removes it with all that is in it, unless its path leads to another folder by now.
    ///
    /// # Errors
    ///
    /// [`FileError::DirectoryReplaced`] and [`FileError::Io`].
    pub fn remove(&self) -> Result<(), FileError> {
        let failed = |source| FileError::io(Action::Remove, &self.path, source);
        let Claim { owner, is_marked, lock } = match system::claim_of(&self.path, MARK.as_ref()) {
            // Another process has removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            claim => claim.map_err(failed)?,
        };
        if !is_marked || owner != system::user().map_err(failed)? {
            return Err(FileError::DirectoryReplaced { path: self.path.clone() });
        }
        // Another process may look at it, or remove it; none begins to use it.
        if let Some(lock) = &lock {
            system::wait_for_lock(lock);
        }
        remove(&self.path, lock)
    }
}

/// Returns what a folder was used for, if the process that used it is gone.
fn purpose_of_gone(folder: &Path) -> Option<String> {
    let contents = info::read_if(&folder.join(USER), MOST_NOTED, |_| true).ok()??;
    let text = std::str::from_utf8(contents.expose()).ok()?;
    // A note that is cut short does not end a line.
    let (identity, purpose) = text.strip_suffix('\n')?.split_once('\n')?;
    process::is_gone(identity).then(|| purpose.to_owned())
}

/// What the names of the folders begin with.
const PREFIX: &str = "keypair-exec-";

/// The file in a folder by which it is known to be one of ours; it goes last.
const MARK: &str = ".keypair-exec";

/// The file in a folder that says which process uses it.
const USER: &str = ".keypair-exec-user";

/// Longer than any note.
const MOST_NOTED: usize = 1024;

/// Removes a folder with all that is in it, even if another process changes it at the same time.
fn remove(path: &Path, lock: Option<Handle>) -> Result<(), FileError> {
    let lock = lock.filter(|_| system::CAN_REPLACE_OPEN);
    let mut tries = 0;
    loop {
        tries += 1;
        match system::remove_folder(path, MARK.as_ref(), lock.as_ref()) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Another process removes parts of it, or has removed all.
                if path.symlink_metadata().is_err() {
                    return Ok(());
                }
                if tries == MOST_TRIES {
                    return Err(FileError::io(Action::Remove, path, error));
                }
            }
            // A process that outlives the command has made another file in it.
            Err(error)
                if error.kind() == io::ErrorKind::DirectoryNotEmpty && tries < MOST_TRIES => {}
            Err(error) => return Err(FileError::io(Action::Remove, path, error)),
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
    let is_safe = !found.permissions.let_others_write() || found.permissions.protect_entries();
    path.is_absolute() && found.status.kind == FileKind::Directory && is_owned && is_safe
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
        let folder = EphemeralDirectory::create(&above, 7).unwrap();
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
        let folder = EphemeralDirectory::create(&above, 7).unwrap();
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_left_is_what_nobody_has_locked() {
        let (_home, above) = above();
        let living = EphemeralDirectory::create(&above, 7).unwrap();
        assert_eq!(StaleDirectory::find(&above), []);
        assert!(living.path().exists());
        let dead = above[0].join(format!("{PREFIX}5-{:016x}", 1));
        fs::create_dir(&dead).unwrap();
        for other in ["keypair-exec-5-1", "keypair-exec-x-0000000000000001", "keypair-exec-5"] {
            fs::create_dir(above[0].join(other)).unwrap();
        }
        fs::write(above[0].join(format!("{PREFIX}5-{:016x}", 2)), "").unwrap();
        #[cfg(unix)]
        symlink(living.path(), above[0].join(format!("{PREFIX}5-{:016x}", 3))).unwrap();
        let found = StaleDirectory::find(&[above[0].clone(), above[0].clone()]);
        assert_eq!(found, [StaleDirectory { path: dead.clone(), expiry: 5, purpose: None }]);
        found[0].remove().unwrap();
        assert!(!dead.exists());
    }

    /// Between the look and the removal the path may come to lead elsewhere.
    #[cfg(unix)]
    #[test]
    fn folder_in_the_place_of_a_leftover_is_kept() {
        let (_home, above) = above();
        let dead = above[0].join(format!("{PREFIX}5-{:016x}", 1));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("key"), "k").unwrap();
        fs::write(dead.join(MARK), "").unwrap();
        let found = StaleDirectory::find(&above);
        let precious = above[0].join("precious");
        fs::rename(&dead, above[0].join("moved")).unwrap();
        fs::create_dir(&precious).unwrap();
        fs::write(precious.join("key"), "precious").unwrap();
        symlink(&precious, &dead).unwrap();
        assert!(found[0].remove().is_err());
        fs::remove_file(&dead).unwrap();
        fs::rename(&precious, &dead).unwrap();
        assert!(matches!(found[0].remove(), Err(FileError::DirectoryReplaced { .. })));
        assert_eq!(fs::read(dead.join("key")).unwrap(), b"precious");
        fs::remove_dir_all(&dead).unwrap();
        found[0].remove().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_is_abandoned_once_its_user_is_gone() {
        let (_home, above) = above();
        let folder = EphemeralDirectory::create(&above, 7).unwrap();
        folder.record_user(std::process::id(), "key-1").unwrap();
        let note = folder.path().join(USER);
        let own = fs::read_to_string(&note).unwrap();
        // As if this process had been killed.
        let EphemeralDirectory { lock, .. } = &mut { folder };
        drop(lock.take());
        let purpose = || StaleDirectory::find(&above)[0].purpose().map(str::to_owned);
        assert_eq!(purpose(), None);
        let start = own.lines().next().unwrap().rsplit_once(' ').unwrap().1.to_owned();
        let gone = own.replace(&start, "1");
        for (text, found) in
            [(&gone[..], Some("key-1")), (gone.trim_end(), None), ("\n\n", None), ("", None)]
        {
            fs::write(&note, text).unwrap();
            assert_eq!(purpose().as_deref(), found, "{text:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_others_can_write_to_are_not_used() {
        let (_home, above) = above();
        fs::set_permissions(&above[0], fs::Permissions::from_mode(0o777)).unwrap();
        assert!(EphemeralDirectory::create(&above, 7).is_err());
        fs::set_permissions(&above[0], fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(EphemeralDirectory::create(&above, 7).is_ok());
        assert!(EphemeralDirectory::create(&[PathBuf::from("relative")], 7).is_err());
        let missing = above[0].join("missing");
        let folder = EphemeralDirectory::create(&[missing, above[0].clone()], 7).unwrap();
        assert!(folder.path().starts_with(&above[0]));
    }
}
