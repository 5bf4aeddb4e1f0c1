//! What a key derivation may cost: a file says itself how long and in how much memory its reader is
//! to compute, so that has bounds.

use super::error::FormatError;

/// Fails if `found` is more than `most`.
pub(super) fn within(
    parameter: &'static str,
    found: impl Into<u64>,
    most: impl Into<u64>,
) -> Result<(), FormatError> {
    let (found, most) = (found.into(), most.into());
    if found > most {
        return Err(FormatError::KeyDerivationCost { parameter, found, most });
    }
    Ok(())
}

/// Returns the fault of a parameter that no program could have written.
pub(super) fn wrong(parameter: &'static str) -> FormatError {
    FormatError::KeyDerivationValue { parameter }
}
