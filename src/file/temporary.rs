//! The names of files while one takes another's place.
//!
//! There are a few of them for each name, and every process takes those that are free. So what a killed process
//! has left is found without a look at the whole folder, however many keys are in it. Where another user has taken
//! them, which a folder that everybody can write to allows, there are random names as well.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};

use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

use super::folder::Folder;
use super::system::{self, FileKind, Handle, Links};

/// A replacement takes two, and those that replace one file wait for one another, unless it cannot be locked.
const MOST: usize = 4;

/// Those that wait have one of these, so that one is left for the file whose place is taken.
pub(super) const OF_THOSE_WHO_WAIT: usize = MOST - 1;

pub(super) const OF_WHO_REPLACES: usize = MOST;

/// The bytes of the digest in a name.
const DIGEST: usize = 4;

/// The hexadecimal digits at the end of a random name.
const RANDOM: usize = 8;

impl Folder {
    /// Has `link` give one of the first so many temporary names to a file that will become, or has been, `name`,
    /// and returns it. If living processes have them all, that is [`ErrorKind::ResourceBusy`]; if some are another
    /// user's, it is a random name.
    ///
    /// What killed processes have left is taken from them only if it has all the names; `own` is the file that has
    /// `name` now, if this process has locked it.
    pub(super) fn name_temporarily(
        &self,
        name: &OsStr,
        most: usize,
        own: Option<&Handle>,
        mut link: impl FnMut(&OsStr) -> io::Result<()>,
    ) -> io::Result<OsString> {
        for is_last_try in [false, true] {
            for temporary in temporary_names(name).take(most) {
                if is_last_try {
                    self.make_free(&temporary, name, own);
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
        // Another user has planted them, and cannot guess this one.
        let number = SysRng.try_next_u32().map_err(io::Error::other)?;
        let temporary = OsString::from(format!("{}-{number:08x}", start(name)));
        link(&temporary).map(|()| temporary)
    }

    /// Opens and locks the file that has this name, if there is one that can be opened; waits until
    /// no other process is about to replace it.
    pub(super) fn lock(&self, name: &OsStr) -> Option<Handle> {
        let lock = lock_name(name);
        loop {
            let handle = self.open_to_replace(name, &lock).ok()?;
            if !system::wait_for_lock(&handle) {
                return None;
            }
            // Whoever held the lock may have given the name to another file.
            if self.has_locked(name, &lock, &handle) {
                return Some(handle);
            }
        }
    }

    /// Removes what killed processes have left for `name`. That of living processes is locked; `own` is what this
    /// one has locked.
    pub(super) fn sweep(&self, name: &OsStr, own: Option<&Handle>) {
        let Ok(_lock) = self.lock_to_sweep(name, own) else {
            return;
        };
        for temporary in self.all_temporary_names(name) {
            if self.is_link(&temporary) {
                // It cannot be locked; whoever needs it finds that it is gone.
                self.remove(&temporary).ok();
            } else {
                self.remove_left(&temporary);
            }
        }
    }

    /// Returns whether a name is one that temporary files of this program have.
    pub(super) fn is_temporary_name(name: &OsStr) -> bool {
        let rest = name.as_encoded_bytes().strip_prefix(b".keypair-").unwrap_or_default();
        rest.split_at_checked(2 * DIGEST).is_some_and(|(digest, number)| {
            let number = number.strip_prefix(b"-").and_then(|number| str::from_utf8(number).ok());
            digest.iter().all(u8::is_ascii_hexdigit)
                && number.is_some_and(|number| match number.len() {
                    1 => number.parse().is_ok_and(|number: usize| number < MOST),
                    RANDOM => number.bytes().all(|byte| byte.is_ascii_hexdigit()),
                    _ => false,
                })
        })
    }

    /// Returns the temporary names for `name`, with the random ones if another user has one of the others.
    fn all_temporary_names(&self, name: &OsStr) -> Vec<OsString> {
        let mut names: Vec<_> = temporary_names(name).collect();
        if names.iter().any(|name| self.is_foreign(name)) {
            let start = format!("{}-", start(name));
            let mut add = |found: OsString, _| {
                let is_random = found.len() == start.len() + RANDOM;
                if is_random && found.as_encoded_bytes().starts_with(start.as_bytes()) {
                    names.push(found);
                }
            };
            // What is not seen now stays for a later run.
            self.list(&mut add).ok();
        }
        names
    }

    /// Removes a file that nobody has locked, and holds the lock until it is gone: the name may be
    /// somebody's the moment after. What cannot be removed stays for a later run.
    fn remove_left(&self, temporary: &OsStr) {
        if !matches!(self.find(temporary, Links::Keep), Ok(Some(_))) {
            return;
        }
        let Ok(handle) = self.open_to_lock(temporary) else {
            return;
        };
        if system::try_lock(&handle) && self.is_named(temporary, &handle) {
            self.remove(temporary).ok();
        }
    }

    /// Removes what killed processes have left, but for links, of which it cannot be told.
    fn make_free(&self, temporary: &OsStr, name: &OsStr, own: Option<&Handle>) {
        let Ok(_lock) = self.lock_to_sweep(name, own) else {
            return;
        };
        let is_link = self.is_link(temporary);
        if (own.is_some() || is_link) && self.is_one_file(temporary, name) {
            // The file has another name.
            self.remove(temporary).ok();
        } else if !is_link {
            self.remove_left(temporary);
        }
    }

    /// Returns whether a living process uses a temporary name, or may.
    pub(super) fn is_in_use(&self, temporary: &OsStr) -> bool {
        let is_locked = !self.is_link(temporary)
            && self.open_to_lock(temporary).map_or(true, |handle| !system::try_lock(&handle));
        is_locked || !system::CAN_REPLACE_OPEN && self.is_replacing(temporary)
    }

    /// Returns whether there is what is locked by whoever replaces the file that a temporary name is for.
    fn is_replacing(&self, temporary: &OsStr) -> bool {
        let start = temporary.to_str().and_then(|temporary| temporary.rsplit_once('-'));
        start.is_none_or(|(start, _)| {
            !matches!(self.find(lock_of(start).as_ref(), Links::Keep), Ok(None))
        })
    }

    /// Where a file that is being replaced has no lock itself, locks what stands for it; fails if another process
    /// has.
    fn lock_to_sweep(
        &self,
        name: &OsStr,
        own: Option<&Handle>,
    ) -> Result<Option<Handle>, io::Error> {
        if own.is_some() || system::CAN_REPLACE_OPEN {
            return Ok(None);
        }
        let handle = self.open_to_replace(name, &lock_name(name))?;
        if system::try_lock(&handle) { Ok(Some(handle)) } else { Err(ErrorKind::WouldBlock.into()) }
    }

    pub(super) fn is_link(&self, name: &OsStr) -> bool {
        let found = self.find(name, Links::Keep).ok().flatten();
        found.is_some_and(|found| found.kind == FileKind::Symlink)
    }
}

pub(super) fn temporary_names(name: &OsStr) -> impl Iterator<Item = OsString> {
    let start = start(name);
    (0..MOST).map(move |number| format!("{start}-{number}").into())
}

/// Returns the name of the file that is locked in the place of one that is being replaced, where that cannot be
/// open then.
fn lock_name(name: &OsStr) -> OsString {
    lock_of(&start(name)).into()
}

fn lock_of(start: &str) -> String {
    format!("{start}-lock")
}

/// Returns what the temporary names for `name` begin with.
fn start(name: &OsStr) -> String {
    // A digest in the place of the name, which may be as long as names can be.
    let digest = Sha256::digest(name.as_encoded_bytes());
    let digest: String = digest.iter().take(DIGEST).map(|byte| format!("{byte:02x}")).collect();
    format!(".keypair-{digest}")
}
