//! The seed of an ED25519 key (RFC 8032 section 5.1.5), which every format writes as bytes.

use zeroize::Zeroizing;

use super::error::FormatError;
use crate::key::{Ed25519PrivateKey, Ed25519PublicKey};

/// Returns the key of a seed.
pub(super) fn read(seed: &[u8]) -> Result<Ed25519PrivateKey, FormatError> {
    let mut bytes = Zeroizing::new([0; 32]);
    if seed.len() != bytes.len() {
        return Err(FormatError::Ed25519Length { length: seed.len() });
    }
    bytes.copy_from_slice(seed);
    Ok(Ed25519PrivateKey::from_seed(bytes))
}

/// Returns the key of a seed that stands beside its public half.
pub(super) fn read_beside(
    public: &Ed25519PublicKey,
    seed: &[u8],
) -> Result<Ed25519PrivateKey, FormatError> {
    let key = read(seed)?;
    if key.public() == *public { Ok(key) } else { Err(FormatError::HalvesDiffer) }
}
