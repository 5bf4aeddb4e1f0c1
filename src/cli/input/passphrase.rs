//! Passphrases: from a file, from the environment, or asked for.

use std::path::Path;

use super::RequestError;
use crate::cli::options::{EncryptionArgs, PassphraseArgs};
use crate::cli::settings::Environment;
use crate::cli::terminal::{PromptError, Terminal};
use crate::format::{self, CostOptions, FormatError, PpkVersion, PrivateFormat};
use crate::operations::fingerprint::FingerprintRequest;
use crate::secret::Secret;

/// Returns the first line of a passphrase file, without its end and without what Windows puts before it.
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

/// Returns what encrypts a new private key, if anything is to, and what a guess at it is to cost.
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
    let cost = cost.options();
    if passphrase.is_none() && cost != CostOptions::default() {
        return Err(RequestError::CostOfNothing);
    }
    Ok((passphrase, cost))
}

/// Warns of the version of PuTTY's format that does next to nothing for a passphrase.
pub fn warn_of_weak(format: PrivateFormat, is_encrypted: bool, terminal: Terminal) {
    if is_encrypted && format == PrivateFormat::Ppk(PpkVersion::V2) {
        terminal.warn(
            "version 2 of PuTTY's format derives the key with a single SHA-1 and no salt, so that the \
             passphrase is easy to guess",
        );
        terminal.hint("pass `--ppk-version 3` to use Argon2, which PuTTY 0.75 and newer read");
    }
}

/// What a command line and its environment have to open files with.
pub struct Openers {
    /// The first line of `--passphrase-file`.
    file: Option<Secret>,
    /// `KEYPAIR_PASSPHRASE`.
    variable: Option<Secret>,
    terminal: Terminal,
}

impl Openers {
    /// Reads the file, if one is named.
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

    /// Reads a key file, of which the public half is needed.
    pub fn key(&self, path: &Path) -> Result<FingerprintRequest, RequestError> {
        let origin = super::origin(path);
        let material = super::contents(path, self.terminal)?;
        let passphrase = self.of_public(&material, &origin)?;
        Ok(FingerprintRequest { origin, material, passphrase })
    }

    /// Returns whether `KEYPAIR_PASSPHRASE` is set.
    pub fn has_variable(&self) -> bool {
        self.variable.is_some()
    }

    /// Returns what opens a private key, whose passphrase is asked for if nothing else is there. One
    /// that is not encrypted needs nothing.
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

    /// Returns what opens a key of which the public half is enough; nobody is asked if that is in
    /// clear.
    pub fn of_public(
        &self,
        material: &Secret,
        origin: &str,
    ) -> Result<Option<Secret>, RequestError> {
        let hidden = format::read_public(material.expose());
        let hidden = matches!(hidden, Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted));
        match self.given() {
            None if hidden => Ok(Some(self.terminal.ask_passphrase(origin)?)),
            given => Ok(given),
        }
    }

    fn given(&self) -> Option<Secret> {
        let given = self.file.as_ref().or(self.variable.as_ref());
        given.map(|secret| Secret::copy_of(secret.expose()))
    }
}
