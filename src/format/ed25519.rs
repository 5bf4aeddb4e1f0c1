//! The halves of an ED25519 key (RFC 8032 section 5.1.5), stored as bytes in every format.

use super::error::FormatError;
use crate::key::{Ed25519PrivateKey, Ed25519PublicKey};
use crate::secret::Seed;

pub(super) const SEED_BYTES: usize = Seed::BYTES;

pub(super) fn read_point(bytes: &[u8]) -> Result<Ed25519PublicKey, FormatError> {
    let point = bytes.try_into().map_err(|_| FormatError::Ed25519Length { length: bytes.len() })?;
    Ok(Ed25519PublicKey::from_bytes(point)?)
}

pub(super) fn read_seed(seed: &[u8]) -> Result<Ed25519PrivateKey, FormatError> {
    let seed = seed.try_into().map_err(|_| FormatError::Ed25519Length { length: seed.len() })?;
    Ok(Ed25519PrivateKey::from_seed(Seed::copy_of(seed)))
}

/// Reads a seed that must match a public key.
pub(super) fn read_pair(
    public: &Ed25519PublicKey,
    seed: &[u8],
) -> Result<Ed25519PrivateKey, FormatError> {
    let key = read_seed(seed)?;
    if key.public() == *public { Ok(key) } else { Err(FormatError::HalvesDiffer) }
}
