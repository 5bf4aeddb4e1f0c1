//! Ephemeral directories that killed processes left.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::ephemeral::{DRAFT_FILE, MARKER, PREFIX, USER_FILE, remove, remove_contents};
use super::error::{Action, FileError};
use super::process::{self, ProcessState};
use super::read::read_if;
use super::system::{self, EphemeralInfo, Handle};

/// An ephemeral directory that a killed process left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleDirectory {
    path: PathBuf,
    expiry: i64,
    user: ProcessState,
    purpose: Option<String>,
}

impl StaleDirectory {
    /// Returns the ephemeral directories in `parents` that belong to this user and that no living
    /// process has locked.
    pub fn find(parents: &[PathBuf]) -> Vec<Self> {
        let mut found = Vec::new();
        for parent in parents {
            for (path, expiry) in candidates(parent) {
                let Some(info) = own(&path) else { continue };
                if info.lock.as_ref().is_none_or(system::try_lock) {
                    let (user, purpose) = usage(&path, &info);
                    found.push(Self { path, expiry, user, purpose });
                }
            }
        }
        found.sort_by(|one, other| (one.expiry, &one.path).cmp(&(other.expiry, &other.path)));
        found.dedup();
        found
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the expiry in seconds since 1970.
    pub fn expiry(&self) -> i64 {
        self.expiry
    }

    /// Returns the state of the process that uses the directory, or has not begun to use it.
    pub fn user(&self) -> ProcessState {
        self.user
    }

    /// Returns the recorded purpose, if the process that used the directory has certainly ended.
    pub fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref().filter(|_| self.user == ProcessState::Ended)
    }

    /// Removes the contents except the records and the file `kept`.
    ///
    /// # Errors
    ///
    /// As [`StaleDirectory::remove`].
    pub fn remove_contents(&self, kept: &str) -> Result<(), FileError> {
        let Some(info) = self.claim()? else { return Ok(()) };
        remove_contents(&self.path, kept, info.lock.as_ref())
    }

    /// Removes the directory with its contents.
    ///
    /// # Errors
    ///
    /// [`FileError::DirectoryReplaced`] if the path leads to another directory now, and
    /// [`FileError::Io`].
    pub fn remove(&self) -> Result<(), FileError> {
        match self.claim()? {
            Some(info) => remove(&self.path, info.lock),
            None => Ok(()),
        }
    }

    /// Opens and locks the directory; returns `None` if another process has removed it.
    fn claim(&self) -> Result<Option<EphemeralInfo>, FileError> {
        let failed = |source| FileError::io(Action::Remove, &self.path, source);
        let info = match system::ephemeral_info(&self.path, MARKER.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            info => info.map_err(failed)?,
        };
        let replaced = || FileError::DirectoryReplaced { path: self.path.clone() };
        let info = info.filter(is_marked).ok_or_else(replaced)?;
        // Another process may be examining or removing it.
        if !info.lock.as_ref().is_none_or(lock_soon) {
            return Err(failed(io::ErrorKind::ResourceBusy.into()));
        }
        // It was new when it was found, and its process has been killed since.
        let (user, _) = usage(&self.path, &info);
        if self.user == ProcessState::Ended && user != ProcessState::Ended {
            return Err(replaced());
        }
        Ok(Some(info))
    }
}

/// Returns the recorded purposes of all ephemeral directories in `parents`, used or stale.
pub fn recorded_purposes(parents: &[PathBuf]) -> Vec<String> {
    let paths = parents.iter().flat_map(|parent| candidates(parent));
    paths
        .filter(|(path, _)| own(path).is_some())
        .filter_map(|(path, _)| Some(record(&path)?.1))
        .collect()
}

/// Returns the paths and expiries of the entries with the name of an ephemeral directory.
fn candidates(parent: &Path) -> impl Iterator<Item = (PathBuf, i64)> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), expiry_of(&entry.file_name())?)))
}

fn expiry_of(name: &OsStr) -> Option<i64> {
    let (expiry, number) = name.to_str()?.strip_prefix(PREFIX)?.split_once('-')?;
    expiry.parse().ok().filter(|_| number.len() == 16)
}

/// Opens an ephemeral directory of this user.
fn own(path: &Path) -> Option<EphemeralInfo> {
    system::ephemeral_info(path, MARKER.as_ref()).ok()?.filter(is_marked)
}

fn is_marked(info: &EphemeralInfo) -> bool {
    info.names.is_empty() || info.names.iter().any(|name| name == MARKER)
}

/// Returns the state of the user of an unlocked directory, and the recorded purpose.
fn usage(path: &Path, info: &EphemeralInfo) -> (ProcessState, Option<String>) {
    // The record precedes everything else, but not where the system cannot identify processes.
    let is_new = info.names.iter().all(|name| name == MARKER || name == DRAFT_FILE);
    match record(path) {
        _ if is_new && process::CAN_IDENTIFY => (ProcessState::Ended, None),
        Some((identity, purpose)) => (process::state(&identity, path), Some(purpose)),
        None => (ProcessState::Unknown, None),
    }
}

/// Returns the recorded identity and purpose.
fn record(directory: &Path) -> Option<(String, String)> {
    let contents = read_if(&directory.join(USER_FILE), MAX_RECORD_BYTES, |_| true).ok()??;
    let text = std::str::from_utf8(contents.expose()).ok()?;
    // A truncated file does not end with a line break.
    let (identity, purpose) = text.strip_suffix('\n')?.split_once('\n')?;
    Some((identity.to_owned(), purpose.to_owned()))
}

/// Waits up to a second for the lock on a directory.
fn lock_soon(lock: &Handle) -> bool {
    (0..100).any(|_| {
        let is_locked = system::try_lock(lock);
        if !is_locked {
            thread::sleep(Duration::from_millis(10));
        }
        is_locked
    })
}

const MAX_RECORD_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "the tests create files by other means")]

    #[cfg(unix)]
    use std::os::unix::fs::symlink;

    use super::super::EphemeralDirectory;
    use super::super::ephemeral::tests::parents;
    use super::*;

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
        let user = if process::CAN_IDENTIFY { ProcessState::Ended } else { ProcessState::Unknown };
        assert_eq!(found, [StaleDirectory { path: dead.clone(), expiry: 5, user, purpose: None }]);
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

    /// Returns the stale directories, once there are some: a process that another test has just
    /// started holds the locks of this one until its exec.
    #[cfg(target_os = "linux")]
    fn found(parents: &[PathBuf]) -> Vec<StaleDirectory> {
        let mut attempts = (0..1000).map(|_| {
            thread::sleep(Duration::from_millis(1));
            StaleDirectory::find(parents)
        });
        attempts.find(|found| !found.is_empty()).unwrap()
    }

    /// Ends the lock, as a kill would.
    #[cfg(target_os = "linux")]
    fn abandon(directory: EphemeralDirectory) -> PathBuf {
        let path = directory.path().to_owned();
        directory.abandon();
        path
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn purpose_is_returned_once_the_user_has_ended() {
        let (_temp, parents) = parents();
        let directory = EphemeralDirectory::create(&parents, 7).unwrap();
        directory.record_user(std::process::id(), "key-0").unwrap();
        directory.record_user(std::process::id(), "key-1").unwrap();
        assert_eq!(recorded_purposes(&parents), ["key-1"]);
        let path = abandon(directory);
        let note = path.join(USER_FILE);
        let own = fs::read_to_string(&note).unwrap();
        let state = || {
            let found = &found(&parents)[0];
            (found.user(), found.purpose().map(str::to_owned))
        };
        assert_eq!(state(), (ProcessState::Running, None));
        let start = own.lines().next().unwrap().rsplit_once(' ').unwrap().1.to_owned();
        let gone = own.replace(&start, "1");
        for (text, user, purpose) in [
            (&gone[..], ProcessState::Ended, Some("key-1")),
            (gone.trim_end(), ProcessState::Unknown, None),
            ("\n\n", ProcessState::Unknown, None),
            ("", ProcessState::Unknown, None),
        ] {
            fs::write(&note, text).unwrap();
            assert_eq!(state(), (user, purpose.map(str::to_owned)), "{text:?}");
        }
    }

    /// Before the first record, the directory has no use.
    #[cfg(target_os = "linux")]
    #[test]
    fn directory_without_record_has_ended_while_empty() {
        let (_temp, parents) = parents();
        let path = abandon(EphemeralDirectory::create(&parents, 7).unwrap());
        let user = || found(&parents)[0].user();
        assert_eq!(user(), ProcessState::Ended);
        fs::write(path.join(DRAFT_FILE), "part").unwrap();
        assert_eq!(user(), ProcessState::Ended);
        fs::write(path.join("key"), "k").unwrap();
        assert_eq!(user(), ProcessState::Unknown);
        fs::remove_file(path.join("key")).unwrap();
        fs::remove_file(path.join(MARKER)).unwrap();
        // It may belong to the user.
        assert_eq!(StaleDirectory::find(&parents), []);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn contents_are_removed_before_records() {
        let (_temp, parents) = parents();
        let directory = EphemeralDirectory::create(&parents, 7).unwrap();
        directory.record_user(u32::MAX >> 1, "key-1").unwrap();
        directory.record_user(std::process::id(), "key-1").unwrap();
        let path = directory.path().to_owned();
        let write = || {
            for name in ["key", "key.pub", "other"] {
                fs::write(path.join(name), "k").unwrap();
            }
        };
        let names = || {
            let entries = fs::read_dir(&path).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.collect();
            names.sort();
            names
        };
        write();
        directory.remove_contents("key.pub").unwrap();
        assert_eq!(names(), [MARKER, USER_FILE, "key.pub"]);
        abandon(directory);
        write();
        found(&parents)[0].remove_contents("key.pub").unwrap();
        assert_eq!(names(), [MARKER, USER_FILE, "key.pub"]);
        found(&parents)[0].remove().unwrap();
        assert!(!path.exists());
    }

    /// It was found between its creation and the lock of its process.
    #[cfg(target_os = "linux")]
    #[test]
    fn directory_in_use_again_is_kept() {
        let (_temp, parents) = parents();
        let new = parents[0].join(format!("{PREFIX}7-{:016x}", 1));
        fs::create_dir(&new).unwrap();
        let found = StaleDirectory::find(&parents);
        let lock = system::claim_directory(&new, MARKER.as_ref()).unwrap().unwrap();
        assert!(matches!(found[0].remove(), Err(FileError::Io { .. })));
        fs::write(new.join("key"), "k").unwrap();
        drop(lock);
        assert!(matches!(found[0].remove(), Err(FileError::DirectoryReplaced { .. })));
        assert!(new.join("key").exists());
    }
}
