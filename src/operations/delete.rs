//! Removes registrations, and a private key file if one is named.

use std::path::PathBuf;

use super::OperationError;
use super::fingerprint::fingerprints;
use super::read;
use super::verify::evidence;
use crate::file::OpenFile;
use crate::fingerprint::is_public_key_digest;
use crate::format::{self, FormatError};
use crate::interrupt;
use crate::registry::{KeyPair, KeyPairId, Reference, Registry, RegistryError, Request, Selection};
use crate::secret::Secret;

/// What to remove.
#[derive(Debug)]
pub struct DeleteRequest {
    /// The pairs; all of them or none are removed.
    pub references: Vec<Reference>,
    /// What to do if a name is not registered.
    pub if_missing: IfMissing,
    /// The private key file of the one pair, to be removed too.
    pub private_key_file: Option<PathBuf>,
    /// What decrypts that file; needed only if its public half is not in clear.
    pub passphrase: Option<Secret>,
    /// Whether to check only, and change nothing.
    pub dry_run: bool,
}

/// What to do about a name that is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// Be content, as EC2 is.
    Ignore,
    /// Fail.
    Fail,
}

/// What was removed, or would have been.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// The pairs as they were registered, if unknown names were to be refused.
    pub pairs: Vec<KeyPair>,
    /// The id of the one pair, if unknown names were to be ignored and the registry says it.
    pub id: Option<KeyPairId>,
    /// The private key file that was removed.
    pub private_key_file: Option<PathBuf>,
}

/// Removes registrations.
///
/// The registration goes first: a private key without a registration does no harm. If there is a private key
/// file, the pair is removed by the id that it had when the file was compared with it, and the file only if it
/// is still the one that was compared.
///
/// # Errors
///
/// [`OperationError::Registry`]; [`OperationError::KeyMismatch`] if the private key file is not that of
/// the pair; [`OperationError::FileNotRemoved`] if it could not be removed in the end.
pub fn delete(
    request: &DeleteRequest,
    registry: &mut dyn Registry,
) -> Result<Deleted, OperationError> {
    let file = request.private_key_file.as_deref();
    // Until it is dropped, no other process of this program puts another file in its place.
    let file = file.map(|path| OpenFile::open(path, format::MAX_BYTES)).transpose()?;
    let deletion = match &file {
        Some(file) => compare(request, file, registry).and_then(|pairs| {
            if request.dry_run { dry_run(request, registry) } else { delete_exact(pairs, registry) }
        }),
        None if request.dry_run => dry_run(request, registry),
        None => delete_references(request, registry),
    };
    let (pairs, id) = match deletion {
        Err(OperationError::Registry(RegistryError::NamesNotFound { .. }))
            if request.if_missing == IfMissing::Ignore =>
        {
            return Ok(Deleted { pairs: Vec::new(), id: None, private_key_file: None });
        }
        Err(OperationError::Registry(RegistryError::OutcomeUnknown(source))) => {
            let names: Vec<_> = request.references.iter().map(|one| format!("`{one}`")).collect();
            return Err(OperationError::DeletionUnknown { names: names.join(", "), source });
        }
        deletion => deletion?,
    };
    if let Some(file) = file
        && !request.dry_run
    {
        // Interrupted, it would leave the file under a temporary name.
        let _guard = interrupt::defer_signals();
        file.remove().map_err(OperationError::FileNotRemoved)?;
    }
    Ok(Deleted { pairs, id, private_key_file: request.private_key_file.clone() })
}

/// The pairs that were removed, and the id of the one pair.
type Deletion = (Vec<KeyPair>, Option<KeyPairId>);

fn dry_run(
    request: &DeleteRequest,
    registry: &mut dyn Registry,
) -> Result<Deletion, OperationError> {
    registry.dry_run(Request::DeleteAll(&request.references))?;
    Ok((Vec::new(), None))
}

fn delete_references(
    request: &DeleteRequest,
    registry: &mut dyn Registry,
) -> Result<Deletion, OperationError> {
    Ok(match (request.if_missing, request.references.as_slice()) {
        (IfMissing::Ignore, [one]) => (Vec::new(), registry.delete_key_pair(one)?),
        (_, references) => (registry.delete_all(references)?, None),
    })
}

/// Removes pairs that were looked at, and no others that have their names by now.
fn delete_exact(
    pairs: Vec<KeyPair>,
    registry: &mut dyn Registry,
) -> Result<Deletion, OperationError> {
    for pair in &pairs {
        registry.delete_exact(pair)?;
    }
    Ok((pairs, None))
}

/// Makes sure that the file is the private key of the pair before either is lost, and returns the pair.
fn compare(
    request: &DeleteRequest,
    file: &OpenFile,
    registry: &mut dyn Registry,
) -> Result<Vec<KeyPair>, OperationError> {
    let DeleteRequest { references, private_key_file, passphrase, .. } = request;
    let path = private_key_file.clone().unwrap_or_default();
    let origin = path.display().to_string();
    let selection = Selection { include_public_key: true, ..Selection::of(references) };
    let pairs = registry.describe(&selection)?;
    if pairs.is_empty() {
        let Selection { names, ids, .. } = selection;
        let is_by_name = ids.is_empty();
        return Err(match is_by_name {
            true => RegistryError::NamesNotFound { names }.into(),
            false => RegistryError::IdsNotFound { ids }.into(),
        });
    }
    let read = read::read(file.contents(), passphrase.as_ref())
        .map_err(|source| OperationError::NotAKey { origin: origin.clone(), source })?;
    let is_opened = read.private.is_some();
    let key = fingerprints(&origin, &read)?;
    for pair in &pairs {
        if !key.source.is_private() {
            return Err(OperationError::KeyMismatch { path, name: pair.name.clone() });
        }
        if evidence(&key, pair).is_empty() {
            // The fingerprint of a key that EC2 made is that of its private half.
            if !is_opened && pair.public_key.is_none() && !is_public_key_digest(&pair.fingerprint) {
                let source = FormatError::PassphraseNeeded;
                return Err(OperationError::NotAKey { origin, source });
            }
            return Err(OperationError::KeyMismatch { path, name: pair.name.clone() });
        }
    }
    Ok(pairs)
}
