//! What a key derivation may cost: a file says itself how long and in how much memory its reader is
//! to compute, so that has bounds.

use super::error::FormatError;

/// Fails if `found` is more than `most`.
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

/// A salt is mixed in many times over; programs make it of 8 to 64 bytes.
const MAX_SALT_BYTES: u64 = 1024;

/// Fails if a salt is longer than any program makes it.
pub(super) fn check_salt(salt: &[u8]) -> Result<(), FormatError> {
    check_max("bytes of salt", u64::try_from(salt.len()).unwrap_or(u64::MAX), MAX_SALT_BYTES)
}

/// Returns the fault of a parameter that no program could have written.
pub(super) fn invalid(parameter: &'static str) -> FormatError {
    FormatError::KeyDerivationValue { parameter }
}
