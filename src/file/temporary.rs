//! Temporary names: `.keypair-DIGEST-N` in the directory of the target, where DIGEST stands for its
//! name.
//!
//! Each target has a few slots, which all processes share. Stale files are therefore found without
//! listing the directory, however many keys it contains. In a world-writable directory another user
//! can occupy the slots; then a random name is used.
//!
//! New files and existing ones have slots of their own: a stale new file was never complete, a stale
//! existing one may be the last copy of a key.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

use super::system::{self, Directory, FileKind, Handle, Links};
use crate::interrupt;

/// Maximum wait for other processes, the same as for the registry. Each takes milliseconds.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(60);

const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Slots of one kind of file. Replacements of one file wait for one another, unless it cannot be
/// locked.
const SLOTS: usize = 4;

/// The use of a temporary name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameUse {
    /// A new file that may wait for other processes.
    Waiting,
    /// A new file that replaces another at once. Waiting ones leave it a slot.
    New,
    /// A file that had the name of the target, to be removed or restored.
    Existing,
}

impl NameUse {
    fn slots(self) -> Range<usize> {
        match self {
            Self::Waiting => 0..SLOTS - 1,
            Self::New => 0..SLOTS,
            Self::Existing => SLOTS..2 * SLOTS,
        }
    }
}

/// Bytes of the digest in a name.
const DIGEST_BYTES: usize = 4;

/// Hexadecimal digits at the end of a random name.
const RANDOM_DIGITS: usize = 8;

/// Random numbers above this one are in names of existing files.
const MAX_RANDOM_OF_NEW: u32 = u32::MAX / 2;

impl Directory {
    /// Calls `link` with temporary names for `name` until it succeeds, and returns that name. Falls
    /// back to a random name if other users occupy slots.
    ///
    /// Reuses the slots of stale files only if all are taken. `own` is the file that has `name`
    /// now, if this process has locked it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ResourceBusy`] if all slots stay taken, and the errors of `link`.
    pub(super) fn link_temporary(
        &self,
        name: &OsStr,
        used: NameUse,
        own: Option<&Handle>,
        mut link: impl FnMut(&OsStr) -> io::Result<()>,
    ) -> io::Result<OsString> {
        for is_last_try in [false, true] {
            for temporary in names(name, used.slots()) {
                if is_last_try {
                    self.reclaim(&temporary, name, used, own);
                }
                match link(&temporary) {
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                    linked => return linked.map(|()| temporary),
                }
            }
        }
        if !temporary_names(name).any(|temporary| self.is_foreign(&temporary)) {
            return Err(ErrorKind::ResourceBusy.into());
        }
        // Another user occupies slots, but cannot guess this name.
        let number = SysRng.try_next_u32().map_err(io::Error::other)? & MAX_RANDOM_OF_NEW;
        let number = if used == NameUse::Existing { !number } else { number };
        let temporary = OsString::from(format!("{}-{number:08x}", prefix(name)));
        link(&temporary).map(|()| temporary)
    }

    /// Waits until no other process is replacing `name`, and locks it; returns `None` if it
    /// cannot be opened, or if the file system has no locks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ResourceBusy`] if it stays locked for `max_wait`, and [`ErrorKind::Interrupted`]
    /// once a deferred signal has arrived.
    pub(super) fn lock_for_replacement(
        &self,
        name: &OsStr,
        max_wait: Duration,
    ) -> io::Result<Option<Handle>> {
        let lock = lock_name(name);
        let start = Instant::now();
        loop {
            let Ok(handle) = self.open_replace_lock(name, &lock) else { return Ok(None) };
            loop {
                match system::lock(&handle) {
                    Ok(()) => break,
                    // A blocking call would ignore deferred signals.
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => return Ok(None),
                }
                if interrupt::is_pending() {
                    return Err(io::Error::new(ErrorKind::Interrupted, "interrupted"));
                }
                // Every user who can open a file can lock it.
                if start.elapsed() >= max_wait {
                    let locked = "another process has locked it";
                    return Err(io::Error::new(ErrorKind::ResourceBusy, locked));
                }
                thread::sleep(POLL_INTERVAL);
            }
            // The previous holder of the lock may have given the name to another file.
            if self.is_replace_lock(name, &lock, &handle) {
                return Ok(Some(handle));
            }
        }
    }

    /// Returns the number of other hard links to a file, without the temporary names for it.
    pub(super) fn other_links(&self, name: &OsStr) -> io::Result<u64> {
        let others = self.find(name, Links::Keep)?.map_or(0, |found| found.names.saturating_sub(1));
        if others == 0 {
            return Ok(0);
        }
        let temporary = self.all_temporary_names(name);
        let own = temporary.iter().filter(|temporary| self.are_same_file(temporary, name)).count();
        Ok(others.saturating_sub(u64::try_from(own).unwrap_or_default()))
    }

    /// Removes all stale files for `name`. Skips those that a living process has locked; `own` is
    /// the lock of this process, and `gone` the identity of the file that it replaced or removed.
    ///
    /// Another existing file that has lost its name gets a number after it, because it may be the
    /// last copy of a key. Returns the names of these files.
    pub(super) fn sweep(
        &self,
        name: &OsStr,
        own: Option<&Handle>,
        gone: Option<(u64, u64)>,
    ) -> Vec<OsString> {
        let mut recovered = Vec::new();
        let Ok(_lock) = self.lock_to_sweep(name, own) else {
            return recovered;
        };
        for temporary in self.all_temporary_names(name) {
            if self.is_symlink(&temporary) {
                // It cannot be locked. A process that still needs it notices that it is gone.
                self.remove(&temporary).ok();
            } else if is_of_existing(&temporary)
                && !self.are_same_file(&temporary, name)
                && (gone.is_none() || self.identity(&temporary) != gone)
            {
                let with_number = |temporary: &OsStr| self.rename_to_number(temporary, name).ok();
                recovered.extend(self.if_stale(&temporary, with_number));
            } else {
                self.remove_stale(&temporary);
            }
        }
        recovered
    }

    /// Returns whether a name has the form of a temporary name.
    pub(super) fn is_temporary_name(name: &OsStr) -> bool {
        let rest = name.as_encoded_bytes().strip_prefix(b".keypair-").unwrap_or_default();
        rest.split_at_checked(2 * DIGEST_BYTES).is_some_and(|(digest, number)| {
            let number = number.strip_prefix(b"-").and_then(|number| str::from_utf8(number).ok());
            digest.iter().all(u8::is_ascii_hexdigit)
                && number.is_some_and(|number| match number.len() {
                    1 => number.parse().is_ok_and(|number: usize| number < 2 * SLOTS),
                    RANDOM_DIGITS => number.bytes().all(|byte| byte.is_ascii_hexdigit()),
                    _ => false,
                })
        })
    }

    /// Returns the temporary names for `name`, with random ones only if another user occupies
    /// slots.
    fn all_temporary_names(&self, name: &OsStr) -> Vec<OsString> {
        let mut names: Vec<_> = temporary_names(name).collect();
        if names.iter().any(|name| self.is_foreign(name)) {
            let start = format!("{}-", prefix(name));
            let mut add = |found: OsString, _| {
                let is_random = found.len() == start.len() + RANDOM_DIGITS;
                if is_random && found.as_encoded_bytes().starts_with(start.as_bytes()) {
                    names.push(found);
                }
            };
            // If the directory cannot be listed, they stay for a later run.
            self.list(&mut add).ok();
        }
        names
    }

    /// Removes a stale file. On failure it stays for a later run.
    fn remove_stale(&self, temporary: &OsStr) {
        self.if_stale(temporary, |temporary| self.remove(temporary).ok());
    }

    /// Calls `change` with a name that no process has locked. Holds the lock until it returns,
    /// because another process may take the name right after.
    fn if_stale<T>(
        &self,
        temporary: &OsStr,
        change: impl FnOnce(&OsStr) -> Option<T>,
    ) -> Option<T> {
        self.find(temporary, Links::Keep).ok()??;
        let handle = self.open_nofollow(temporary).ok()?;
        let is_stale = system::try_lock(&handle) && self.refers_to(temporary, &handle);
        if is_stale { change(temporary) } else { None }
    }

    /// Removes a stale file to reuse its slot. Skips other symbolic links than a second name of the
    /// file `name`: they cannot be locked, so a living process may use them.
    fn reclaim(&self, temporary: &OsStr, name: &OsStr, used: NameUse, own: Option<&Handle>) {
        let Ok(_lock) = self.lock_to_sweep(name, own) else {
            return;
        };
        let is_symlink = self.is_symlink(temporary);
        if (own.is_some() || is_symlink) && self.are_same_file(temporary, name) {
            // The file keeps its other name.
            self.remove(temporary).ok();
        } else if !is_symlink && used == NameUse::Existing {
            self.if_stale(temporary, |temporary| self.rename_to_number(temporary, name).ok());
        } else if !is_symlink {
            self.remove_stale(temporary);
        }
    }

    /// Returns whether a living process may be using a temporary name.
    pub(super) fn is_in_use(&self, temporary: &OsStr) -> bool {
        let is_locked = !self.is_symlink(temporary)
            && self.open_nofollow(temporary).map_or(true, |handle| !system::try_lock(&handle));
        is_locked || !system::CAN_REPLACE_OPEN && self.is_being_replaced(temporary)
    }

    /// Returns whether the lock file exists for the target of a temporary name.
    fn is_being_replaced(&self, temporary: &OsStr) -> bool {
        let prefix = temporary.to_str().and_then(|temporary| temporary.rsplit_once('-'));
        prefix.is_none_or(|(prefix, _)| {
            !matches!(self.find(lock_of(prefix).as_ref(), Links::Keep), Ok(None))
        })
    }

    /// Where a replaced file is not locked itself, locks its lock file; fails if another process
    /// has.
    fn lock_to_sweep(&self, name: &OsStr, own: Option<&Handle>) -> io::Result<Option<Handle>> {
        if own.is_some() || system::CAN_REPLACE_OPEN {
            return Ok(None);
        }
        let handle = self.open_replace_lock(name, &lock_name(name))?;
        if system::try_lock(&handle) { Ok(Some(handle)) } else { Err(ErrorKind::WouldBlock.into()) }
    }

    fn identity(&self, name: &OsStr) -> Option<(u64, u64)> {
        Some(self.find(name, Links::Keep).ok()??.identity)
    }

    fn is_symlink(&self, name: &OsStr) -> bool {
        let found = self.find(name, Links::Keep).ok().flatten();
        found.is_some_and(|found| found.kind == FileKind::Symlink)
    }
}

/// Returns the slots of a target, first those of new files.
pub(super) fn temporary_names(name: &OsStr) -> impl Iterator<Item = OsString> {
    names(name, 0..2 * SLOTS)
}

fn names(name: &OsStr, slots: Range<usize>) -> impl Iterator<Item = OsString> {
    let prefix = prefix(name);
    slots.map(move |number| format!("{prefix}-{number}").into())
}

/// Returns whether a temporary name is one of [`NameUse::Existing`].
fn is_of_existing(temporary: &OsStr) -> bool {
    let number = temporary.to_str().and_then(|temporary| temporary.rsplit_once('-'));
    number.is_some_and(|(_, number)| match number.len() {
        RANDOM_DIGITS => {
            u32::from_str_radix(number, 16).is_ok_and(|number| number > MAX_RANDOM_OF_NEW)
        }
        _ => number.parse().is_ok_and(|number: usize| number >= SLOTS),
    })
}

/// Returns the name of the lock file of a target, for systems on which an open file cannot be
/// replaced.
fn lock_name(name: &OsStr) -> OsString {
    lock_of(&prefix(name)).into()
}

fn lock_of(prefix: &str) -> String {
    format!("{prefix}-lock")
}

/// Returns the common prefix of the temporary names for `name`.
fn prefix(name: &OsStr) -> String {
    // A digest, because the name may have the maximum length already.
    let digest = Sha256::digest(name.as_encoded_bytes());
    let digest: String =
        digest.iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!(".keypair-{digest}")
}
