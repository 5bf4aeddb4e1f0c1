//! Creates a key pair unless it exists: its registration, and its files with the same key.
//!
//! Never changes an existing pair. If several processes request the same pair, one of them creates
//! it and the others find it: the private key file stays locked until the pair is registered, so
//! other processes know that they must wait.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rand::CryptoRng;

use super::request::{CreateRequest, Created, Outcome};
use crate::file::{self, Action, Existing, FileError, Target};
use crate::format::{self, FormatError};
use crate::interrupt;
use crate::key::{KeyType, PublicKey};
use crate::operations::OperationError;
use crate::operations::conflict::{Conflict, KeyHalf};
use crate::operations::fingerprint::{FingerprintRequest, Fingerprints, fingerprint};
use crate::operations::registered::{conflict, digests, public_key, registered};
use crate::registry::{KeyName, KeyPair, Registry, RegistryError};
use crate::secret::Secret;

#[derive(Debug)]
pub struct CreateIfNotExistsRequest {
    /// The passphrase also decrypts an existing file.
    pub pair: CreateRequest,
    /// `None` accepts any type.
    pub key_type: Option<KeyType>,
    /// `None` accepts any length.
    pub bits: Option<u32>,
}

/// Creates a pair unless it exists. Calls `respond` with the pair, and with true if it is new.
///
/// # Errors
///
/// As [`super::create`]. [`OperationError::Conflict`] if the name is registered, but its files are
/// missing or contain another key. [`OperationError::FileWithoutPair`] if the file exists, but the
/// name is not registered. [`OperationError::Output`] if an existing pair could not be returned.
pub fn create_if_not_exists(
    request: &CreateIfNotExistsRequest,
    registry: &mut dyn Registry,
    random: &mut impl CryptoRng,
    respond: &mut dyn FnMut(&Created, bool) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    let CreateIfNotExistsRequest { pair: wanted, .. } = request;
    let mut make = |registry: &mut dyn Registry,
                    respond: &mut dyn FnMut(&Created, bool) -> io::Result<()>| {
        super::create(wanted, registry, random, &mut |created| respond(created, true))
    };
    let Some(name) = &wanted.name else {
        // A pair with a random name is always new.
        return make(registry, respond);
    };
    let mut attempts = 0;
    loop {
        attempts += 1;
        if let Some(created) = find(request, name, registry)? {
            if wanted.dry_run {
                return Ok(Outcome::Checked);
            }
            respond(&created, false).map_err(OperationError::Output)?;
            return Ok(Outcome::Done);
        }
        let error = match make(registry, respond) {
            Err(error) if attempts < MAX_ATTEMPTS && !interrupt::is_pending() => error,
            made => return made,
        };
        match error {
            // Another process has not registered the pair yet, or has failed.
            OperationError::File(FileError::Exists { path }) => {
                file::wait_until_committed(&path, MAX_WAIT);
                let found = Target::new(&path, Existing::Keep);
                let still_exists = matches!(found, Err(FileError::Exists { .. }));
                if still_exists && registered(name, registry)?.is_none() {
                    return Err(unregistered_file(wanted, name, path));
                }
            }
            // Another process was faster. EC2 may return its pair with a delay.
            OperationError::Registry(error) if error.is_duplicate() => thread::sleep(PAUSE),
            error => return Err(error),
        }
    }
}

/// Returns the pair if it exists as requested, or `None` if the name is not registered.
fn find(
    request: &CreateIfNotExistsRequest,
    name: &KeyName,
    registry: &mut dyn Registry,
) -> Result<Option<Created>, OperationError> {
    let CreateIfNotExistsRequest { pair: wanted, .. } = request;
    let Some(pair) = registered(name, registry)? else {
        return Ok(None);
    };
    let Some(private) = wanted.destination.path(name, wanted.format.extension())? else {
        // A private key that went to the user cannot be returned again.
        return Err(RegistryError::Duplicate { name: name.clone() }.into());
    };
    let registered = public_key(&pair);
    check_kind(request, &pair, registered.as_ref())?;
    let held = check_file(&private, KeyHalf::Private, wanted.passphrase.as_ref(), &pair)?;
    if registered.is_none() {
        check_kind(request, &pair, Some(&held))?;
    }
    if let Some(public) = &wanted.public_out {
        check_file(public, KeyHalf::Public, None, &pair)?;
    }
    Ok(Some(Created {
        pair,
        is_confirmed: true,
        in_agent: false,
        private_key_file: Some(private),
        public_key_file: wanted.public_out.clone(),
        parameter: None,
        private_key: None,
        recovered: Vec::new(),
        elsewhere: Vec::new(),
    }))
}

/// Checks that the pair has the requested type and length, if these are known.
fn check_kind(
    request: &CreateIfNotExistsRequest,
    pair: &KeyPair,
    key: Option<&PublicKey>,
) -> Result<(), OperationError> {
    let Some(key_type) = key.map(PublicKey::key_type).or(pair.key_type) else {
        return Ok(());
    };
    let bits = key.map(PublicKey::bits);
    let is_other_type = request.key_type.is_some_and(|asked| asked != key_type);
    let is_other_length =
        request.bits.is_some_and(|asked| bits.is_some_and(|found| asked != found));
    if is_other_type || is_other_length {
        return Err(conflict(pair, Conflict::OtherKind { key_type, bits }));
    }
    Ok(())
}

/// Checks that a file exists and contains this half of the pair. Returns its public key.
fn check_file(
    path: &Path,
    half: KeyHalf,
    passphrase: Option<&Secret>,
    pair: &KeyPair,
) -> Result<PublicKey, OperationError> {
    let missing = || conflict(pair, Conflict::MissingFile { path: path.to_owned(), half });
    let unreadable =
        |source| conflict(pair, Conflict::Unreadable { path: path.to_owned(), source });
    match Target::new(path, Existing::Keep) {
        Err(FileError::Exists { .. }) => {}
        // The file need not be creatable.
        Ok(_)
        | Err(FileError::MissingDirectory { .. } | FileError::Io { action: Action::Create, .. }) => {
            return Err(missing());
        }
        Err(error) => return Err(error.into()),
    }
    let material = match file::read_regular(path, format::MAX_BYTES) {
        Ok(material) => material,
        // A broken link.
        Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(missing());
        }
        Err(FileError::TooLarge { limit, .. }) => {
            return Err(unreadable(FormatError::TooLong { limit }));
        }
        Err(error) => return Err(error.into()),
    };
    let key = match open(path, material, passphrase, pair) {
        Err(OperationError::NotAKey { source, .. }) => return Err(unreadable(source)),
        key => key?,
    };
    if key.evidence(pair).is_empty() {
        let origin = path.display().to_string();
        return Err(conflict(pair, Conflict::OtherKey { origin, digests: digests(&key, pair) }));
    }
    if key.source.is_private() != (half == KeyHalf::Private) {
        return Err(conflict(pair, Conflict::OtherHalf { path: path.to_owned(), half }));
    }
    Ok(key.key)
}

/// Reads a key. If a passphrase is given, the file must be encrypted with it.
fn open(
    path: &Path,
    material: Secret,
    passphrase: Option<&Secret>,
    pair: &KeyPair,
) -> Result<Fingerprints, OperationError> {
    let origin = path.display().to_string();
    let passphrase = passphrase.filter(|passphrase| !passphrase.is_empty());
    if passphrase.is_some() && format::read_private(material.expose(), None).is_ok() {
        return Err(conflict(pair, Conflict::NotEncrypted { path: path.to_owned() }));
    }
    let passphrase = passphrase.map(|passphrase| Secret::copy_of(passphrase.expose()));
    let file = fingerprint(&FingerprintRequest { origin, material, passphrase })?;
    match file.flaw {
        Some(flaw) => {
            Err(conflict(pair, Conflict::Unreadable { path: path.to_owned(), source: flaw.into() }))
        }
        None => Ok(file),
    }
}

/// Returns the error for a file without a registered pair: [`OperationError::FileWithoutPair`] for
/// the private key file.
fn unregistered_file(wanted: &CreateRequest, name: &KeyName, path: PathBuf) -> OperationError {
    let private = wanted.destination.path(name, wanted.format.extension());
    if private.is_ok_and(|private| private.as_ref() == Some(&path)) {
        OperationError::FileWithoutPair { name: name.clone(), path }
    } else {
        FileError::Exists { path }.into()
    }
}

/// Every attempt after the first one follows a change by another process.
const MAX_ATTEMPTS: u32 = 16;
/// A registration takes longer only if its process was stopped.
const MAX_WAIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);
