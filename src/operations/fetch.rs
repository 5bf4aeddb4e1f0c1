//! Fetches a private key from Parameter Store.
//!
//! Looks up the pair by name and the parameter by the pair's tag or ID. Compares the private key with the
//! pair before writing it anywhere.

use std::io;
use std::path::PathBuf;

use rand::CryptoRng;

use super::create::Outcome;
use super::fingerprint::Fingerprints;
use super::stored_key::{StoredKey, is_clean};
use super::{Destination, OperationError};
use crate::file::{Access, Draft, Existing};
use crate::format::{
    self, CostOptions, DetectedFormat, Encryption, FormatError, PrivateFile, PrivateFormat,
};
use crate::interrupt;
use crate::registry::{KeyName, KeyPair, Parameter, ParameterStore, RegistryError, Selection};
use crate::secret::Secret;

#[derive(Debug)]
pub struct FetchRequest {
    pub name: KeyName,
    pub destination: Destination,
    pub existing: Existing,
    /// Encrypts the private key, or decrypts one that is stored encrypted. An empty or missing
    /// passphrase keeps it as it is.
    pub passphrase: Option<Secret>,
    pub cost: CostOptions,
    /// Checks only.
    pub dry_run: bool,
}

#[derive(Debug)]
pub struct Fetched {
    pub pair: KeyPair,
    pub private_key_file: Option<PathBuf>,
    /// Set if the private key goes to the user.
    pub private_key: Option<Secret>,
    /// Files of killed commands, which got a number after their name.
    pub recovered: Vec<PathBuf>,
}

/// Fetches a private key, writes it, and calls `respond` last.
///
/// # Errors
///
/// After [`OperationError::Output`] the file was written. After other errors it was not.
pub fn fetch(
    request: &FetchRequest,
    store: &mut dyn ParameterStore,
    random: &mut impl CryptoRng,
    respond: &mut dyn FnMut(&Fetched) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    let FetchRequest { name, destination, existing, passphrase, cost, dry_run } = request;
    let pair = registered(name, store)?;
    let StoredKey { parameter, key, material } =
        StoredKey::read(&pair, passphrase.as_ref(), store)?;
    let encryption = Encryption::with(passphrase.as_ref(), *cost);
    // A key that is stored encrypted stays so, with the same passphrase.
    let is_stored_encrypted = key.source.is_encrypted() && *cost == CostOptions::default();
    let is_kept = (encryption.is_none() || is_stored_encrypted)
        && key.flaw.is_none()
        && key.undone.is_empty()
        && is_clean(material.expose());
    let contents = if is_kept {
        let mut contents = material;
        // OpenSSH requires a line break after the last line of an OpenSSH key.
        if !contents.expose().ends_with(b"\n") {
            contents.push(b"\n");
        }
        contents
    } else {
        let passphrase = passphrase.as_ref().filter(|_| key.source.is_encrypted());
        rewritten(&material, passphrase, key.source, encryption, random)
            .map_err(|source| OperationError::NotAKey { origin: parameter.to_string(), source })?
    };

    let target = destination.target(name, extension(&key), *existing)?;
    if *dry_run {
        return Ok(Outcome::Checked);
    }
    let mut fetched =
        Fetched { pair, private_key_file: None, private_key: None, recovered: Vec::new() };
    match target {
        Some(target) => {
            let guard = interrupt::defer_signals();
            let draft = Draft::write(&target, Access::Owner, contents.expose())?;
            fetched.recovered = draft.publish()?.keep();
            drop(guard);
            fetched.private_key_file = Some(target.path().to_owned());
        }
        None => fetched.private_key = Some(contents),
    }
    respond(&fetched).map_err(OperationError::Output)?;
    Ok(Outcome::Done)
}

/// Returns the pair, with its public key if the registry returns it.
fn registered(name: &KeyName, store: &mut dyn ParameterStore) -> Result<KeyPair, OperationError> {
    let names = vec![name.clone()];
    let selection = Selection { names, include_public_key: true, ..Selection::default() };
    let pairs = store.describe(&selection)?;
    pairs
        .into_iter()
        .find(|pair| pair.name == *name)
        .ok_or_else(|| RegistryError::NamesNotFound { names: vec![name.clone()] }.into())
}

fn extension(key: &Fingerprints) -> &'static str {
    match key.source {
        DetectedFormat::Ppk { .. } => "ppk",
        _ => "pem",
    }
}

/// Rewrites a private key to encrypt it, or to make it readable for other programs: after other
/// line ends, a byte order mark, UTF-16, missing line breaks or surrounding text.
fn rewritten(
    material: &Secret,
    passphrase: Option<&Secret>,
    source: DetectedFormat,
    encryption: Option<Encryption<'_>>,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    let PrivateFile { key, comment, .. } = format::read_private(material.expose(), passphrase)?;
    let format = source.private_format().unwrap_or(PrivateFormat::Pem);
    format::write_private(&key, format, &comment.unwrap_or_default(), encryption, random)
}

#[derive(Clone, Debug)]
pub struct ParameterRequest {
    /// May end in `:` and a version or a label.
    pub name: String,
    pub decrypted: bool,
}

pub fn parameter(
    request: &ParameterRequest,
    store: &mut dyn ParameterStore,
) -> Result<Parameter, OperationError> {
    let ParameterRequest { name, decrypted } = request;
    Ok(store.parameter(name, *decrypted)?)
}

#[derive(Clone, Debug)]
pub struct ParametersRequest {
    /// Each may end in `:` and a version or a label.
    pub names: Vec<String>,
    pub decrypted: bool,
}

/// Returns the parameters, and the names without a parameter.
pub fn parameters(
    request: &ParametersRequest,
    store: &mut dyn ParameterStore,
) -> Result<(Vec<Parameter>, Vec<String>), OperationError> {
    let ParametersRequest { names, decrypted } = request;
    Ok(store.parameters(names, *decrypted)?)
}
