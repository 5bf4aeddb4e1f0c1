//! What `create --if-not-exists` asks for.

use super::create::create;
use crate::cli::commands::{CreateArgs, GenerateArg};
use crate::cli::input::{self, RequestError};
use crate::cli::options::TypeArg;
use crate::cli::settings::{Environment, RegistrySettings};
use crate::cli::terminal::Terminal;
use crate::key::KeyType;
use crate::operations::create::CreateIfNotExistsRequest;

/// Returns what `create --if-not-exists` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn ensure(
    arguments: CreateArgs,
    environment: &mut Environment,
    terminal: Terminal,
    registry: &RegistrySettings,
) -> Result<CreateIfNotExistsRequest, RequestError> {
    let CreateArgs { name, key_name, key_type, bits, generate, out, .. } = &arguments;
    if name.is_none() && key_name.is_none() {
        return Err(RequestError::EnsuredWithoutName);
    }
    if out.as_deref().is_some_and(input::is_standard_output) {
        return Err(RequestError::EnsuredToOutput);
    }
    if *generate == GenerateArg::Ec2 {
        return Err(RequestError::EnsuredByEc2);
    }
    // What was not said need not be so of a pair that is there.
    let key_type = key_type.map(|key_type| match key_type {
        TypeArg::Ed25519 => KeyType::Ed25519,
        TypeArg::Rsa => KeyType::Rsa,
    });
    let bits = *bits;
    let pair = create(arguments, environment, terminal, registry)?;
    Ok(CreateIfNotExistsRequest { pair, key_type, bits })
}
