//! Registers a public key that was made elsewhere.

use super::conflict::Found;
use super::fingerprint::fingerprints;
use super::passphrase::{self, Read};
use super::registered::{conflict, digests, registered};
use super::verify::evidence;
use super::{CommandError, Passphrase};
use crate::format::{self, FormatError, PrivateFile, PublicFile};
use crate::registry::{Call, KeyName, KeyPair, Registered, Registration, Registry, Tags};
use crate::secret::Secret;

/// What to register.
#[derive(Debug)]
pub struct ImportRequest {
    /// The name.
    pub name: KeyName,
    /// Where the key comes from, for messages: a path, or the name of a stream or an option.
    pub origin: String,
    /// A key in any format. It is a secret, because it may be a private key, of which only the
    /// public half is used.
    pub material: Secret,
    /// What decrypts a file that hides its public half too: PKCS#8 and traditional PEM.
    pub passphrase: Passphrase,
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
    /// What was read.
    pub file: PublicFile,
}

/// Registers the public key, unless it may be there and is.
///
/// # Errors
///
/// [`CommandError::NotAKey`], [`CommandError::Registry`], and [`CommandError::Conflict`] if the pair may be
/// there and has another key.
pub fn import(
    request: &ImportRequest,
    registry: &mut dyn Registry,
) -> Result<Imported, CommandError> {
    let ImportRequest { name, origin, material, passphrase, tags, if_not_exists, dry_run } =
        request;
    let file = read(material, passphrase.secret())
        .map_err(|source| CommandError::NotAKey { origin: origin.clone(), source })?;
    if *if_not_exists && let Some(pair) = find(request, &file, registry)? {
        return Ok(there(pair, file, *dry_run));
    }
    let registration = Registration::imported(name.clone(), &file.key, tags.clone())?;
    let registered = if *dry_run {
        registry.rehearse(Call::Register(&registration))?;
        None
    } else {
        match registry.register(&registration, &mut |_| Ok(())) {
            Ok(registered) => Some(registered),
            Err(error) if error.may_be_registered() => {
                return Err(CommandError::unconfirmed(name.clone(), error, None, false, None));
            }
            // Somebody else was first.
            Err(error) if *if_not_exists && error.is_duplicate() => {
                return match find(request, &file, registry)? {
                    Some(pair) => Ok(there(pair, file, false)),
                    None => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        }
    };
    Ok(Imported { registered, is_new: true, file })
}

fn there(pair: KeyPair, file: PublicFile, dry_run: bool) -> Imported {
    let registered = (!dry_run).then_some(Registered { pair, is_confirmed: true });
    Imported { registered, is_new: false, file }
}

/// Returns the pair if it is registered with this key, or nothing if it is not registered.
fn find(
    request: &ImportRequest,
    file: &PublicFile,
    registry: &mut dyn Registry,
) -> Result<Option<KeyPair>, CommandError> {
    let ImportRequest { name, origin, material, passphrase, .. } = request;
    let Some(pair) = registered(name, registry)? else {
        return Ok(None);
    };
    let PublicFile { key, comment, source } = file.clone();
    let public = Read { public: key, private: None, comment, source };
    // The fingerprint of a key that EC2 made is that of its private half.
    let read = match &pair.public_key {
        Some(_) => public,
        None => passphrase::read(material, passphrase).unwrap_or(public),
    };
    let key = fingerprints(origin, read)?;
    if evidence(&key, &pair).is_empty() {
        let digests = digests(&key, &pair);
        return Err(conflict(&pair, Found::OtherKey { origin: origin.clone(), digests }));
    }
    Ok(Some(pair))
}

fn read(material: &Secret, passphrase: Option<&Secret>) -> Result<PublicFile, FormatError> {
    match format::read_public(material.expose()) {
        Err(FormatError::Pkcs8Encrypted | FormatError::PemEncrypted) if passphrase.is_some() => {
            let PrivateFile { key, comment, source } =
                format::read_private(material.expose(), passphrase)?;
            Ok(PublicFile { key: key.public(), comment, source })
        }
        read => read,
    }
}
