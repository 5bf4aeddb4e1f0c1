//! Steps that the ways to create a pair share.

use std::io;

use super::request::{Created, Outcome};
use crate::file::{Access, Draft, Target};
use crate::format::{self, Comment, PublicFormat};
use crate::key::{KeySpecification, PrimeSearch, PrivateKey};
use crate::operations::OperationError;
use crate::registry::{KeyName, Registration, Registry, Request, Tags};
use crate::secret::Secret;

/// Validates the registration of a new pair. Any key will do, so this generates the fastest one.
pub(super) fn dry_run(
    name: KeyName,
    search: PrimeSearch,
    tags: &Tags,
    registry: &mut dyn Registry,
) -> Result<Outcome, OperationError> {
    let key = PrivateKey::generate(KeySpecification::Ed25519, search)?;
    let registration = Registration::created(name, &key, tags.clone())?;
    registry.dry_run(Request::Register(&registration))?;
    Ok(Outcome::Checked)
}

/// Writes the private and the public key file, if there are such, without their final names.
pub(super) fn write_drafts(
    [private, public]: [&Option<Target>; 2],
    contents: &Secret,
    key: &PrivateKey,
    comment: &Comment,
) -> Result<Vec<Draft>, OperationError> {
    let mut drafts = Vec::new();
    if let Some(target) = private {
        drafts.push(Draft::write(target, Access::Owner, contents.expose())?);
    }
    if let Some(target) = public {
        let line = format::write_public(&key.public(), PublicFormat::Openssh, comment)?;
        drafts.push(Draft::write(target, Access::Everyone, &line)?);
    }
    Ok(drafts)
}

/// Responds after the pair was created.
pub(super) fn respond_last(
    created: &Created,
    respond: &mut dyn FnMut(&Created) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    respond(created).map_err(|source| OperationError::OutputAfterCreate {
        name: created.pair.name.clone(),
        path: created.private_key_file.clone(),
        in_agent: created.in_agent,
        source,
    })?;
    Ok(Outcome::Done)
}
