//! Changes the tags of pairs.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{describe, failure};
use crate::registry::{KeyPair, KeyPairId, Reference, RegistryError, TagChange, Tags};

/// Changes the tags of these pairs and returns the pairs as they were read back.
pub(super) fn change(
    connection: &Connection,
    path: &Path,
    ids: &[KeyPairId],
    change: &TagChange,
) -> Result<Vec<KeyPair>, RegistryError> {
    let references: Vec<_> = ids.iter().cloned().map(Reference::Id).collect();
    let mut changed = Vec::with_capacity(ids.len());
    for row in describe::rows(connection, path, &references)? {
        let tags = change.applied_to(&describe::pair(connection, path, row)?.tags)?;
        replace(connection, row, &tags).map_err(|source| failure::from_sqlite(path, source))?;
        changed.push(describe::pair(connection, path, row)?);
    }
    Ok(changed)
}

/// Writes the tags of the pair in a row, which has none.
pub(super) fn insert(
    connection: &Connection,
    row: i64,
    tags: &Tags,
) -> Result<(), rusqlite::Error> {
    let mut insert = connection
        .prepare("INSERT INTO tag (key_pair, position, key, value) VALUES (?, ?, ?, ?)")?;
    for (position, tag) in (0_i64..).zip(tags.as_slice()) {
        insert.execute(params![row, position, tag.key(), tag.value()])?;
    }
    Ok(())
}

fn replace(connection: &Connection, row: i64, tags: &Tags) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM tag WHERE key_pair = ?", [row])?;
    insert(connection, row, tags)
}
