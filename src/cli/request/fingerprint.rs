//! What `fingerprint` and `verify` ask for.

use std::path::{Path, PathBuf};

use crate::cli::args::{FingerprintArgs, VerifyArgs};
use crate::cli::input::passphrase::Openers;
use crate::cli::input::{self, RequestError};
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::operations::fingerprint::FingerprintRequest;
use crate::operations::verify::VerifyRequest;
use crate::registry::KeyName;

/// The files of which `fingerprint` is to tell, one at a time.
pub struct FingerprintFiles {
    /// The paths.
    pub files: Vec<PathBuf>,
    /// Whether pictures are asked for.
    pub randomart: bool,
    openers: Openers,
}

impl FingerprintFiles {
    /// Reads one of the files.
    ///
    /// # Errors
    ///
    /// [`RequestError`].
    pub fn request(
        &self,
        file: &Path,
        terminal: Terminal,
    ) -> Result<FingerprintRequest, RequestError> {
        request(file, &self.openers, terminal)
    }
}

/// Returns what `fingerprint` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn fingerprint(
    arguments: FingerprintArgs,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<FingerprintFiles, RequestError> {
    let FingerprintArgs { files, randomart, passphrase } = arguments;
    let inputs = files.iter().chain(&passphrase.passphrase_file);
    if inputs.filter(|file| input::is_standard_stream(file)).count() > 1 {
        return Err(RequestError::InputTwice);
    }
    let openers = Openers::read(&passphrase, environment, terminal)?;
    Ok(FingerprintFiles { files, randomart, openers })
}

/// Returns what `verify` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn verify(
    arguments: VerifyArgs,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<VerifyRequest, RequestError> {
    let VerifyArgs { file, key_name, passphrase } = arguments;
    let name = key_name.map(KeyName::new).transpose()?;
    if input::is_standard_stream(&file)
        && passphrase.passphrase_file.as_deref().is_some_and(input::is_standard_stream)
    {
        return Err(RequestError::InputTwice);
    }
    let openers = Openers::read(&passphrase, environment, terminal)?;
    Ok(VerifyRequest { file: request(&file, &openers, terminal)?, name })
}

fn request(
    file: &Path,
    openers: &Openers,
    terminal: Terminal,
) -> Result<FingerprintRequest, RequestError> {
    let origin = input::origin(file);
    let material = input::contents(file, terminal)?;
    let passphrase = openers.of_public(&material, &origin, terminal)?;
    Ok(FingerprintRequest { origin, material, passphrase })
}
