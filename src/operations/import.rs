//! Registers a public key that was made elsewhere.

use super::OperationError;
use super::conflict::Conflict;
use super::fingerprint::fingerprints;
use super::read::{self, Read};
use super::registered::{conflict, digests, registered};
use super::verify::evidence;
use crate::format::{self, DetectedFormat, FormatError};
use crate::key::{KeyError, PublicKey};
use crate::registry::{
    KeyName, KeyPair, Registered, Registration, Registry, Request, Tags, Weakness,
};
use crate::secret::Secret;

/// What to register.
#[derive(Debug)]
pub struct ImportRequest {
    pub name: KeyName,
    /// Where the key comes from, for messages: a path, or the name of a stream or an option.
    pub origin: String,
    /// A key in any format. It is a secret, because it may be a private key, of which only the
    /// public half is used.
    pub material: Secret,
    /// What opens an encrypted file: PKCS#8 and traditional PEM need it, others are checked as a whole if it
    /// is there.
    pub passphrase: Option<Secret>,
    /// The tags of the registered pair.
    pub tags: Tags,
    /// Whether the pair may be there already, with this very key.
    pub if_not_exists: bool,
    /// Whether to check only, and change nothing.
    pub dry_run: bool,
}

/// A pair that was registered, was so already, or would have been.
#[derive(Debug)]
pub struct Imported {
    /// The pair as it is registered; none after a dry run.
    pub registered: Option<Registered>,
    /// Whether it was not there before.
    pub is_new: bool,
    pub key: PublicKey,
    /// What it was found in.
    pub source: DetectedFormat,
    /// Why the key is weak, if it is.
    pub weakness: Option<Weakness>,
}

/// Registers the public key, unless it may be there and is.
///
/// # Errors
///
/// [`OperationError::NotAKey`], [`OperationError::Registry`], and [`OperationError::Conflict`] if the pair may be
/// there and has another key.
pub fn import(
    request: &ImportRequest,
    registry: &mut dyn Registry,
) -> Result<Imported, OperationError> {
    let ImportRequest { name, origin, material, passphrase, tags, if_not_exists, dry_run } =
        request;
    let refused = |source| OperationError::NotAKey { origin: origin.clone(), source };
    let read = read(material, passphrase.as_ref()).map_err(refused)?;
    let weakness = weakness(&read.public).map_err(|fault| refused(fault.into()))?;
    if *if_not_exists && let Some(pair) = find(request, &read, registry)? {
        return Ok(there(pair, read, weakness, *dry_run));
    }
    let registration = Registration::imported(name.clone(), &read.public, tags.clone())?;
    let registered = if *dry_run {
        registry.dry_run(Request::Register(&registration))?;
        None
    } else {
        match registry.register(&registration, &mut |_| Ok(())) {
            Ok(registered) => Some(registered),
            Err(error) if error.may_be_registered() => {
                return Err(OperationError::unconfirmed(name.clone(), error, None, false, None));
            }
            // Somebody else was first.
            Err(error) if *if_not_exists && error.is_duplicate() => {
                return match find(request, &read, registry)? {
                    Some(pair) => Ok(there(pair, read, weakness, false)),
                    None => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        }
    };
    let Read { public: key, source, .. } = read;
    Ok(Imported { registered, is_new: true, key, source, weakness })
}

fn there(pair: KeyPair, read: Read, weakness: Option<Weakness>, dry_run: bool) -> Imported {
    let registered = (!dry_run).then_some(Registered { pair, is_confirmed: true });
    let Read { public: key, source, .. } = read;
    Imported { registered, is_new: false, key, source, weakness }
}

/// Returns the pair if it is registered with this key, or nothing if it is not registered.
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
    if evidence(&key, &pair).is_empty() {
        let digests = digests(&key, &pair);
        return Err(conflict(&pair, Conflict::OtherKey { origin: origin.clone(), digests }));
    }
    Ok(Some(pair))
}

/// Returns why a key is weak. A number that is no modulus is an error.
fn weakness(key: &PublicKey) -> Result<Option<Weakness>, KeyError> {
    match Weakness::of_public(key) {
        Some(Weakness::Modulus(flaw)) if flaw.is_fatal() => Err(KeyError::RsaModulus(flaw)),
        weakness => Ok(weakness),
    }
}

/// Reads a key, and checks its private half if there is one that can be opened.
fn read(material: &Secret, passphrase: Option<&Secret>) -> Result<Read, FormatError> {
    if passphrase.is_none() && format::is_encrypted(material.expose())? {
        return read::read_public(material);
    }
    read::read(material, passphrase)
}
