//! Waits until pairs exist.

use super::OperationError;
use crate::registry::{Registry, Selection};

/// Asks for pairs until there is one, at most [`MAX_ATTEMPTS`] times, with a pause in between.
/// Returns whether there is one.
///
/// # Errors
///
/// Fails at once for every error other than a name or ID that is not registered.
pub fn wait(
    selection: &Selection,
    registry: &mut dyn Registry,
    pause: &mut dyn FnMut(),
) -> Result<bool, OperationError> {
    for attempt in 1..=MAX_ATTEMPTS {
        match registry.describe(selection) {
            Ok(pairs) if !pairs.is_empty() => return Ok(true),
            Ok(_) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        if attempt < MAX_ATTEMPTS {
            pause();
        }
    }
    Ok(false)
}

/// As many as the AWS CLI makes for `wait key-pair-exists`.
const MAX_ATTEMPTS: u32 = 6;
