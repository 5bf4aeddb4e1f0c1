//! Memory that is not swapped out.

use region::LockGuard;
use zeroize::Zeroize;

use crate::secret::Secret;

/// A secret in separate pages, locked into memory if possible (mlock(2)).
pub(super) struct LockedBytes {
    /// Unlocks the pages; dropped before they are freed.
    guard: Option<LockGuard>,
    pages: Secret,
    start: usize,
    length: usize,
}

impl LockedBytes {
    /// Copies a secret. If the system refuses to lock the pages (`RLIMIT_MEMLOCK`), they stay
    /// unlocked.
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

    pub(super) fn is_locked(&self) -> bool {
        self.guard.is_some()
    }

    /// Returns the secret.
    pub(super) fn expose(&self) -> &[u8] {
        self.pages.expose().get(self.start..self.start + self.length).unwrap_or_default()
    }
}

impl Drop for LockedBytes {
    fn drop(&mut self) {
        // Wipes the pages while they are still locked.
        self.pages.expose_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_fills_separate_pages() {
        let page = region::page::size();
        for length in [0, 1, 32, page - 1, page, page + 1] {
            let secret = Secret::from(vec![7; length]);
            let locked = LockedBytes::copy_of(&secret);
            assert_eq!(locked.expose(), secret.expose());
            assert_eq!(locked.expose().as_ptr().addr() % page, 0);
            assert!(locked.start + length.max(1).next_multiple_of(page) <= locked.pages.len());
        }
    }
}
