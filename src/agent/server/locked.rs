//! Memory that does not go to the disk.

use region::LockGuard;
use zeroize::Zeroize;

use crate::secret::Secret;

/// A secret in pages of its own, which the system is asked to keep in memory (mlock(2)).
pub(super) struct Locked {
    /// Dropped before the pages are given back.
    guard: Option<LockGuard>,
    pages: Secret,
    start: usize,
    length: usize,
}

impl Locked {
    /// Copies a secret. The system may refuse to lock the pages, of which there may be but so many
    /// (`RLIMIT_MEMLOCK`); then they are as other memory is.
    pub(super) fn copy_of(secret: &Secret) -> Self {
        let page = region::page::size();
        let length = secret.len();
        let whole = length.max(1).next_multiple_of(page);
        let mut pages = Secret::zeroed(whole + page);
        let start = pages.expose().as_ptr().align_offset(page).min(page);
        let room = pages.expose_mut().get_mut(start..).unwrap_or_default();
        let guard = region::lock(room.as_ptr(), whole).ok();
        for (place, byte) in room.iter_mut().zip(secret.expose()) {
            *place = *byte;
        }
        Self { guard, pages, start, length }
    }

    /// Returns whether the system keeps it in memory.
    pub(super) fn is_locked(&self) -> bool {
        self.guard.is_some()
    }

    /// Returns the bytes themselves.
    pub(super) fn expose(&self) -> &[u8] {
        self.pages.expose().get(self.start..self.start + self.length).unwrap_or_default()
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // While they are still locked.
        self.pages.expose_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_pages_of_its_own() {
        let page = region::page::size();
        for length in [0, 1, 32, page - 1, page, page + 1] {
            let secret = Secret::from(vec![7; length]);
            let locked = Locked::copy_of(&secret);
            assert_eq!(locked.expose(), secret.expose());
            assert_eq!(locked.expose().as_ptr().addr() % page, 0);
            assert!(locked.start + length.max(1).next_multiple_of(page) <= locked.pages.len());
        }
    }
}
