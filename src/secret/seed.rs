//! Seeds of keys and random number generators.

use std::fmt;

use rand::TryRng;
use rand::rngs::{SysError, SysRng};
use zeroize::Zeroizing;

/// A 32-byte seed of a key or of a random number generator.
///
/// The bytes are created on the heap and stay there, so a move copies only the pointer. They are
/// overwritten with zeros when dropped.
pub struct Seed(Box<Zeroizing<[u8; Self::BYTES]>>);

impl Seed {
    /// The length of a seed in bytes.
    pub const BYTES: usize = 32;

    /// Draws a seed from the operating system.
    ///
    /// # Errors
    ///
    /// [`SysError`].
    pub fn draw() -> Result<Self, SysError> {
        let mut seed = Self::zeroed();
        SysRng.try_fill_bytes(seed.0.as_mut_slice())?;
        Ok(seed)
    }

    /// Returns a copy of `bytes`.
    #[must_use]
    pub fn copy_of(bytes: &[u8; Self::BYTES]) -> Self {
        let mut seed = Self::zeroed();
        seed.0.copy_from_slice(bytes);
        seed
    }

    /// Returns the bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    fn zeroed() -> Self {
        Self(Box::new(Zeroizing::new([0; Self::BYTES])))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Seed({} bytes)", Self::BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_seeds_differ_and_debug_hides_them() {
        let seeds = [Seed::draw().unwrap(), Seed::draw().unwrap(), Seed::copy_of(&[0; 32])];
        for (place, seed) in seeds.iter().enumerate() {
            assert!(seeds[..place].iter().all(|other| other.expose() != seed.expose()));
            assert_eq!(format!("{seed:?}"), "Seed(32 bytes)");
        }
    }
}
