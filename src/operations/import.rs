//! Registers an existing public key.

use super::conflict::Conflict;
use super::fingerprint::fingerprints;
use super::read::{self, Read};
use super::registered::{conflict, digests, registered};
use super::{KeptKey, OperationError};
use crate::format::{self, DetectedFormat, FormatError, Undone};
use crate::interrupt;
use crate::key::{KeyError, PublicKey};
use crate::registry::{
    KeyName, KeyPair, Registered, Registration, Registry, Request, Tags, Weakness,
};
use crate::secret::Secret;

#[derive(Debug)]
pub struct ImportRequest {
    pub name: KeyName,
    /// A path, or the name of a stream or an option, for messages.
    pub origin: String,
    /// The key in any supported format. It may be a private key; only its public half is used.
    pub material: Secret,
    /// Decrypts the key. PKCS#8 and traditional PEM require it; other encrypted formats are fully
    /// checked with it.
    pub passphrase: Option<Secret>,
    pub tags: Tags,
    /// Sends the comment of the key to the registry.
    pub sends_comment: bool,
    /// Accepts an existing pair with the same name and key.
    pub if_not_exists: bool,
    /// Checks only.
    pub dry_run: bool,
}

#[derive(Debug)]
pub struct Imported {
    /// `None` after a dry run.
    pub registered: Option<Registered>,
    pub key: PublicKey,
    pub source: DetectedFormat,
    /// The changes of the text around the key that were undone.
    pub undone: Vec<Undone>,
    pub weakness: Option<Weakness>,
    /// A wrong or missing number of the private half.
    pub flaw: Option<KeyError>,
    /// Set if the private half is encrypted and was not compared with the public one.
    pub is_unchecked: bool,
}

/// Registers the public key. With `if_not_exists`, accepts an existing pair with this key and
/// fails with [`OperationError::Conflict`] if it has another key.
pub fn import(
    request: &ImportRequest,
    registry: &mut dyn Registry,
) -> Result<Imported, OperationError> {
    let ImportRequest {
        name,
        origin,
        material,
        passphrase,
        tags,
        sends_comment,
        if_not_exists,
        dry_run,
    } = request;
    let refused = |source| OperationError::NotAKey { origin: origin.clone(), source };
    let read = read(material, passphrase.as_ref()).map_err(refused)?;
    let weakness = weakness(&read.public).map_err(|fault| refused(fault.into()))?;
    if *if_not_exists && let Some(pair) = find(request, &read, registry)? {
        return Ok(there(pair, read, weakness, *dry_run));
    }
    let comment = read.comment.as_ref().filter(|comment| *sends_comment && !comment.is_empty());
    let registration = Registration {
        comment: comment.map(|comment| comment.as_bytes().to_vec()),
        ..Registration::imported(name.clone(), &read.public, tags.clone())?
    };
    let registered = if *dry_run {
        registry.dry_run(Request::Register(&registration))?;
        None
    } else {
        // An interrupted user must learn that the pair may be registered.
        let _guard = interrupt::defer_signals_once();
        match registry.register(&registration, &mut |_| Ok(())) {
            Ok(registered) => Some(registered),
            Err(error) if error.may_be_registered() => {
                return Err(OperationError::unconfirmed(name.clone(), error, KeptKey::default()));
            }
            // Another process was faster.
            Err(error) if *if_not_exists && error.is_duplicate() => {
                return match find(request, &read, registry)? {
                    Some(pair) => Ok(there(pair, read, weakness, false)),
                    None => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        }
    };
    let is_unchecked = read.is_unchecked();
    let Read { public: key, source, undone, flaw, .. } = read;
    Ok(Imported { registered, key, source, undone, weakness, flaw, is_unchecked })
}

fn there(pair: KeyPair, read: Read, weakness: Option<Weakness>, dry_run: bool) -> Imported {
    let registered =
        (!dry_run).then_some(Registered { is_new: false, ..Registered::new(pair, true) });
    let is_unchecked = read.is_unchecked();
    let Read { public: key, source, undone, flaw, .. } = read;
    Imported { registered, key, source, undone, weakness, flaw, is_unchecked }
}

/// Returns the pair if it is registered with this key, or `None` if the name is not registered.
fn find(
    request: &ImportRequest,
    read: &Read,
    registry: &mut dyn Registry,
) -> Result<Option<KeyPair>, OperationError> {
    let ImportRequest { name, origin, .. } = request;
    let Some(pair) = registered(name, registry)? else {
        return Ok(None);
    };
    let key = fingerprints(origin, read)?;
    if key.evidence(&pair).is_empty() {
        let digests = digests(&key, &pair);
        return Err(conflict(&pair, Conflict::OtherKey { origin: origin.clone(), digests }));
    }
    Ok(Some(pair))
}

/// Returns the weakness of a key. A number that cannot be an RSA modulus is an error.
fn weakness(key: &PublicKey) -> Result<Option<Weakness>, KeyError> {
    match Weakness::of_public(key) {
        Some(Weakness::Modulus(flaw)) if flaw.is_fatal() => Err(KeyError::RsaModulus(flaw)),
        weakness => Ok(weakness),
    }
}

/// Reads a key and checks its private half, unless that is encrypted and no passphrase is given.
fn read(material: &Secret, passphrase: Option<&Secret>) -> Result<Read, FormatError> {
    if passphrase.is_none() && format::is_encrypted(material.expose())? {
        return read::read_public(material);
    }
    read::read(material, passphrase)
}
