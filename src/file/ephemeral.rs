//! Directories that must not outlive a command.

#![expect(clippy::disallowed_methods, reason = "this module owns files")]

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rand::TryRng;
use rand::rngs::SysRng;

use super::error::{Action, FileError};
use super::process;
use super::read::read_if;
use super::system::{self, EphemeralInfo, FileKind, Handle, Links};

/// A directory that only its owner can enter. Dropping it removes it with its contents.
///
/// Its name contains its expiry, and it is locked while this process lives. So a directory that a
/// killed process left can be told from one in use.
#[derive(Debug)]
pub struct EphemeralDirectory {
    path: PathBuf,
    lock: Option<Handle>,
    exists: bool,
}

impl EphemeralDirectory {
    /// Creates a directory in the first suitable one of `parents`. It expires at `expiry`, in
    /// seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`] for the last of `parents`; no directory stays.
    pub fn create(parents: &[PathBuf], expiry: i64) -> Result<Self, FileError> {
        let path = parents.last().cloned().unwrap_or_default();
        let mut failure = FileError::MissingDirectory { path };
        for parent in parents.iter().filter(|path| is_trusted(path)) {
            match Self::create_in(parent, expiry) {
                Ok(directory) => return Ok(directory),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn create_in(parent: &Path, expiry: i64) -> Result<Self, FileError> {
        let number = SysRng.try_next_u64().map_err(FileError::NoRandomness)?;
        let path = parent.join(format!("{PREFIX}{expiry}-{number:016x}"));
        let failed = |source| FileError::io(Action::Create, &path, source);
        system::create_private_directory(&path).map_err(failed)?;
        let created = system::create_private_file(&path.join(MARKER));
        let info = created.and_then(|()| system::ephemeral_info(&path, MARKER.as_ref()));
        let failure = match info {
            Ok(EphemeralInfo { lock: Some(lock), .. }) if system::try_lock(&lock) => {
                return Ok(Self { path, lock: Some(lock), exists: true });
            }
            Ok(_) => failed(io::ErrorKind::WouldBlock.into()),
            Err(source) => failed(source),
        };
        // It contains the marker at most.
        fs::remove_file(path.join(MARKER)).ok();
        fs::remove_dir(&path).ok();
        Err(failure)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records the only process that uses the directory, and its purpose. If this process is
    /// killed, the directory can then be removed before it expires, as soon as that process has
    /// ended too. Does nothing where the system cannot identify processes.
    pub fn record_user(&self, process: u32, purpose: &str) -> Result<(), FileError> {
        let Some(identity) = process::identify(process) else { return Ok(()) };
        let path = self.path.join(USER_FILE);
        let failed = |source| FileError::io(Action::Write, &path, source);
        system::create_private_file(&path).map_err(failed)?;
        fs::write(&path, format!("{identity}\n{purpose}\n")).map_err(failed)
    }

    /// Deletes the record of [`EphemeralDirectory::record_user`], because another process is about
    /// to use the directory. If this process is killed, the directory stays until it expires.
    pub fn clear_user(&self) -> Result<(), FileError> {
        let path = self.path.join(USER_FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(FileError::io(Action::Remove, &path, error))
            }
            _ => Ok(()),
        }
    }

    /// Removes the directory with its contents.
    pub fn remove(mut self) -> Result<(), FileError> {
        self.exists = false;
        remove(&self.path, self.lock.take())
    }
}

impl Drop for EphemeralDirectory {
    fn drop(&mut self) {
        if self.exists {
            // A failure is ignored: the error that led here is being reported.
            remove(&self.path, self.lock.take()).ok();
        }
    }
}

/// An ephemeral directory that a killed process left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleDirectory {
    path: PathBuf,
    expiry: i64,
    purpose: Option<String>,
}

impl StaleDirectory {
    /// Returns the ephemeral directories in `parents` that belong to this user and that no living
    /// process has locked.
    pub fn find(parents: &[PathBuf]) -> Vec<Self> {
        let mut found = Vec::new();
        for parent in parents {
            let entries = fs::read_dir(parent).into_iter().flatten().flatten();
            found.extend(entries.filter_map(|entry| Self::of(parent, &entry.file_name())));
        }
        found.sort_by(|one, other| (one.expiry, &one.path).cmp(&(other.expiry, &other.path)));
        found.dedup();
        found
    }

    fn of(parent: &Path, name: &OsStr) -> Option<Self> {
        let (expiry, number) = name.to_str()?.strip_prefix(PREFIX)?.split_once('-')?;
        let expiry = expiry.parse().ok().filter(|_| number.len() == 16)?;
        let path = parent.join(name);
        let EphemeralInfo { owner, is_marked, lock } =
            system::ephemeral_info(&path, MARKER.as_ref()).ok()?;
        let is_ours = is_marked && owner == system::current_user().ok()?;
        let is_stale = is_ours && lock.is_none_or(|lock| system::try_lock(&lock));
        is_stale.then(|| Self { purpose: purpose_of_ended(&path), path, expiry })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the expiry in seconds since 1970.
    pub fn expiry(&self) -> i64 {
        self.expiry
    }

    /// Returns the recorded purpose, if the process that used the directory has certainly ended.
    pub fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref()
    }

    /// Removes the directory with its contents.
    ///
    /// # Errors
    ///
    /// [`FileError::DirectoryReplaced`] if the path leads to another directory now, and
    /// [`FileError::Io`].
    pub fn remove(&self) -> Result<(), FileError> {
        let failed = |source| FileError::io(Action::Remove, &self.path, source);
        let info = match system::ephemeral_info(&self.path, MARKER.as_ref()) {
            // Another process has removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            info => info.map_err(failed)?,
        };
        if !info.is_marked || info.owner != system::current_user().map_err(failed)? {
            return Err(FileError::DirectoryReplaced { path: self.path.clone() });
        }
        // Another process may be examining or removing it, but none starts to use it.
        if let Some(lock) = &info.lock {
            system::wait_for_lock(lock);
        }
        remove(&self.path, info.lock)
    }
}

/// Returns the recorded purpose of a directory, if the process that used it has certainly ended.
fn purpose_of_ended(directory: &Path) -> Option<String> {
    let contents = read_if(&directory.join(USER_FILE), MAX_NOTE_BYTES, |_| true).ok()??;
    let text = std::str::from_utf8(contents.expose()).ok()?;
    // A truncated file does not end with a line break.
    let (identity, purpose) = text.strip_suffix('\n')?.split_once('\n')?;
    process::is_gone(identity).then(|| purpose.to_owned())
}

/// The prefix of directory names.
const PREFIX: &str = "keypair-exec-";

/// The file that marks a directory as ephemeral; it is removed last.
const MARKER: &str = ".keypair-exec";

/// The file with the identity of the process that uses the directory, and the purpose.
const USER_FILE: &str = ".keypair-exec-user";

const MAX_NOTE_BYTES: usize = 1024;

/// Removes a directory with its contents, even if another process changes it at the same time.
fn remove(path: &Path, lock: Option<Handle>) -> Result<(), FileError> {
    let lock = lock.filter(|_| system::CAN_REPLACE_OPEN);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let Err(error) = system::remove_directory(path, MARKER.as_ref(), lock.as_ref()) else {
            return Ok(());
        };
        let may_retry = match error.kind() {
            io::ErrorKind::NotFound if path.symlink_metadata().is_err() => return Ok(()),
            // Another process is removing it, or creates files in it because it outlives the
            // command.
            io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty => true,
            _ => false,
        };
        if !may_retry || attempts == MAX_ATTEMPTS {
            return Err(FileError::io(Action::Remove, path, error));
        }
    }
}

const MAX_ATTEMPTS: usize = 100;

/// Returns whether no other user can replace a directory that is created in this one. It belongs to
/// a trusted user, and others cannot write to it or cannot remove files of this user.
fn is_trusted(path: &Path) -> bool {
    let Ok(Some(found)) = system::examine(path, Links::Follow) else {
        return false;
    };
    let is_owned = system::trusted_users().is_ok_and(|trusted| trusted.contains(&found.owner));
    let permissions = found.permissions;
    let is_safe = !permissions.others_can_write() || permissions.restricts_deletion();
    path.is_absolute() && found.status.kind == FileKind::Directory && is_owned && is_safe
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn parents() -> (tempfile::TempDir, Vec<PathBuf>) {
        let temp = tempfile::tempdir().unwrap();
        let parents = vec![temp.path().to_owned()];
        (temp, parents)
    }

    #[test]
    fn directory_is_removed_with_its_contents() {
        let (_temp, parents) = parents();
        let directory = EphemeralDirectory::create(&parents, 7).unwrap();
        #[cfg(unix)]
        assert_eq!(fs::metadata(directory.path()).unwrap().permissions().mode() & 0o7777, 0o700);
        fs::create_dir(directory.path().join("in")).unwrap();
        fs::write(directory.path().join("in/it"), "x").unwrap();
        let outside = parents[0].join("outside");
        fs::create_dir(&outside).unwrap();
        #[cfg(unix)]
        symlink(&outside, directory.path().join("link")).unwrap();
        let path = directory.path().to_owned();
        directory.remove().unwrap();
        assert!(!path.exists() && outside.exists());
        let directory = EphemeralDirectory::create(&parents, 7).unwrap();
        let path = directory.path().to_owned();
        drop(directory);
        assert!(!path.exists());
    }

    #[test]
    fn stale_directory_is_one_without_lock() {
        let (_temp, parents) = parents();
        let living = EphemeralDirectory::create(&parents, 7).unwrap();
        assert_eq!(StaleDirectory::find(&parents), []);
        assert!(living.path().exists());
        let dead = parents[0].join(format!("{PREFIX}5-{:016x}", 1));
        fs::create_dir(&dead).unwrap();
        for other in ["keypair-exec-5-1", "keypair-exec-x-0000000000000001", "keypair-exec-5"] {
            fs::create_dir(parents[0].join(other)).unwrap();
        }
        fs::write(parents[0].join(format!("{PREFIX}5-{:016x}", 2)), "").unwrap();
        #[cfg(unix)]
        symlink(living.path(), parents[0].join(format!("{PREFIX}5-{:016x}", 3))).unwrap();
        let found = StaleDirectory::find(&[parents[0].clone(), parents[0].clone()]);
        assert_eq!(found, [StaleDirectory { path: dead.clone(), expiry: 5, purpose: None }]);
        found[0].remove().unwrap();
        assert!(!dead.exists());
    }

    /// The path may lead elsewhere by the time of the removal.
    #[cfg(unix)]
    #[test]
    fn replaced_stale_directory_is_kept() {
        let (_temp, parents) = parents();
        let dead = parents[0].join(format!("{PREFIX}5-{:016x}", 1));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("key"), "k").unwrap();
        fs::write(dead.join(MARKER), "").unwrap();
        let found = StaleDirectory::find(&parents);
        let precious = parents[0].join("precious");
        fs::rename(&dead, parents[0].join("moved")).unwrap();
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
    fn purpose_is_returned_once_the_user_has_ended() {
        let (_temp, parents) = parents();
        let directory = EphemeralDirectory::create(&parents, 7).unwrap();
        directory.record_user(std::process::id(), "key-1").unwrap();
        let note = directory.path().join(USER_FILE);
        let own = fs::read_to_string(&note).unwrap();
        // A kill would release the lock as well.
        let mut directory = directory;
        drop(directory.lock.take());
        let purpose = || StaleDirectory::find(&parents)[0].purpose().map(str::to_owned);
        assert_eq!(purpose(), None);
        let start = own.lines().next().unwrap().rsplit_once(' ').unwrap().1.to_owned();
        let gone = own.replace(&start, "1");
        for (text, found) in
            [(&gone[..], Some("key-1")), (gone.trim_end(), None), ("\n\n", None), ("", None)]
        {
            fs::write(&note, text).unwrap();
            assert_eq!(purpose().as_deref(), found, "{text:?}");
        }
        directory.clear_user().unwrap();
        directory.clear_user().unwrap();
        assert_eq!(purpose(), None);
        directory.record_user(std::process::id(), "key-2").unwrap();
        assert!(fs::read_to_string(&note).unwrap().ends_with("\nkey-2\n"));
    }

    #[cfg(unix)]
    #[test]
    fn world_writable_parent_is_rejected() {
        let (_temp, parents) = parents();
        fs::set_permissions(&parents[0], fs::Permissions::from_mode(0o777)).unwrap();
        assert!(EphemeralDirectory::create(&parents, 7).is_err());
        fs::set_permissions(&parents[0], fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(EphemeralDirectory::create(&parents, 7).is_ok());
        assert!(EphemeralDirectory::create(&[PathBuf::from("relative")], 7).is_err());
        let missing = parents[0].join("missing");
        let directory = EphemeralDirectory::create(&[missing, parents[0].clone()], 7).unwrap();
        assert!(directory.path().starts_with(&parents[0]));
    }
}
