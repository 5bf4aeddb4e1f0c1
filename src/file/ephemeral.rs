//! Directories that must not outlive a command.

#![expect(clippy::disallowed_methods, reason = "this module owns files")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rand::TryRng;
use rand::rngs::SysRng;

use super::error::{Action, FileError};
use super::process;
use super::system::{self, FileKind, Handle, Links};

/// A directory that only its owner can enter. Dropping it removes it with its contents.
///
/// Its name contains its expiry, and it is locked while this process lives. So a directory that a
/// killed process left, a [`StaleDirectory`](super::StaleDirectory), can be told from one in use.
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
            // A process that removes stale directories may have taken the new one for such a one.
            for _ in 0..MAX_CREATIONS {
                match Self::create_in(parent, expiry) {
                    Ok(directory) => return Ok(directory),
                    Err(error) => failure = error,
                }
            }
        }
        Err(failure)
    }

    fn create_in(parent: &Path, expiry: i64) -> Result<Self, FileError> {
        let number = SysRng.try_next_u64().map_err(FileError::NoRandomness)?;
        let path = parent.join(format!("{PREFIX}{expiry}-{number:016x}"));
        let failed = |source| FileError::io(Action::Create, &path, source);
        system::create_private_directory(&path).map_err(failed)?;
        let failure = match system::claim_directory(&path, MARKER.as_ref()) {
            Ok(Some(lock)) => return Ok(Self { path, lock: Some(lock), exists: true }),
            Ok(None) => failed(io::ErrorKind::WouldBlock.into()),
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
        self.record(process::identify(process), purpose)
    }

    /// Records that this process is about to start the process that uses the directory, with the
    /// path of the directory in its environment or arguments.
    pub fn record_start(&self, purpose: &str) -> Result<(), FileError> {
        self.record(process::identify_parent(), purpose)
    }

    /// Replaces the record. A kill leaves the old one or the new one.
    fn record(&self, identity: Option<String>, purpose: &str) -> Result<(), FileError> {
        let Some(identity) = identity else { return Ok(()) };
        let [draft, path] = [DRAFT_FILE, USER_FILE].map(|name| self.path.join(name));
        let failed = |source| FileError::io(Action::Write, &path, source);
        system::create_private_file(&draft).map_err(failed)?;
        let written = fs::write(&draft, format!("{identity}\n{purpose}\n"));
        written.and_then(|()| fs::rename(&draft, &path)).map_err(|source| {
            fs::remove_file(&draft).ok();
            failed(source)
        })
    }

    /// Removes the contents except the records, which [`StaleDirectory`](super::StaleDirectory)
    /// reads, and the file `kept`.
    pub fn remove_contents(&self, kept: &str) -> Result<(), FileError> {
        remove_contents(&self.path, kept, self.lock.as_ref())
    }

    /// Removes the directory with its contents.
    pub fn remove(mut self) -> Result<(), FileError> {
        self.exists = false;
        remove(&self.path, self.lock.take())
    }
}

#[cfg(test)]
impl EphemeralDirectory {
    /// Releases the lock and keeps the directory, as a kill does.
    pub(super) fn abandon(mut self) {
        self.exists = false;
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

/// The prefix of directory names.
pub(super) const PREFIX: &str = "keypair-exec-";

/// The file that marks a directory as ephemeral; it is removed last.
pub(super) const MARKER: &str = ".keypair-exec";

/// The file with the identity of the process that uses the directory, and the purpose.
pub(super) const USER_FILE: &str = ".keypair-exec-user";

/// The next [`USER_FILE`].
pub(super) const DRAFT_FILE: &str = ".keypair-exec-draft";

/// The files that tell the state of a directory, in the order of their removal.
pub(super) const RECORDS: [&str; 3] = [DRAFT_FILE, USER_FILE, MARKER];

/// Attempts to create a directory in one parent.
const MAX_CREATIONS: usize = 3;

/// Removes the contents of a directory except the records and the file `kept`.
pub(super) fn remove_contents(
    path: &Path,
    kept: &str,
    lock: Option<&Handle>,
) -> Result<(), FileError> {
    let [draft, user, marker] = RECORDS;
    let removed = system::remove_contents(path, &[draft, user, marker, kept], lock);
    removed.map_err(|source| FileError::io(Action::Remove, path, source))
}

/// Removes a directory with its contents, even if another process changes it at the same time.
pub(super) fn remove(path: &Path, lock: Option<Handle>) -> Result<(), FileError> {
    let lock = lock.filter(|_| system::CAN_REPLACE_OPEN);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let Err(error) = system::remove_directory(path, &RECORDS, lock.as_ref()) else {
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
pub(super) mod tests {
    #[cfg(unix)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    pub(in crate::file) fn parents() -> (tempfile::TempDir, Vec<PathBuf>) {
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
