//! What `fingerprint` and `verify` ask for.

use std::path::Path;

use super::{RequestError, input, passphrase};
use crate::cli::args::{FingerprintArguments, PassphraseArguments, VerifyArguments};
use crate::cli::resolve::Environment;
use crate::cli::terminal::Terminal;
use crate::commands::fingerprint::FingerprintRequest;
use crate::commands::verify::VerifyRequest;
use crate::registry::KeyName;
use crate::secret::Secret;

/// Returns what `fingerprint` asks for, and whether for pictures.
///
/// # Errors
///
/// [`RequestError`].
pub fn fingerprint(
    arguments: FingerprintArguments,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<(Vec<FingerprintRequest>, bool), RequestError> {
    let FingerprintArguments { files, randomart, passphrase } = arguments;
    let from_input = files.iter().filter(|file| input::is_standard_stream(file)).count();
    let passphrase_from_input =
        passphrase.passphrase_file.as_deref().is_some_and(input::is_standard_stream);
    if from_input + usize::from(passphrase_from_input) > 1 {
        return Err(RequestError::InputTwice);
    }
    // One passphrase is tried on every file.
    let mut known: Option<Secret> = None;
    let requests = files.iter().map(|file| {
        let request = request(file, &passphrase, environment, terminal, known.take())?;
        known = request.passphrase.as_ref().map(|secret| Secret::copy_of(secret.expose()));
        Ok(request)
    });
    Ok((requests.collect::<Result<_, RequestError>>()?, randomart))
}

/// Returns what `verify` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn verify(
    arguments: VerifyArguments,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<VerifyRequest, RequestError> {
    let VerifyArguments { file, key_name, passphrase } = arguments;
    let name = key_name.map(KeyName::new).transpose()?;
    if input::is_standard_stream(&file)
        && passphrase.passphrase_file.as_deref().is_some_and(input::is_standard_stream)
    {
        return Err(RequestError::InputTwice);
    }
    Ok(VerifyRequest { file: request(&file, &passphrase, environment, terminal, None)?, name })
}

fn request(
    file: &Path,
    arguments: &PassphraseArguments,
    environment: &mut Environment,
    terminal: Terminal,
    known: Option<Secret>,
) -> Result<FingerprintRequest, RequestError> {
    let origin = input::origin(file);
    let material = input::contents(file, terminal)?;
    let passphrase = match known {
        Some(known) => Some(known),
        None => passphrase::of_public(&material, &origin, arguments, environment, terminal)?,
    };
    Ok(FingerprintRequest { origin, material, passphrase })
}
