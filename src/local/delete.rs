//! Conditional deletion.

use std::path::Path;

use rusqlite::Connection;

use super::{describe, failure};
use crate::registry::{DeleteOutcome, KeyPair, KeyPairId, Reference, RegistryError};

/// Deletes pairs in a transaction. Fails only if the transaction was rolled back.
pub(super) fn all(
    connection: &Connection,
    path: &Path,
    ids: &[KeyPairId],
    is_due: &dyn Fn(&KeyPair) -> bool,
) -> Result<Vec<Result<DeleteOutcome, RegistryError>>, RegistryError> {
    let mut discarded = Vec::with_capacity(ids.len());
    for id in ids {
        match one(connection, path, id, is_due) {
            // A full disk, for example, rolls the whole transaction back.
            Err(error) if connection.is_autocommit() => return Err(error),
            outcome => discarded.push(outcome),
        }
    }
    Ok(discarded)
}

fn one(
    connection: &Connection,
    path: &Path,
    id: &KeyPairId,
    is_due: &dyn Fn(&KeyPair) -> bool,
) -> Result<DeleteOutcome, RegistryError> {
    let rows = match describe::rows(connection, path, &[Reference::Id(id.clone())]) {
        Err(RegistryError::IdsNotFound { .. }) => return Ok(DeleteOutcome::NotFound),
        rows => rows?,
    };
    for row in rows {
        if !is_due(&describe::pair(connection, path, row)?) {
            return Ok(DeleteOutcome::Kept);
        }
        connection
            .execute("DELETE FROM key_pair WHERE row = ?", [row])
            .map_err(|source| failure::from_sqlite(path, source))?;
    }
    Ok(DeleteOutcome::Deleted)
}
