//! Passphrases: from a file, from the environment, or asked for.

use std::path::Path;

use super::{RequestError, input};
use crate::cli::args::PassphraseArguments;
use crate::cli::resolve::Environment;
use crate::cli::terminal::{PromptError, Terminal};
use crate::commands::Passphrase;
use crate::format::{self, FormatError};
use crate::secret::Secret;

/// Returns the first line of a passphrase file, without its end and without what Windows puts before it.
pub(super) fn in_file(path: &Path, terminal: Terminal) -> Result<Secret, RequestError> {
    let contents = input::contents(path, terminal)?;
    let contents = format::plain_text(contents.expose())
        .map_err(|source| RequestError::PassphraseText { origin: input::origin(path), source })?;
    let line = contents.expose().split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(PromptError::Empty.into());
    }
    Ok(Secret::copy_of(line))
}

/// What a command line and its environment have to open files with.
pub struct Openers {
    /// The first line of `--passphrase-file`.
    file: Option<Secret>,
    /// `KEYPAIR_PASSPHRASE`.
    variable: Option<Secret>,
}

impl Openers {
    /// Reads the file, if one is named.
    pub(super) fn read(
        arguments: &PassphraseArguments,
        environment: &mut Environment,
        terminal: Terminal,
    ) -> Result<Self, RequestError> {
        let PassphraseArguments { passphrase_file } = arguments;
        let file = passphrase_file.as_deref().map(|path| in_file(path, terminal)).transpose()?;
        Ok(Self { file, variable: environment.take_passphrase() })
    }

    /// Returns what opens a private key, whose passphrase is asked for if nothing else is there. One
    /// that is not encrypted needs nothing.
    pub(super) fn of_private(
        &self,
        material: &Secret,
        origin: &str,
        terminal: Terminal,
    ) -> Result<Passphrase, RequestError> {
        let is_encrypted = format::is_encrypted(material.expose()).unwrap_or_default();
        if !is_encrypted && self.file.is_some() {
            terminal.note(format_args!("{origin} is not encrypted: the passphrase is not used"));
        }
        match self.given() {
            _ if !is_encrypted => Ok(Passphrase::None),
            Passphrase::None => Ok(Passphrase::Meant(terminal.ask_passphrase(origin)?)),
            given => Ok(given),
        }
    }

    /// Returns what opens a key of which the public half is enough; nobody is asked if that is in
    /// clear.
    pub(super) fn of_public(
        &self,
        material: &Secret,
        origin: &str,
        terminal: Terminal,
    ) -> Result<Passphrase, RequestError> {
        let hidden = format::read_public(material.expose());
        let hidden = matches!(hidden, Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted));
        match self.given() {
            Passphrase::None if hidden => Ok(Passphrase::Meant(terminal.ask_passphrase(origin)?)),
            given => Ok(given),
        }
    }

    fn given(&self) -> Passphrase {
        let copy = |secret: &Secret| Secret::copy_of(secret.expose());
        match (&self.file, &self.variable) {
            (Some(file), _) => Passphrase::Meant(copy(file)),
            (None, Some(variable)) => Passphrase::AtHand(copy(variable)),
            (None, None) => Passphrase::None,
        }
    }
}
