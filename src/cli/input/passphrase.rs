//! Passphrases from a file, the environment or a prompt.

use std::path::Path;

use super::RequestError;
use crate::cli::options::{EncryptionArgs, PassphraseArgs};
use crate::cli::settings::Environment;
use crate::cli::terminal::{PromptError, Terminal};
use crate::format::{self, CostOptions, FormatError, PpkVersion, PrivateFormat};
use crate::operations::fingerprint::FingerprintRequest;
use crate::secret::Secret;

/// Returns the first line of a passphrase file, without its end and without a byte order mark.
pub fn in_file(path: &Path, terminal: Terminal) -> Result<Secret, RequestError> {
    let contents = super::contents(path, terminal)?;
    let contents = format::decode_text(contents.expose())
        .map_err(|source| RequestError::PassphraseText { origin: super::origin(path), source })?;
    let line = contents.expose().split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(PromptError::Empty.into());
    }
    Ok(Secret::copy_of(line))
}

/// Returns the passphrase for a new private key, if any, and the cost of its key derivation.
pub fn of_new_key(
    arguments: EncryptionArgs,
    environment: &mut Environment,
    terminal: Terminal,
) -> Result<(Option<Secret>, CostOptions), RequestError> {
    let EncryptionArgs { passphrase: is_asked, passphrase_file, no_passphrase, cost } = arguments;
    let variable = environment.take_passphrase().filter(|_| !no_passphrase);
    let passphrase = match (passphrase_file, variable) {
        (Some(path), _) => Some(in_file(&path, terminal)?),
        (None, Some(variable)) if !variable.is_empty() => Some(variable),
        (None, _) if is_asked => Some(terminal.ask_new_passphrase()?),
        (None, Some(_)) => return Err(RequestError::EmptyVariable),
        (None, None) => None,
    };
    passphrase.as_ref().map_or(Ok(()), check_new)?;
    let cost = cost.options();
    if passphrase.is_none() && cost != CostOptions::default() {
        return Err(RequestError::CostOfNothing);
    }
    Ok((passphrase, cost))
}

/// Rejects a passphrase that other programs could not take.
pub fn check_new(passphrase: &Secret) -> Result<(), RequestError> {
    let bytes = passphrase.len();
    if bytes > MAX_NEW_BYTES {
        return Err(RequestError::PassphraseTooLong { bytes, max: MAX_NEW_BYTES });
    }
    match passphrase.expose().iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        true => Err(RequestError::PassphraseLineBreak),
        false => Ok(()),
    }
}

/// `read_passphrase` of OpenSSH and `PEM_BUFSIZE` of OpenSSL have 1,024 bytes with a NUL.
const MAX_NEW_BYTES: usize = 1023;

/// Warns that version 2 of PuTTY's format hardly protects a passphrase.
pub fn warn_of_weak(format: PrivateFormat, is_encrypted: bool, terminal: Terminal) {
    if is_encrypted && format == PrivateFormat::Ppk(PpkVersion::V2) {
        terminal.warn(
            "version 2 of PuTTY's format derives the key with a single SHA-1 and no salt, so the \
             passphrase is easy to guess",
        );
        terminal.hint("pass `--ppk-version 3` to use Argon2, which PuTTY 0.75 and newer read");
    }
}

/// The passphrases that a command can open files with.
pub struct Openers {
    /// The first line of `--passphrase-file`.
    file: Option<Secret>,
    /// `KEYPAIR_PASSPHRASE`.
    variable: Option<Secret>,
    terminal: Terminal,
}

impl Openers {
    pub fn read(
        arguments: &PassphraseArgs,
        environment: &mut Environment,
        terminal: Terminal,
    ) -> Result<Self, RequestError> {
        let PassphraseArgs { passphrase_file } = arguments;
        let file = passphrase_file.as_deref().map(|path| in_file(path, terminal)).transpose()?;
        let variable = environment.take_passphrase().filter(|variable| !variable.is_empty());
        Ok(Self { file, variable, terminal })
    }

    /// Reads a key file for its public half.
    pub fn key(&self, path: &Path) -> Result<FingerprintRequest, RequestError> {
        let origin = super::origin(path);
        let material = super::contents(path, self.terminal)?;
        let passphrase = self.of_public(&material, &origin)?;
        Ok(FingerprintRequest { origin, material, passphrase })
    }

    /// Returns true if `KEYPAIR_PASSPHRASE` is set and not empty.
    pub fn has_variable(&self) -> bool {
        self.variable.is_some()
    }

    /// Returns true if no file is prompted for.
    pub fn has_passphrase(&self) -> bool {
        self.file.is_some() || self.has_variable()
    }

    /// Returns the passphrase of a private key, or `None` if the key is not encrypted. Prompts if
    /// neither the file nor the variable has one.
    pub fn of_private(
        &self,
        material: &Secret,
        origin: &str,
    ) -> Result<Option<Secret>, RequestError> {
        match self.given() {
            _ if !format::is_encrypted(material.expose()).unwrap_or_default() => Ok(None),
            None => Ok(Some(self.terminal.ask_passphrase(origin)?)),
            given => Ok(given),
        }
    }

    /// Returns the passphrase of a key file that is read for its public half. Prompts only if the
    /// public half is encrypted too.
    pub fn of_public(
        &self,
        material: &Secret,
        origin: &str,
    ) -> Result<Option<Secret>, RequestError> {
        let hidden = format::read_public(material.expose());
        // An unsupported encryption needs no passphrase.
        let hidden = matches!(hidden, Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted))
            && format::is_encrypted(material.expose()).is_ok();
        match self.given() {
            None if hidden => Ok(Some(self.terminal.ask_passphrase(origin)?)),
            given => Ok(given),
        }
    }

    /// Returns the passphrase of the file or the variable. Never prompts.
    pub fn given(&self) -> Option<Secret> {
        let given = self.file.as_ref().or(self.variable.as_ref());
        given.map(|secret| Secret::copy_of(secret.expose()))
    }
}
