//! Removes registrations, and a private key file if one is named.

use std::path::PathBuf;

use super::CommandError;
use super::passphrase::{self, Passphrase, Read};
use crate::file;
use crate::format::{self, openssh};
use crate::registry::{Call, KeyPair, KeyPairId, Reference, Registry, RegistryError, Selection};

/// What to remove.
#[derive(Debug)]
pub struct DeleteRequest {
    /// The pairs; all of them or none are removed.
    pub references: Vec<Reference>,
    /// What to do if a name is not registered.
    pub unknown: Unknown,
    /// The private key file of the one pair, to be removed too.
    pub private_key_file: Option<PathBuf>,
    /// What decrypts that file; needed only if its public half is not in clear.
    pub passphrase: Passphrase,
    /// Whether to check only, and change nothing.
    pub dry_run: bool,
}

/// What to do about a name that is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Be content, as EC2 is.
    Ignore,
    /// Fail.
    Refuse,
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
/// The registration goes first: a private key without a registration does no harm.
///
/// # Errors
///
/// [`CommandError::Registry`]; [`CommandError::OtherKey`] if the private key file is not that of
/// the pair; [`CommandError::FileStayed`] if it could not be removed in the end.
pub fn delete(
    request: &DeleteRequest,
    registry: &mut dyn Registry,
) -> Result<Deleted, CommandError> {
    let DeleteRequest { references, unknown, private_key_file, passphrase: _, dry_run } = request;
    let result = match private_key_file {
        Some(_) => check_file(request, registry),
        None => Ok(()),
    };
    let removed = result.and_then(|()| Ok(remove(request, registry)?));
    let (pairs, id) = match removed {
        Err(CommandError::Registry(RegistryError::NamesNotFound { .. }))
            if *unknown == Unknown::Ignore =>
        {
            return Ok(Deleted { pairs: Vec::new(), id: None, private_key_file: None });
        }
        Err(CommandError::Registry(RegistryError::OutcomeUnknown(source))) => {
            let names: Vec<_> = references.iter().map(|one| format!("`{one}`")).collect();
            return Err(CommandError::DeletionUnknown { names: names.join(", "), source });
        }
        removed => removed?,
    };
    if let Some(path) = private_key_file
        && !dry_run
    {
        file::remove_for_good(path).map_err(CommandError::FileStayed)?;
    }
    Ok(Deleted { pairs, id, private_key_file: private_key_file.clone() })
}

fn remove(
    request: &DeleteRequest,
    registry: &mut dyn Registry,
) -> Result<(Vec<KeyPair>, Option<KeyPairId>), RegistryError> {
    let DeleteRequest { references, unknown, dry_run, .. } = request;
    match (dry_run, unknown, references.as_slice()) {
        (true, ..) => registry.rehearse(Call::Deregister(references)).map(|()| (Vec::new(), None)),
        (false, Unknown::Ignore, [one]) => Ok((Vec::new(), registry.forget(one)?)),
        (false, ..) => Ok((registry.deregister(references)?, None)),
    }
}

/// Makes sure that the file is the private key of the pair before either is lost.
fn check_file(request: &DeleteRequest, registry: &mut dyn Registry) -> Result<(), CommandError> {
    let Some(path) = &request.private_key_file else { return Ok(()) };
    let selection = Selection { include_public_key: true, ..Selection::of(&request.references) };
    let pairs = registry.describe(&selection)?;
    file::check_own_file(path)?;
    let contents = file::read(path, format::MOST_BYTES)?;
    let Read { public, source, .. } = passphrase::read(&contents, &request.passphrase)
        .map_err(|source| CommandError::NotAKey { origin: path.display().to_string(), source })?;
    let line = openssh::bare_public_line(&public);
    for pair in pairs {
        let is_its_own = pair.public_key.as_ref().is_some_and(|registered| registered.is_of(&line));
        if !source.is_private() || !is_its_own {
            return Err(CommandError::OtherKey { path: path.clone(), name: pair.name });
        }
    }
    Ok(())
}
