//! Passphrases: from a file, from the environment, or asked for.

use std::path::Path;

use super::{RequestError, input};
use crate::cli::args::PassphraseArguments;
use crate::cli::resolve::Environment;
use crate::cli::terminal::{PromptError, Terminal};
use crate::format::{self, FormatError};
use crate::secret::Secret;

/// Returns the first line of a passphrase file, without its end.
pub(super) fn in_file(path: &Path, terminal: Terminal) -> Result<Secret, RequestError> {
    let contents = input::contents(path, terminal)?;
    let line = contents.expose().split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(PromptError::Empty.into());
    }
    Ok(Secret::copy_of(line))
}

/// Returns what decrypts a private key, if it is encrypted.
pub(super) fn of_private(
    material: &Secret,
    origin: &str,
    arguments: &PassphraseArguments,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<Option<Secret>, RequestError> {
    let needed = format::read_private(material.expose(), None);
    let needed = matches!(needed, Err(FormatError::PassphraseNeeded));
    of_reading(needed, origin, arguments, environment, terminal)
}

/// Returns what decrypts a key of which the public half is enough; nobody is asked if that is in
/// clear.
pub(super) fn of_public(
    material: &Secret,
    origin: &str,
    arguments: &PassphraseArguments,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<Option<Secret>, RequestError> {
    let hidden = format::read_public(material.expose());
    let hidden = matches!(hidden, Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted));
    of_reading(hidden, origin, arguments, environment, terminal)
}

fn of_reading(
    needed: bool,
    origin: &str,
    arguments: &PassphraseArguments,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<Option<Secret>, RequestError> {
    let PassphraseArguments { passphrase_file } = arguments;
    match (passphrase_file, environment.take_passphrase()) {
        (Some(path), _) => in_file(path, terminal).map(Some),
        (None, Some(passphrase)) => Ok(Some(passphrase)),
        (None, None) if needed => Ok(Some(terminal.ask_passphrase(origin)?)),
        (None, None) => Ok(None),
    }
}
