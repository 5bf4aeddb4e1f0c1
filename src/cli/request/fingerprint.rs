//! What `fingerprint` and `verify` ask for.

use std::path::{Path, PathBuf};

use crate::cli::commands::FingerprintArgs;
use crate::cli::input::passphrase::Openers;
use crate::cli::input::{self, RequestError};
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::operations::fingerprint::FingerprintRequest;

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
    pub fn request(&self, file: &Path) -> Result<FingerprintRequest, RequestError> {
        self.openers.key(file)
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
