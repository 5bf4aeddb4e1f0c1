//! Reads a parameter, whatever it holds.

use super::CommandError;
use crate::registry::{Parameter, ParameterStore};

/// Which parameter to read.
#[derive(Clone, Debug)]
pub struct ParameterRequest {
    /// Its name, and maybe `:` and a version or a label.
    pub name: String,
    /// Whether to decrypt it.
    pub decrypted: bool,
}

/// Returns the parameter.
///
/// # Errors
///
/// [`CommandError::Registry`].
pub fn parameter(
    request: &ParameterRequest,
    store: &mut dyn ParameterStore,
) -> Result<Parameter, CommandError> {
    let ParameterRequest { name, decrypted } = request;
    Ok(store.parameter(name, *decrypted)?)
}
