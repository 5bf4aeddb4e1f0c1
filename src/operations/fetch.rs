//! Fetches the private key that CloudFormation stored in Parameter Store.
//!
//! Looks up the pair by name and the parameter by the pair's ID. Compares the private key with the
//! pair before writing it anywhere.

use std::io;
use std::path::PathBuf;

use rand::CryptoRng;

use super::create::Outcome;
use super::error::MissingEvidence;
use super::fingerprint::{FingerprintRequest, Fingerprints, fingerprint};
use super::{Destination, OperationError};
use crate::file::{Access, Draft, Existing};
use crate::fingerprint::is_public_key_digest;
use crate::format::{
    self, CostOptions, DetectedFormat, Encryption, FormatError, PrivateFile, PrivateFormat,
};
use crate::interrupt;
use crate::registry::{
    KeyName, KeyPair, Parameter, ParameterStore, RegistryError, Selection, parameter_of,
};
use crate::secret::Secret;

#[derive(Debug)]
pub struct FetchRequest {
    pub name: KeyName,
    pub destination: Destination,
    pub existing: Existing,
    /// Encrypts the private key. An empty or missing passphrase keeps it as it is.
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
    let parameter = parameter_of(&pair.id)
        .ok_or_else(|| RegistryError::Unreadable("the pair has no id".into()))?;
    let found = store.parameter(&parameter, true).map_err(|source| OperationError::Parameter {
        name: name.clone(),
        parameter: parameter.clone(),
        source,
    })?;
    let opened = FingerprintRequest {
        origin: parameter,
        material: found.value.unwrap_or_default(),
        passphrase: None,
    };
    let key = fingerprint(&opened)?;
    let FingerprintRequest { origin: parameter, material, passphrase: _ } = opened;
    if !key.source.is_private() {
        return Err(OperationError::ParameterNotPrivate { parameter });
    }
    if key.evidence(&pair).is_empty() {
        let name = name.clone();
        if contradicts(&key, &pair) {
            return Err(OperationError::ParameterMismatch { name, parameter });
        }
        let missing = match pair.fingerprint.is_empty() {
            true => MissingEvidence::PublicKeyAndFingerprint,
            false => MissingEvidence::PublicKey,
        };
        return Err(OperationError::PrivateKeyNotVerified { name, parameter, missing });
    }
    let encryption = Encryption::with(passphrase.as_ref(), *cost);
    let is_kept = encryption.is_none()
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
        rewritten(&material, key.source, encryption, random)
            .map_err(|source| OperationError::NotAKey { origin: parameter, source })?
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

/// Returns whether the pair certainly has another key: the key type or a fingerprint of the public
/// key differs.
fn contradicts(key: &Fingerprints, pair: &KeyPair) -> bool {
    pair.public_key.is_some()
        || pair.key_type.is_some_and(|key_type| key_type != key.key.key_type())
        || is_public_key_digest(&pair.fingerprint)
}

/// Returns whether other programs can read a private key file as it is: ASCII with LF line ends and
/// no surrounding text. The last line break may be missing, and the comment of a PuTTY file may be
/// arbitrary.
fn is_clean(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| matches!(byte, b'\n' | b' '..=b'~');
    let lines = || text.trim_ascii_end().split(|&byte| byte == b'\n');
    let (first, last) = (lines().next().unwrap_or_default(), lines().next_back());
    if first.starts_with(b"PuTTY-User-Key-File-") {
        let is_comment = |line: &&[u8]| line.starts_with(b"Comment: ");
        let is_end = last.is_some_and(|line| line.starts_with(b"Private-MAC: "));
        return is_end && lines().filter(|line| !is_comment(line)).flatten().all(is_plain);
    }
    let is_end = last.is_some_and(|line| line.starts_with(b"-----END "));
    first.starts_with(b"-----BEGIN ") && lines().count() > 2 && is_end && text.iter().all(is_plain)
}

/// Rewrites a private key to encrypt it, or to make it readable for other programs: after other
/// line ends, a byte order mark, UTF-16, missing line breaks or surrounding text.
fn rewritten(
    material: &Secret,
    source: DetectedFormat,
    encryption: Option<Encryption<'_>>,
    random: &mut impl CryptoRng,
) -> Result<Secret, FormatError> {
    let PrivateFile { key, comment, .. } = format::read_private(material.expose(), None)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unclean_private_key_is_detected() {
        let pem = "-----BEGIN X-----\nAAAA\n-----END X-----";
        let ppk = "PuTTY-User-Key-File-3: x\nComment: é\nPrivate-MAC: 00";
        for text in [pem, ppk] {
            assert!(is_clean(text.as_bytes()) && is_clean(format!("{text}\n").as_bytes()));
            for unclean in [
                text.replace('\n', "\r\n"),
                text.replace('\n', " "),
                format!(" {text}"),
                format!("\u{feff}{text}"),
                format!("junk\n{text}"),
                format!("{text}\njunk"),
                format!("{text}\u{1b}[31m"),
            ] {
                assert!(!is_clean(unclean.as_bytes()), "{unclean:?}");
            }
        }
        assert!(!is_clean(b""));
    }
}
