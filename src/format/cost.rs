//! Checks the inputs of key derivation. A file chooses its cost, so there are limits.

use super::error::FormatError;
use crate::secret::Secret;

/// Fails if `found` exceeds `max`.
pub(super) fn check_max(
    parameter: &'static str,
    found: impl Into<u64>,
    max: impl Into<u64>,
) -> Result<(), FormatError> {
    let (found, max) = (found.into(), max.into());
    if found > max {
        return Err(FormatError::KeyDerivationCost { parameter, found, max });
    }
    Ok(())
}

/// The salt is hashed many times. Programs use 8 to 64 bytes.
const MAX_SALT_BYTES: u64 = 1024;

/// Fails if a salt is too long.
pub(super) fn check_salt(salt: &[u8]) -> Result<(), FormatError> {
    check_max("bytes of salt", u64::try_from(salt.len()).unwrap_or(u64::MAX), MAX_SALT_BYTES)
}

/// Fails if a passphrase is empty or contains a NUL, where other programs stop reading it.
pub(super) fn check_passphrase(passphrase: &Secret) -> Result<(), FormatError> {
    if passphrase.is_empty() {
        return Err(FormatError::PassphraseEmpty);
    }
    if passphrase.expose().contains(&0) {
        return Err(FormatError::PassphraseNul);
    }
    Ok(())
}

/// Returns the error for a parameter that is out of range.
pub(super) fn invalid(parameter: &'static str) -> FormatError {
    FormatError::KeyDerivationValue { parameter }
}
