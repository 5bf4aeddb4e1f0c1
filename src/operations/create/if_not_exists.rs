//! Makes a key pair unless it is there: its registration, and its files with the same key in them.
//!
//! Nothing that is there is touched. Of several processes that want the same pair one makes it, and the
//! others find it: a private key file is locked until its pair is registered, so that who comes upon the
//! file knows whether to wait.

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
use crate::operations::conflict::{Conflict, Half};
use crate::operations::fingerprint::{FingerprintRequest, Fingerprints, fingerprint};
use crate::operations::registered::{conflict, digests, public_key, registered};
use crate::operations::verify::evidence;
use crate::registry::{KeyName, KeyPair, Registry, RegistryError};
use crate::secret::Secret;

/// Which pair there is to be.
#[derive(Debug)]
pub struct CreateIfNotExistsRequest {
    /// What to make if it is not there. The passphrase also opens the file that is.
    pub pair: CreateRequest,
    /// The type that the pair must have; without one, any will do.
    pub key_type: Option<KeyType>,
    /// The length that the key must have; without one, any will do.
    pub bits: Option<u32>,
}

/// Makes a pair unless it is there, and hands it to `answer` with whether it is new.
///
/// # Errors
///
/// [`OperationError::Conflict`] if the name is registered and its files are missing or hold something
/// else, [`OperationError::FileWithoutPair`] if the file is there and the name is not registered, and those
/// of [`super::create`]. [`OperationError::Output`] if the pair was there and the answer could not be
/// handed over.
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
        // A pair without a name is always a new one.
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
            // Whoever is making the pair has not registered it yet, or does not any more.
            OperationError::File(FileError::Exists { path }) => {
                file::wait_until_committed(&path, MAX_WAIT);
                let found = Target::new(&path, Existing::Keep);
                let is_in_the_way = matches!(found, Err(FileError::Exists { .. }));
                if is_in_the_way && registered(name, registry)?.is_none() {
                    return Err(in_the_way(wanted, name, path));
                }
            }
            // Somebody else was first. EC2 need not show it at once.
            OperationError::Registry(error) if error.is_duplicate() => thread::sleep(PAUSE),
            error => return Err(error),
        }
    }
}

/// Returns the pair if it is there as it was asked for, or nothing if it is not registered.
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
        // What goes to the user once is nowhere afterwards.
        return Err(RegistryError::Duplicate { name: name.clone() }.into());
    };
    let registered = public_key(&pair);
    check_kind(request, &pair, registered.as_ref())?;
    let held = check_file(&private, Half::Private, wanted.passphrase.as_ref(), &pair)?;
    if registered.is_none() {
        check_kind(request, &pair, Some(&held))?;
    }
    if let Some(public) = &wanted.public_out {
        check_file(public, Half::Public, None, &pair)?;
    }
    Ok(Some(Created {
        pair,
        is_confirmed: true,
        in_agent: false,
        private_key_file: Some(private),
        public_key_file: wanted.public_out.clone(),
        private_key: None,
    }))
}

/// Makes sure that the pair is of the type and the length that were asked for, as far as they are known.
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

/// Makes sure that a file is there and holds this half of the pair, and returns its public key.
fn check_file(
    path: &Path,
    half: Half,
    passphrase: Option<&Secret>,
    pair: &KeyPair,
) -> Result<PublicKey, OperationError> {
    let missing = || conflict(pair, Conflict::MissingFile { path: path.to_owned(), half });
    let unreadable =
        |source| conflict(pair, Conflict::Unreadable { path: path.to_owned(), source });
    match Target::new(path, Existing::Keep) {
        Err(FileError::Exists { .. }) => {}
        // Whether the file could be made is not the question.
        Ok(_)
        | Err(FileError::MissingDirectory { .. } | FileError::Io { action: Action::Create, .. }) => {
            return Err(missing());
        }
        Err(error) => return Err(error.into()),
    }
    let material = match file::read(path, format::MAX_BYTES) {
        Ok(material) => material,
        // A link that leads nowhere.
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
    if evidence(&key, pair).is_empty() {
        let origin = path.display().to_string();
        return Err(conflict(pair, Conflict::OtherKey { origin, digests: digests(&key, pair) }));
    }
    if key.source.is_private() != (half == Half::Private) {
        return Err(conflict(pair, Conflict::OtherHalf { path: path.to_owned(), half }));
    }
    Ok(key.key)
}

/// Reads a key, which a passphrase that is given must open: a file that is not encrypted, or with another
/// passphrase, is not what was asked for.
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
    fingerprint(&FingerprintRequest { origin, material, passphrase })
}

/// Returns the failure that a file is there and no pair, which is about the private key if it is its file.
fn in_the_way(wanted: &CreateRequest, name: &KeyName, path: PathBuf) -> OperationError {
    let private = wanted.destination.path(name, wanted.format.extension());
    if private.is_ok_and(|private| private.as_ref() == Some(&path)) {
        OperationError::FileWithoutPair { name: name.clone(), path }
    } else {
        FileError::Exists { path }.into()
    }
}

/// Each look but the first follows a change that somebody else has made meanwhile.
const MAX_ATTEMPTS: u32 = 16;
/// A registration takes no longer, unless the process that is at it was stopped.
const MAX_WAIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);
