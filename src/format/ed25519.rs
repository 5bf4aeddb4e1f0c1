//! The seed of an ED25519 key (RFC 8032 section 5.1.5), stored as bytes in every format.

use super::error::FormatError;
use crate::key::{Ed25519PrivateKey, Ed25519PublicKey};
use crate::secret::Seed;

/// Reads a seed.
pub(super) fn read(seed: &[u8]) -> Result<Ed25519PrivateKey, FormatError> {
    let seed = seed.try_into().map_err(|_| FormatError::Ed25519Length { length: seed.len() })?;
    Ok(Ed25519PrivateKey::from_seed(Seed::copy_of(seed)))
}

/// Reads a seed that must match a public key.
pub(super) fn read_beside(
    public: &Ed25519PublicKey,
    seed: &[u8],
) -> Result<Ed25519PrivateKey, FormatError> {
    let key = read(seed)?;
    if key.public() == *public { Ok(key) } else { Err(FormatError::HalvesDiffer) }
}
