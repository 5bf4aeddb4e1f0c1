//! Bytes that forget: every private number, passphrase and private file lives in a [`Secret`], every seed in a
//! [`Seed`]. [`on_wiped_thread`] and [`wiping_stack`] remove what computations with them leave on the stack.

mod seed;
mod stack;

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

pub use seed::Seed;
pub use stack::{on_wiped_thread, wiping_stack};

/// A byte string that is overwritten with zeros when it is dropped, and that cannot be printed.
///
/// It has no `Clone` and a `Debug` that shows the length alone. A buffer that would have to grow
/// would leave its old bytes behind on the heap, so growth goes through [`Secret::push`], which
/// moves to a larger buffer and wipes the smaller one.
#[derive(Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Returns an empty secret with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(capacity)))
    }

    /// Returns a secret of `length` zero bytes, to be filled through [`Secret::expose_mut`].
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

    /// Shortens the secret to `length` bytes, wiping what is cut off.
    pub fn truncate(&mut self, length: usize) {
        if let Some(tail) = self.0.get_mut(length..) {
            tail.zeroize();
        }
        self.0.truncate(length);
    }

    /// Returns the bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns the bytes themselves, to be changed in place.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes the buffer over, without a copy.
impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

/// Takes the buffer over, without a copy.
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
    fn debug_shows_the_length_alone() {
        assert_eq!(format!("{:?}", Secret::copy_of(b"hunter2")), "Secret(7 bytes)");
    }

    #[test]
    fn pushes_past_the_capacity_and_truncates() {
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
