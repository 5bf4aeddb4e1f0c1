//! What `create --if-not-exists` asks for.

use super::create::create;
use super::{RequestError, input};
use crate::cli::args::{CreateArguments, GenerateArgument, TypeArgument};
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
    arguments: CreateArguments,
    environment: &mut Environment,
    terminal: Terminal,
    registry: &RegistrySettings,
) -> Result<CreateIfNotExistsRequest, RequestError> {
    let CreateArguments { name, key_name, key_type, bits, generate, out, .. } = &arguments;
    if name.is_none() && key_name.is_none() {
        return Err(RequestError::EnsuredWithoutName);
    }
    if out.as_deref().is_some_and(input::is_standard_output) {
        return Err(RequestError::EnsuredToOutput);
    }
    if *generate == GenerateArgument::Ec2 {
        return Err(RequestError::EnsuredByEc2);
    }
    // What was not said need not be so of a pair that is there.
    let key_type = key_type.map(|key_type| match key_type {
        TypeArgument::Ed25519 => KeyType::Ed25519,
        TypeArgument::Rsa => KeyType::Rsa,
    });
    let bits = *bits;
    let pair = create(arguments, environment, terminal, registry)?;
    Ok(CreateIfNotExistsRequest { pair, key_type, bits })
}
