//! Deletes registrations and, optionally, the private key in a file or in Parameter Store.

use std::path::PathBuf;

use super::OperationError;
use super::fingerprint::fingerprints;
use super::read;
use super::registered::check_comparable;
use super::stored_key::StoredKey;
use crate::file::{Action, FileError, OpenFile};
use crate::fingerprint::is_public_key_digest;
use crate::format::{self, FormatError};
use crate::interrupt;
use crate::registry::{
    KeyPair, KeyPairId, ParameterName, Reference, Registry, RegistryError, Request, Selection,
};
use crate::secret::Secret;

#[derive(Debug)]
pub struct DeleteRequest {
    pub references: Vec<Reference>,
    pub if_missing: IfMissing,
    /// The private key file to delete together with the only pair.
    pub private_key_file: Option<PathBuf>,
    /// Also deletes the parameter with the private key of the only pair.
    pub stored: bool,
    /// Decrypts the private key. Required only if its public half is encrypted.
    pub passphrase: Option<Secret>,
    /// Checks only.
    pub dry_run: bool,
}

/// The reaction to a name that is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// Succeed, as EC2 does.
    Ignore,
    Fail,
}

#[derive(Debug, Default)]
pub struct Deleted {
    /// The deleted pairs; empty with [`IfMissing::Ignore`].
    pub pairs: Vec<KeyPair>,
    /// The ID of the only pair, if the registry reports it; for [`IfMissing::Ignore`] only.
    pub id: Option<KeyPairId>,
    pub private_key_file: Option<PathBuf>,
    /// The deleted parameter.
    pub parameter: Option<ParameterName>,
    /// The parameter that the user may not delete, with the refusal.
    pub left: Option<(ParameterName, RegistryError)>,
    /// Files of killed commands, which got a number after their name.
    pub recovered: Vec<PathBuf>,
}

/// Deletes registrations, then the private key: a private key without a registration does no harm.
///
/// A private key is compared with the pair. Then the pair is deleted by its ID, and a file only if it
/// is still the compared one.
pub fn delete(
    request: &DeleteRequest,
    registry: &mut dyn Registry,
) -> Result<Deleted, OperationError> {
    let file = request.private_key_file.as_deref();
    // Until this is dropped, no other process of this program replaces the file.
    let file = file.map(|path| OpenFile::open(path, format::MAX_BYTES)).transpose()?;
    if request.stored {
        registry.parameter_store()?;
    }
    let mut guard = None;
    let mut parameter = None;
    let deletion = if file.is_some() || request.stored {
        compare(request, file.as_ref(), registry).and_then(|(pairs, found)| {
            // A region that does not answer may have a pair of this key.
            let failures = registry.take_failures();
            if !failures.is_empty() {
                return Err(RegistryError::Regions { failures, registered: Vec::new() }.into());
            }
            if request.dry_run {
                return dry_run(request, registry);
            }
            parameter = found;
            // From here on, an interruption would leave one of the two.
            guard = Some(interrupt::defer_signals());
            delete_exact(pairs, registry)
        })
    } else if request.dry_run {
        dry_run(request, registry)
    } else {
        delete_references(request, registry)
    };
    let (pairs, id) = match deletion {
        Err(OperationError::Registry(RegistryError::NamesNotFound { .. }))
            if request.if_missing == IfMissing::Ignore =>
        {
            return Ok(Deleted::default());
        }
        Err(OperationError::Registry(error @ RegistryError::OutcomeUnknown(_))) => {
            return Err(failed(error, &request.references));
        }
        Err(_) if guard.is_some() && interrupt::is_pending() => {
            return Err(OperationError::Interrupted);
        }
        Err(OperationError::Registry(error)) => return Err(failed(error, &request.references)),
        deletion => deletion?,
    };
    let kept = parameter.as_ref().and_then(|name| delete_parameter(name, registry).err());
    let mut removed = Ok(Vec::new());
    if let Some(file) = file
        && !request.dry_run
    {
        removed = file.remove().map_err(|error| match error {
            FileError::Io { action: Action::Sync, .. } => OperationError::RemovalNotSynced(error),
            error => OperationError::FileNotRemoved(error),
        });
    }
    let private_key_file = request.private_key_file.clone();
    let (parameter, left) = match (parameter, kept) {
        (Some(parameter), Some(source)) if removed.is_err() || !is_denied(&source) => {
            let file = private_key_file.filter(|_| removed.is_err());
            return Err(OperationError::ParameterNotDeleted { parameter, file, source });
        }
        (Some(parameter), Some(source)) => (None, Some((parameter, source))),
        (parameter, _) => (parameter, None),
    };
    Ok(Deleted { pairs, id, private_key_file, parameter, left, recovered: removed? })
}

/// Deletes the parameter, unless it is gone.
fn delete_parameter(
    parameter: &ParameterName,
    registry: &mut dyn Registry,
) -> Result<(), RegistryError> {
    match registry.parameter_store()?.delete_parameter(parameter) {
        Err(error) if error.is_refused_with("ParameterNotFound") => Ok(()),
        deleted => deleted,
    }
}

fn is_denied(error: &RegistryError) -> bool {
    error.is_refused_with("AccessDeniedException")
}

/// Returns the error of a deletion. Pairs are deleted in the order of the references.
fn failed(error: RegistryError, references: &[Reference]) -> OperationError {
    match error {
        RegistryError::DeletionIncomplete { deleted, failed: reference, source } => {
            let place = references.iter().position(|one| *one == reference);
            let left = references.iter().skip(place.map_or(references.len(), |place| place + 1));
            let is_deleted = |one: &&Reference| match one {
                Reference::Name(name) => deleted.contains(name),
                Reference::Id(_) => false,
            };
            OperationError::DeletionIncomplete {
                left: left.filter(|one| !is_deleted(one)).cloned().collect(),
                deleted,
                source: Box::new(failed(*source, &[reference])),
            }
        }
        RegistryError::OutcomeUnknown(source) => {
            let names: Vec<_> = references.iter().map(|one| format!("`{one}`")).collect();
            OperationError::DeletionUnknown { names: names.join(", "), source }
        }
        RegistryError::Unreachable(_) if interrupt::is_pending() => OperationError::Interrupted,
        error => error.into(),
    }
}

type Deletion = (Vec<KeyPair>, Option<KeyPairId>);

fn dry_run(
    request: &DeleteRequest,
    registry: &mut dyn Registry,
) -> Result<Deletion, OperationError> {
    registry.dry_run(Request::DeleteAll(&request.references))?;
    if request.if_missing == IfMissing::Fail && request.private_key_file.is_none() {
        // EC2 accepts the deletion of a missing pair.
        registry.describe(&Selection::of(&request.references))?;
    }
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

/// Deletes exactly these pairs, and no others that have taken their names.
fn delete_exact(
    pairs: Vec<KeyPair>,
    registry: &mut dyn Registry,
) -> Result<Deletion, OperationError> {
    for pair in &pairs {
        registry.delete_exact(pair)?;
    }
    Ok((pairs, None))
}

/// Looks the only pair up, and checks that the file and the parameter have its private key. Returns
/// the pair, and the parameter if it is to be deleted.
fn compare(
    request: &DeleteRequest,
    file: Option<&OpenFile>,
    registry: &mut dyn Registry,
) -> Result<(Vec<KeyPair>, Option<ParameterName>), OperationError> {
    let DeleteRequest { references, stored, passphrase, .. } = request;
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
    if let Some(file) = file {
        compare_file(request, file, &pairs)?;
    }
    let mut parameter = None;
    for pair in pairs.iter().filter(|_| *stored) {
        let store = registry.parameter_store()?;
        parameter = Some(StoredKey::read(pair, passphrase.as_ref(), store)?.parameter);
    }
    Ok((pairs, parameter))
}

/// Checks that the file is the private key of the pair.
fn compare_file(
    request: &DeleteRequest,
    file: &OpenFile,
    pairs: &[KeyPair],
) -> Result<(), OperationError> {
    let DeleteRequest { private_key_file, passphrase, .. } = request;
    let path = private_key_file.clone().unwrap_or_default();
    let origin = path.display().to_string();
    let read = read::read(file.contents(), passphrase.as_ref())
        .map_err(|source| OperationError::NotAKey { origin: origin.clone(), source })?;
    let is_opened = read.private.is_some();
    let closed = read.flaw.clone().map_or(FormatError::PassphraseNeeded, FormatError::Key);
    let key = fingerprints(&origin, &read)?;
    for pair in pairs {
        check_comparable(pair)?;
        if !key.source.is_private() {
            return Err(OperationError::KeyMismatch { path, name: pair.name.clone() });
        }
        if key.evidence(pair).is_empty() {
            // EC2 computes the fingerprint of a generated key from its private half.
            if !is_opened && pair.public_key.is_none() && !is_public_key_digest(&pair.fingerprint) {
                return Err(OperationError::NotAKey { origin, source: closed });
            }
            return Err(OperationError::KeyMismatch { path, name: pair.name.clone() });
        }
    }
    if !format::is_only_key(file.contents().expose()) {
        return Err(OperationError::KeyInText { path });
    }
    Ok(())
}
