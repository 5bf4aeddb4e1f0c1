//! Waits until pairs exist.

use super::OperationError;
use crate::registry::{Registry, Selection};

/// Outcome of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    Exists,
    /// The last response had no pairs.
    NoneListed,
    /// A name or an ID was not registered at last.
    NotFound,
}

/// Asks for pairs until there is one, at most [`MAX_ATTEMPTS`] times, with a pause in between.
///
/// # Errors
///
/// Fails at once for every error other than a name or ID that is not registered.
pub fn wait(
    selection: &Selection,
    registry: &mut dyn Registry,
    pause: &mut dyn FnMut(),
) -> Result<Waited, OperationError> {
    let mut waited = Waited::NoneListed;
    for attempt in 1..=MAX_ATTEMPTS {
        match registry.describe(selection) {
            Ok(pairs) if !pairs.is_empty() => return Ok(Waited::Exists),
            Ok(_) => waited = Waited::NoneListed,
            Err(error) if error.is_not_found() => waited = Waited::NotFound,
            Err(error) => return Err(error.into()),
        }
        if attempt < MAX_ATTEMPTS {
            pause();
        }
    }
    Ok(waited)
}

/// As many as the AWS CLI makes for `wait key-pair-exists`.
const MAX_ATTEMPTS: u32 = 6;
