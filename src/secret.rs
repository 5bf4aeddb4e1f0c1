//! Types for secrets that are wiped when dropped. Private numbers, passphrases and private files
//! are stored in a [`Secret`], seeds in a [`Seed`]. [`wiping_stack`] and [`on_wiped_thread`] erase
//! the traces of computations on the stack.

mod seed;
mod stack;

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

pub use seed::Seed;
pub use stack::{on_wiped_thread, wiping_stack};

/// A byte string that is overwritten with zeros when dropped, and that cannot be printed.
///
/// It has no `Clone`, and its `Debug` shows only the length. Growing a `Vec` would leave the old
/// bytes on the heap, so [`Secret::push`] moves to a larger buffer and wipes the smaller one.
#[derive(Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Returns an empty secret with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(capacity)))
    }

    /// Returns a secret of `length` zero bytes, to fill through [`Secret::expose_mut`].
    #[must_use]
    pub fn zeroed(length: usize) -> Self {
        Self(Zeroizing::new(vec![0; length]))
    }

    /// Returns a copy of `bytes`.
    #[must_use]
    pub fn copy_of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Appends `bytes`, wiping the old buffer if a larger one is needed.
    pub fn push(&mut self, bytes: &[u8]) {
        let length = self.0.len() + bytes.len();
        if length > self.0.capacity() {
            let mut larger = Vec::with_capacity(length.max(self.0.capacity() * 2));
            larger.extend_from_slice(&self.0);
            self.0 = Zeroizing::new(larger);
        }
        self.0.extend_from_slice(bytes);
    }

    /// Shortens the secret to `length` bytes and wipes the rest.
    pub fn truncate(&mut self, length: usize) {
        if let Some(tail) = self.0.get_mut(length..) {
            tail.zeroize();
        }
        self.0.truncate(length);
    }

    /// Returns the bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns the bytes, mutably.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the secret has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes ownership of the buffer, without a copy.
impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

/// Takes ownership of the buffer, without a copy.
impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_only_the_length() {
        assert_eq!(format!("{:?}", Secret::copy_of(b"hunter2")), "Secret(7 bytes)");
    }

    #[test]
    fn push_beyond_capacity_keeps_bytes() {
        let mut secret = Secret::with_capacity(2);
        secret.push(b"ab");
        secret.push(b"cde");
        assert_eq!(secret.expose(), b"abcde");
        secret.truncate(3);
        assert_eq!(secret.expose(), b"abc");
        secret.truncate(9);
        assert_eq!(secret.len(), 3);
    }
}
